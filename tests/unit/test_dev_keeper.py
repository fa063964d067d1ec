"""Records of a local stack are written down while it runs, whole or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dev.keeper import MARK, RECORDS, SHARE, Keeper, lost
from dev.records import Damaged, load


class Table:
    """Records that change when told to, written down in no time."""

    def __init__(self) -> None:
        self.changes, self.dumps = 0, 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.dumped = asyncio.Event()

    def dump(self, path: Path, holds: Callable[[], bool]) -> bool:
        self.dumps += 1
        self.meanwhile()
        if holds():
            path.write_text(str(self.changes))
            self._loop.call_soon_threadsafe(self.dumped.set)
            return True
        return False

    def keeper(self, folder: Path, rest: float = 3600.0, clock: Callable[[], float] = time.monotonic) -> Keeper:
        self._loop = asyncio.get_running_loop()
        return Keeper(folder, self.dump, lambda: self.changes, rest, clock)


async def test_a_change_is_written_down_while_the_stack_runs(tmp_path: Path) -> None:
    """Nobody has to stop the stack for it."""
    table = Table()
    keeper = table.keeper(tmp_path, rest=0.001)
    await asyncio.wait_for(table.dumped.wait(), 10)
    table.changes = 7
    table.dumped.clear()
    await asyncio.wait_for(table.dumped.wait(), 10)
    assert (tmp_path / RECORDS).read_text() == "7"
    await keeper.end()


async def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    """A stack that nobody uses writes nothing."""
    table = Table()
    keeper = table.keeper(tmp_path)
    for changes, dumps in (0, 1), (0, 1), (5, 2), (5, 2):
        table.changes = changes
        keeper.look()
        assert table.dumps == dumps
    await keeper.end()


async def test_records_are_those_of_one_moment(tmp_path: Path) -> None:
    """Half of a transaction is never kept: what changed while it was written is written again."""
    table = Table()
    keeper = table.keeper(tmp_path)
    table.changes = 1
    keeper.look()
    table.changes, table.meanwhile = 2, lambda: setattr(table, "changes", 3)
    keeper.look()
    assert (tmp_path / RECORDS).read_text() == "1"
    table.meanwhile = lambda: None
    keeper.look()
    assert (tmp_path / RECORDS).read_text() == "3"
    await keeper.end()


async def test_a_large_table_does_not_keep_the_stack_busy(tmp_path: Path) -> None:
    """Writing the records down takes a twentieth of the time at most."""
    table, times = Table(), iter([100.0, 100.5, 200.0, 200.001, 300.0, 300.0])
    keeper = table.keeper(tmp_path, rest=1.0, clock=lambda: next(times))
    assert keeper.look() == SHARE * 0.5
    table.changes = 1
    assert keeper.look() == 1.0
    await keeper.end()


async def test_a_run_that_did_not_end_is_told_of(tmp_path: Path) -> None:
    """After a crash the next start says from when the records are, and what to do; after a clean end nothing."""
    assert lost(tmp_path) is None
    (tmp_path / MARK).touch()
    assert "there are no records of it" in str(lost(tmp_path))
    keeper = Table().keeper(tmp_path)
    await keeper.end()
    assert lost(tmp_path) is None
    (tmp_path / MARK).touch()
    words = str(lost(tmp_path))
    assert "the records are those of 20" in words
    assert "send those files again" in words


async def test_the_last_records_may_be_lost_but_not_in_silence(tmp_path: Path) -> None:
    """When they cannot be written at the end, the mark stays."""
    table = Table()
    keeper = table.keeper(tmp_path)
    table.meanwhile = lambda: (tmp_path / "no" / "folder").touch()
    with pytest.raises(FileNotFoundError):
        await keeper.end()
    assert lost(tmp_path)


def test_a_damaged_file_says_where(tmp_path: Path) -> None:
    """A line that is no record is named, with what to do."""
    path = tmp_path / RECORDS
    path.write_text('{"pk": {"S": "a"}}\n{"pk"\n')
    with pytest.raises(Damaged, match=r"line 2 of .*table.json is no record. Remove it"):
        load(None, "t", path)  # type: ignore[arg-type]
