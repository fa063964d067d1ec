"""A deployment of its own for each test, and nothing secret in what the functions print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.deployed import Deployed, deployed


@pytest.fixture
def portway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Deployed]:
    with deployed(monkeypatch, tmp_path) as made:
        yield made
    printed = capsys.readouterr()
    assert "X-Amz-Signature" not in printed.out + printed.err
