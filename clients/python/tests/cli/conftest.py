from __future__ import annotations

import socket
from pathlib import Path

import pytest

from clients.python.tests.cli.desk import Desk


@pytest.fixture
def free_port() -> int:
    """Nobody listens there."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)
