"""A file with stretches left out or written anew: the same bytes however it is read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portway.aws.edited import edited
from portway.edits import Edit, Kept, Piece, joined, replaced, size
from tests.fakes.objects import edited as at_once

DATA = bytes(range(250))
KEPT = st.builds(Kept, st.integers(0, 200), st.integers(0, 50))
EDITS = st.lists(st.one_of(KEPT, st.binary(max_size=9)), max_size=8).map(tuple)


def read(first: int, length: int) -> bytes:
    return DATA[first : first + length]


def made(edit: Edit) -> bytes:
    return at_once(edit, read)


@given(EDITS)
def test_joining_changes_no_byte(edit: tuple[Piece, ...]) -> None:
    """Neighbours become one request; nothing is lost or doubled by it."""
    assert made(joined(edit)) == made(edit)
    assert len(joined(edit)) <= len(edit)
    assert joined(joined(edit)) == joined(edit)


@given(EDITS, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=5))
def test_a_body_is_read_from_anywhere(edit: tuple[Piece, ...], reads: list[tuple[int, int]]) -> None:
    """A request that is sent again begins again: every seek and read gives the bytes of the edited file."""
    body, whole = edited(edit, read), made(edit)
    assert body.read() == whole
    assert size(edit) == len(whole) == body.seek(0, 2)
    for first, length in reads:
        body.seek(min(first, len(whole)))
        assert body.read(length) == whole[min(first, len(whole)) :][:length]


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=6))
def test_bytes_are_written_over_others(news: list[bytes]) -> None:
    """A file keeps its length where bytes are written in place."""
    places = [(number * 7, data) for number, data in enumerate(news)]
    expected = bytearray(DATA)
    for first, data in places:
        expected[first : first + len(data)] = data
    assert made(replaced(len(DATA), places)) == bytes(expected)
