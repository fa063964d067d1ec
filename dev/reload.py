"""With PORTWAY_COMPUTE=lambda: functions are built before they start, and again when somebody changes their sources."""

from __future__ import annotations

import asyncio
import sys
from asyncio import subprocess
from collections.abc import AsyncIterator

from dev.children import StackFailed
from dev.config import ROOT
from dev.lifeline import command

SOURCES = ("layers", "functions")
LOOK_SECONDS = 0.5
State = frozenset[tuple[str, int, int]]
"""Name, size and time of every source file."""


async def build() -> None:
    """`make host` as a child of this process, so that it ends with it. StackFailed with what the build said."""
    process = await asyncio.create_subprocess_exec(
        *command("dev.host"), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=subprocess.PIPE
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        raise StackFailed(said.decode("utf-8", "replace").strip())


async def changes(before: State) -> AsyncIterator[None]:
    """One each time that the sources became others. What changes while one is dealt with is the next."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = await asyncio.to_thread(sources)
        if now != before:
            before = now
            yield


def sources() -> State:
    """How the sources are now."""
    found = set()
    for path in (path for name in SOURCES for path in (ROOT / name).rglob("*")):
        if path.suffix != ".pyc" and path.is_file():
            at = path.stat()
            found.add((str(path), at.st_size, at.st_mtime_ns))
    return frozenset(found)
