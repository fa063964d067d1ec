"""Elements of EBML files: an id and a length of variable width, then that much content. RFC 8794, sections 4 to 6."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from portway.content import Malformed
from portway.reader import OverBudget, Reader

MAX_ELEMENTS, MAX_BODY = 200_000, 1 << 20
VOID, CRC = 0xEC, 0xBF
"""Elements that may stand anywhere."""


@dataclass(frozen=True, slots=True)
class Element:
    """`end` is where its parent ends when its own length is unknown: until then, or until an element that ends it."""

    kind: int
    at: int
    body: int
    end: int
    is_open: bool = False

    @property
    def length(self) -> int:
        return self.end - self.body

    def __str__(self) -> str:
        return f"element {self.kind:X} at {self.at}"


class Elements:
    """The elements of one file. At most MAX_ELEMENTS of them are looked at: OverBudget beyond."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._seen = 0

    def at(self, at: int, end: int) -> Element | None:
        """The element that begins here and ends before `end`; None when none does."""
        self._seen += 1
        if self._seen > MAX_ELEMENTS:
            raise OverBudget("elements")
        self.reader.check()
        head = self.reader.read(at, min(12, end - at))
        wide = _width(head, 4)
        long = _width(head[wide:], 8)
        if not wide or not long or len(head) < wide + long:
            return None
        kind, body = int.from_bytes(head[:wide]), at + wide + long
        length = int.from_bytes(head[wide : wide + long]) & (1 << 7 * long) - 1
        if length == (1 << 7 * long) - 1:
            return Element(kind, at, body, end, is_open=True)
        return Element(kind, at, body, body + length) if body + length <= end else None

    def inside(self, parent: Element) -> Iterator[Element]:
        """Those that tile another one of known length. Malformed where one reaches out."""
        at = parent.body
        while at < parent.end:
            element = self.at(at, parent.end)
            if element is None or element.is_open:
                raise Malformed(f"no whole element at {at}, in {parent}")
            yield element
            at = element.end

    def first(self, parent: Element, kind: int) -> Element | None:
        return next((each for each in self.inside(parent) if each.kind == kind), None)

    def data(self, element: Element, most: int = MAX_BODY) -> bytes:
        """The beginning of its content."""
        return self.reader.read(element.body, min(element.length, most))

    def number(self, element: Element) -> int:
        """An unsigned integer of at most eight bytes."""
        return int.from_bytes(self.data(element, 8))

    def text(self, element: Element, most: int = 256) -> str:
        return self.data(element, most).rstrip(b"\0").decode("utf-8", "replace")

    def real(self, element: Element) -> float:
        """A float of four or eight bytes; 0 for anything else."""
        data = self.data(element, 8)
        width = {4: ">f", 8: ">d"}.get(len(data))
        value: float = struct.unpack(width, data)[0] if width else 0
        return value if isfinite(value) else 0


def _width(data: bytes, most: int) -> int:
    """Bytes of the number that begins here: its first set bit tells; 0 for none."""
    width = 9 - data[0].bit_length() if data and data[0] else 0
    return width if width <= most else 0
