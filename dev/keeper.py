"""The records of a stack that keeps them (PORTWAY_DATA): written down while it runs, so that a crash takes a moment.

moto holds them in memory. Whenever they changed they are written down, at most once a second, and as they were at one
moment: when somebody writes meanwhile, the file is thrown away. A mark in the folder says that a stack runs there; who
finds it at the start knows that the last run did not end by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

MARK, RECORDS = "running", "table.json"
REST_SECONDS, SHARE = 1.0, 20
"""The rest between two looks, and how many times as long as it takes to write the records it is at least."""

Dump = Callable[[Path, Callable[[], bool]], bool]
"""Writes the records to a path, if the condition holds at the end. Whether it did."""


class Keeper:
    """Keeps the records of one run in `folder`. `changes` counts the writes to the table so far."""

    def __init__(
        self,
        folder: Path,
        dump: Dump,
        changes: Callable[[], int],
        rest: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._dump, self._changes, self._rest, self._clock = folder, dump, changes, rest, clock
        self._kept: int | None = None
        (folder / MARK).touch()
        self._told, self._running = asyncio.Event(), asyncio.create_task(self._run())

    def look(self) -> float:
        """Write the records down if they are not as they were. Returns the seconds to rest."""
        began, seen = self._clock(), self._changes()
        if seen != self._kept and self._dump(self._folder / RECORDS, lambda: self._changes() == seen):
            self._kept = seen
        return max(self._rest, SHARE * (self._clock() - began))

    async def end(self) -> None:
        """The last look, when nobody writes any more, and the mark goes. BotoCoreError or OSError when it cannot."""
        self._told.set()
        await self._running
        await asyncio.to_thread(self.look)
        (self._folder / MARK).unlink(missing_ok=True)

    async def _run(self) -> None:
        rest = self._rest
        while not self._told.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), rest)
                return
            with contextlib.suppress(OSError, BotoCoreError, ClientError):  # moto has died: the stack says so itself
                rest = await asyncio.to_thread(self.look)


def lost(folder: Path) -> str | None:
    """What a crash of the last run may have taken, in words; None after a run that ended by itself."""
    if not (folder / MARK).exists():
        return None
    kept, words = folder / RECORDS, "there are no records of it"
    if kept.exists():
        at = datetime.fromtimestamp(kept.stat().st_mtime, UTC).astimezone()
        words = f"the records are those of {at:%Y-%m-%d %H:%M:%S}"
    return (
        f"PORTWAY_DATA: the last run did not end by itself, and {words}. What was begun later is unknown now: send "
        f"those files again, others go on. To begin anew, remove {folder}."
    )
