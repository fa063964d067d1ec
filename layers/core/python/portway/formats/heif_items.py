"""Items of HEIF: what a file's `meta` box says that there is, and where. ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Malformed
from portway.formats.isobmff import Box, Boxes

MAX_ITEMS, MAX_EXTENTS = 10_000, 100_000
IN_FILE, IN_IDAT = 0, 1
Span = tuple[int, int]
"""Offsets around some bytes."""


@dataclass(frozen=True, slots=True)
class Item:
    """`kind` is its four characters; `media_type` that of an item of kind `mime`; `spans` where its bytes are."""

    number: int
    kind: bytes
    media_type: bytes
    spans: tuple[Span, ...]

    @property
    def is_exif(self) -> bool:
        return self.kind == b"Exif"

    @property
    def is_xmp(self) -> bool:
        return self.media_type == b"application/rdf+xml"


class Fields:
    """Numbers one after the other. Malformed where they end too early."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._at, self._what = data, 0, what

    def number(self, length: int) -> int:
        if self._at + length > len(self._data):
            raise Malformed(f"{self._what} ends too early")
        self._at += length
        return int.from_bytes(self._data[self._at - length : self._at])

    def version(self) -> int:
        """Of a full box; its flags are passed over."""
        return self.number(4) >> 24


def items(boxes: Boxes, meta: Box) -> tuple[Item, ...]:
    """Every item with its bytes. Malformed where they are not in the file."""
    inside = {box.kind: box for box in boxes.inside(meta, 4)}
    named = _named(boxes, inside.get(b"iinf"))
    found = tuple(_located(boxes, inside.get(b"iloc"), inside.get(b"idat")))
    return tuple(Item(number, *named.get(number, (b"", b"")), spans) for number, spans in found)


def primary(boxes: Boxes, meta: Box) -> int:
    """The number of the item that is shown."""
    box = boxes.child(Box(b"meta", meta.at, meta.body + 4, meta.end), b"pitm")
    if box is None:
        raise Malformed("no item is the primary one")
    fields = Fields(boxes.read(box), "pitm")
    return fields.number(2 if fields.version() == 0 else 4)


def properties(boxes: Boxes, meta: Box, number: int) -> Iterator[tuple[Box, bool]]:
    """Every property of the file, and whether it is one of this item's."""
    holder = boxes.child(Box(b"meta", meta.at, meta.body + 4, meta.end), b"iprp")
    if holder is None:
        raise Malformed("no item has properties")
    inside = {box.kind: box for box in boxes.inside(holder)}
    if b"ipco" not in inside or b"ipma" not in inside:
        raise Malformed("no item has properties")
    own = _associated(boxes, inside[b"ipma"], number)
    for index, box in enumerate(boxes.inside(inside[b"ipco"]), 1):
        yield box, index in own


def _named(boxes: Boxes, box: Box | None) -> dict[int, tuple[bytes, bytes]]:
    """Kind and media type of each item by its number."""
    if box is None:
        return {}
    head = 6 if Fields(boxes.read(box, 0, 4), "iinf").version() == 0 else 8
    found = dict[int, tuple[bytes, bytes]]()
    for entry in boxes.inside(box, head):
        data = boxes.read(entry, 0, 1024)
        fields = Fields(data, "infe")
        wide = 4 if fields.version() == 3 else 2
        number, kind = fields.number(wide), data[6 + wide : 10 + wide]
        texts = data[10 + wide :].split(b"\0")
        found[number] = kind, texts[1] if kind == b"mime" and len(texts) > 1 else b""
    return found


def _located(boxes: Boxes, box: Box | None, idat: Box | None) -> Iterator[tuple[int, tuple[Span, ...]]]:
    """Number and spans of each item of `iloc`."""
    if box is None:
        return
    fields, left = Fields(boxes.read(box), "iloc"), MAX_EXTENTS
    version, sizes = fields.version(), fields.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    for _ in range(min(fields.number(wide), MAX_ITEMS)):
        number = fields.number(wide)
        method = fields.number(2) & 15 if version else IN_FILE
        fields.number(2)
        base, spans = fields.number(base_size), list[Span]()
        for _ in range(fields.number(2)):
            left -= 1
            fields.number(index_size)
            first, length = base + fields.number(offset_size), fields.number(length_size)
            spans.append(_span(boxes, method, idat, first, length))
            if left < 0:
                raise Malformed(f"more than {MAX_EXTENTS} extents")
        yield number, tuple(spans)


def _span(boxes: Boxes, method: int, idat: Box | None, first: int, length: int) -> Span:
    """The offsets in the file; a length of 0 means all that is there. Derived items have no bytes of their own."""
    if method == IN_FILE:
        start, end = 0, boxes.reader.size
    elif method == IN_IDAT and idat is not None:
        start, end = idat.body, idat.end
    else:
        return 0, 0
    last = start + first + length if length else end
    if start + first > end or last > end:
        raise Malformed(f"an item ends {last - end} bytes behind what it is in")
    return start + first, last


def _associated(boxes: Boxes, box: Box, wanted: int) -> frozenset[int]:
    """The numbers of the properties of one item."""
    data = boxes.read(box)
    fields = Fields(data, "ipma")
    wide_number, wide_index = (4 if fields.version() else 2), data[3] & 1
    found = set[int]()
    for _ in range(min(fields.number(4), MAX_ITEMS)):
        number = fields.number(wide_number)
        for _ in range(fields.number(1)):
            index = fields.number(1 + wide_index) & (0x7FFF if wide_index else 0x7F)
            if number == wanted:
                found.add(index)
    return frozenset(found)
