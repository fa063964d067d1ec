"""Boxes of ISO media files: sizes of every kind, tiling, bounds, and few reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.content import Malformed
from portway.formats import isobmff
from portway.formats.isobmff import Box, Boxes, Leftover, brands
from portway.reader import OverBudget
from tests.unit.sources import Source, reader


def box(kind: bytes, body: bytes = b"", large: bool = False) -> bytes:
    """A box as the standard writes it, with its size in 32 or in 64 bits."""
    if large:
        return b"\0\0\0\1" + kind + (16 + len(body)).to_bytes(8) + body
    return (8 + len(body)).to_bytes(4) + kind + body


def top(data: bytes | Source) -> list[Box]:
    return list(Boxes(reader(data)).top())


FTYP = box(b"ftyp", b"isom\0\0\2\0isommp42")


def test_sizes_of_every_kind_tile_the_file() -> None:
    """In 32 bits, in 64 bits, and to the end of the file."""
    data = FTYP + box(b"free", b"abc", large=True) + b"\0\0\0\0mdat" + bytes(99)
    seen = Boxes(reader(data))
    first, free, media = seen.top()
    assert [each.kind for each in (first, free, media)] == [b"ftyp", b"free", b"mdat"]
    assert (free.at, free.body, free.end) == (len(FTYP), len(FTYP) + 16, len(FTYP) + 19)
    assert (media.end, media.length) == (len(data), 99)
    assert seen.read(free) == b"abc"
    assert seen.read(free, 1, 1) == b"b"
    assert brands(seen, first) == (b"isom", b"isom", b"mp42")


def test_a_uuid_is_part_of_the_header() -> None:
    """The content of a `uuid` box begins behind its sixteen bytes."""
    (found,) = top(box(b"uuid", bytes(16) + b"content"))
    assert found.length == 7


def test_boxes_inside_boxes() -> None:
    """By a path of kinds, behind fields of a full box, and with QuickTime's zero at the end of a list."""
    inner = box(b"trak", box(b"mdia", box(b"hdlr", b"soun")))
    seen = Boxes(reader(box(b"moov", inner + box(b"meta", bytes(4) + box(b"keys")) + bytes(4))))
    (moov,) = seen.top()
    assert [each.kind for each in seen.inside(moov)] == [b"trak", b"meta"]
    found = seen.child(moov, b"trak", b"mdia", b"hdlr")
    assert found is not None
    assert seen.fields(found, 0, 4) == b"soun"
    assert seen.child(moov, b"trak", b"udta", b"none") is None
    meta = seen.child(moov, b"meta")
    assert meta is not None
    assert [each.kind for each in seen.inside(meta, skip=4)] == [b"keys"]
    with pytest.raises(Malformed, match="only 4 bytes"):
        seen.fields(found, 0, 5)


@pytest.mark.parametrize(
    "tail",
    [b"PK\3\4" + bytes(40), b"<html>", b"\0\0\0\7free", bytes(3), b"\0\0\0\x09\xff\xfe\0\1.", b"\0\0\0\1free\0\0\0\0"],
)
def test_bytes_that_are_no_box_are_told_from_a_file_that_ends_early(tail: bytes) -> None:
    """What somebody appended begins where the last box ends."""
    with pytest.raises(Leftover) as leftover:
        top(FTYP + tail)
    assert leftover.value.at == len(FTYP)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0",
        bytes(16) + b"mdat",
        box(b"ftyp", b"isom")[:-1],
        FTYP + box(b"mdat", bytes(50))[:-1],
        FTYP + box(b"moov", bytes(50), large=True)[:-1],
    ],
)
def test_a_file_that_ends_inside_a_box_is_malformed(data: bytes) -> None:
    """The words name the place."""
    with pytest.raises(Malformed) as error:
        top(data)
    assert not isinstance(error.value, Leftover)


def test_no_box_reaches_out_of_another() -> None:
    """A child that is longer than its parent is malformed, wherever it would end."""
    seen = Boxes(reader(box(b"moov", b"\0\0\0\x40trak" + bytes(8)) + bytes(100)))
    with pytest.raises(Malformed, match="no whole box"):
        list(seen.inside(next(seen.top())))


def test_boxes_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of nothing but empty boxes does not keep anybody busy."""
    monkeypatch.setattr(isobmff, "MAX_BOXES", 10)
    with pytest.raises(OverBudget, match="more boxes"):
        top(FTYP + box(b"free") * 10)


def test_few_bytes_are_read() -> None:
    """Headers only: media of any length are jumped over."""
    source = Source(FTYP + box(b"mdat", bytes(4 << 20), large=True) + box(b"moov", box(b"mvhd")))
    assert len(top(source)) == 3
    assert len(source.reads) == 2


@given(st.binary(max_size=80))
def test_any_bytes_are_boxes_or_malformed(data: bytes) -> None:
    """Nothing else is ever raised, and what is found tiles the file."""
    try:
        found = top(data)
    except Malformed:
        return
    assert [each.at for each in found] == [0, *(each.end for each in found)][:-1]
    assert sum(each.end - each.at for each in found) == len(data)
