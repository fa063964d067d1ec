"""With functions that are built, the local stack follows their sources; a build that fails ends nothing."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from dev import reload
from dev.children import StackFailed
from dev.config import Config
from dev.stack import Stack


@pytest.fixture
def handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A function's source in a repository that the stack looks at all the time."""
    monkeypatch.setattr(reload, "ROOT", tmp_path)
    monkeypatch.setattr(reload, "LOOK_SECONDS", 0.001)
    source = tmp_path / "functions/api/handler.py"
    source.parent.mkdir(parents=True)
    source.write_text("one")
    return source


async def test_a_source_that_changes_is_noticed_once(handler: Path) -> None:
    """Also when it changed before anybody looked; a file that comes is a change, byte code is none."""
    before = reload.sources()
    handler.write_text("other")
    looking = reload.changes(before)
    await asyncio.wait_for(anext(looking), 20)
    handler.with_suffix(".pyc").write_text("x")
    assert reload.sources() == reload.sources()
    handler.with_name("new.py").write_text("x")
    await asyncio.wait_for(anext(looking), 20)
    waiting = asyncio.ensure_future(anext(looking))
    handler.with_suffix(".pyc").write_text("other")
    await asyncio.wait({waiting}, timeout=0.05)
    assert not waiting.done()
    waiting.cancel()


class Front:
    """The front that runs."""

    stopped = False

    async def stop(self) -> None:
        self.stopped = True


async def test_what_cannot_be_built_leaves_the_front_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever saves half a function sees the error, and goes on with the functions as they were."""

    async def build() -> None:
        raise StackFailed("a comma is missing")

    monkeypatch.setattr(reload, "build", build)
    config = Config.read({"PORTWAY_STATE": str(tmp_path), "PORTWAY_COMPUTE": "lambda"})
    stack: Any = Stack(config)
    front = stack._children["front"] = Front()
    with socket.socket() as stack._listener, pytest.raises(StackFailed, match="comma"):
        await stack.restart_front()
    assert not front.stopped
    assert stack._children["front"] is front
