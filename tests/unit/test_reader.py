"""Reading by ranges: the same bytes as the file, in few requests, within a budget."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.reader import BLOCK, CHUNK, KEPT_BLOCKS, Budget, OverBudget, Reader
from tests.unit.sources import Source, reader

DATA = random.Random(5).randbytes(3 * BLOCK + 777)


@given(st.lists(st.tuples(st.integers(0, len(DATA) + 10), st.integers(0, 2 * BLOCK)), max_size=8))
def test_any_order_of_reads_equals_the_file(ranges: list[tuple[int, int]]) -> None:
    """Whatever was read before and however the blocks lie: like seeking in a file."""
    seen, file = reader(DATA), io.BytesIO(DATA)
    for first, length in ranges:
        file.seek(first)
        assert seen.read(first, length) == file.read(length)


def test_what_was_read_is_not_asked_for_again() -> None:
    """One request for the first signature serves everything in the first block."""
    source = Source(DATA)
    seen = reader(source)
    assert [seen.read(at, 100) for at in range(0, 9000, 90)] == [DATA[at:][:100] for at in range(0, 9000, 90)]
    assert seen.head == DATA[: 16 << 10]
    assert source.reads == [(0, BLOCK)]


def test_a_tail_is_one_request() -> None:
    """Also where it crosses a block, as the directory of an archive does."""
    source = Source(DATA)
    assert reader(source).tail(BLOCK) == DATA[-BLOCK:]
    assert len(source.reads) == 1


def test_a_run_of_missing_blocks_is_one_request() -> None:
    """What lies between known blocks is asked for at once, known blocks are not."""
    source = Source(DATA)
    seen = reader(source)
    seen.read(0, 1)
    assert seen.read(0, len(DATA)) == DATA
    assert source.reads == [(0, BLOCK), (BLOCK, 2 * BLOCK + 777)]


def test_few_blocks_are_kept() -> None:
    """However far a walker jumps about, 8 MiB stay in memory."""
    source = Source(bytes((KEPT_BLOCKS + 9) * BLOCK))
    seen = reader(source)
    for block in range(KEPT_BLOCKS + 9):
        seen.read(block * BLOCK, 1)
    assert len(seen._blocks) == KEPT_BLOCKS


def test_a_scan_passes_by() -> None:
    """From end to end in large requests, of which nothing is kept; or a stretch of it."""
    source = Source(DATA)
    seen = reader(source)
    assert b"".join(seen.scan()) == DATA
    assert len(source.reads) == -(-len(DATA) // CHUNK)
    assert b"".join(seen.scan(5, 25, chunk=7)) == DATA[5:25]
    assert not seen._blocks


def test_bytes_that_are_read_have_a_bound() -> None:
    """A file may not make the inspection read more of it than its budget; what is kept costs nothing."""
    seen = reader(DATA, Budget(read_bytes=BLOCK))
    assert seen.read(0, 5) == seen.read(0, 5) == DATA[:5]
    with pytest.raises(OverBudget, match="bytes"):
        seen.read(BLOCK, 1)


def test_bytes_that_are_unpacked_have_a_bound() -> None:
    """All that walkers unpack of one file counts together."""
    seen = reader(DATA, Budget(unpacked_bytes=100))
    seen.unpack(60)
    with pytest.raises(OverBudget, match="unpacked bytes"):
        seen.unpack(41)


def test_time_has_a_bound() -> None:
    """Reads and loops that ask end when the time is up."""
    clock = iter([0, 1000, 1001])
    seen = Reader(Source(DATA), len(DATA), Budget(milliseconds=1000), lambda: next(clock))
    seen.check()
    with pytest.raises(OverBudget, match="time"):
        seen.read(0, 1)


def test_no_file_has_a_negative_offset() -> None:
    """A walker that computed one has a bug, or a file that lies: it hears of it at once."""
    with pytest.raises(ValueError, match="-1"):
        reader(DATA).read(-1, 5)
