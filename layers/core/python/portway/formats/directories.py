"""Directories of tagged values, as TIFF, EXIF and MPF have them. TIFF 6.0, section 2; BigTIFF; CIPA DC-008 and DC-007.

Offsets count from the byte-order mark. Nothing is followed twice, and nothing that lies outside is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from portway.content import Malformed

MAX_DIRECTORIES, MAX_ENTRIES = 10_000, 4_096
SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROPERABILITY = 0x014A, 0x8769, 0x8825, 0xA005
LEADS = (EXIF_IFD, GPS_IFD, SUB_IFDS, INTEROPERABILITY)
"""Tags whose values are offsets of further directories."""
MAX_NUMBERS = 1_000_000
"""Values of one entry that are read: the strips of a picture."""
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
"""Bytes of one value of each type; 129 is text in UTF-8 (Exif 3.0)."""
TEXT_TYPES = frozenset({2, 129})
ORDERS: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}

Read = Callable[[int, int], bytes]
"""(offset, length) → bytes; fewer at the end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag with `count` values of a type. `at` and `length` say where their bytes lie; `is_inline`: in the entry."""

    tag: int
    kind: int
    count: int
    at: int
    length: int
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """`at` and `end` are the offsets around its own bytes, `next_at` is where the next one begins, 0 for none."""

    at: int
    end: int
    entries: tuple[Entry, ...]
    next_at: int

    def get(self, *tags: int) -> Entry | None:
        """The first entry with one of these tags."""
        return next((entry for entry in self.entries if entry.tag in tags), None)


class Directories:
    """What stands behind a TIFF header of `size` bytes. Malformed where it cannot be read.

    Where they are `is_lenient`, as readers of EXIF are, entries whose values are not there are left out instead.
    """

    def __init__(self, read: Read, size: int, is_lenient: bool = False) -> None:
        self.read, self.size, self.is_lenient = read, size, is_lenient
        head = read(0, 16)
        order = ORDERS.get(head[:2])
        version = int.from_bytes(head[2:4], order) if order else 0
        if order is None or version not in (42, 43) or len(head) < 8 * (version - 41):
            raise Malformed("no TIFF header")
        self.order: Literal["little", "big"] = order
        self.is_big = version == 43
        self.word = 8 if self.is_big else 4
        self.first = self.to_number(head[8:16] if self.is_big else head[4:8])
        self._seen, self._texts = set[int](), 0

    def to_number(self, data: bytes) -> int:
        return int.from_bytes(data, self.order)

    def tree(self) -> Iterator[tuple[int, Directory]]:
        """Every directory with the tag that led to it: 0 for the first one and those that follow it."""
        waiting = [(0, self.first)]
        while waiting:
            lead, at = waiting.pop()
            try:
                directory = self.directory(at)
                found = [(tag, to) for tag in LEADS for to in self.numbers(directory.get(tag))]
            except Malformed:
                if self.is_lenient:
                    continue
                raise
            yield lead, directory
            waiting += [*([(lead, directory.next_at)] if directory.next_at and lead in (0, SUB_IFDS) else []), *found]

    def directory(self, at: int) -> Directory:
        """The one at this offset. Malformed for one that was seen before: a circle."""
        if at in self._seen or len(self._seen) >= MAX_DIRECTORIES:
            raise Malformed(f"directory at {at} for the second time, or too many")
        self._seen.add(at)
        head, row = (8, 20) if self.is_big else (2, 12)
        count = self.to_number(self._whole(at, head))
        if not 0 < count <= MAX_ENTRIES:
            raise Malformed(f"directory at {at} has {count} entries")
        data = self._whole(at + head, count * row + self.word)
        rows = range(0, count * row, row)
        entries = (self._entry(at + head + each, data[each : each + row]) for each in rows)
        there = tuple(entry for entry in entries if entry.at + entry.length <= self.size)
        if len(there) < count and not self.is_lenient:
            raise Malformed(f"values in the directory at {at} lie outside")
        return Directory(at, at + head + len(data), there, self.to_number(data[-self.word :]))

    def numbers(self, entry: Entry | None) -> tuple[int, ...]:
        """Its values as whole numbers; none where there is no entry."""
        if entry is None:
            return ()
        width = SIZES.get(entry.kind, 0)
        if entry.count > MAX_NUMBERS or not width:
            raise Malformed(f"tag {entry.tag} has {entry.count} values of type {entry.kind}")
        data = self._whole(entry.at, entry.length)
        return tuple(self.to_number(data[at : at + width]) for at in range(0, len(data), width))

    def number(self, entry: Entry | None, usual: int = 0) -> int:
        """Its first value."""
        return next(iter(self.numbers(entry)), usual)

    def text(self, entry: Entry, most: int) -> bytes:
        """Its bytes, at most so many. Malformed once texts have more bytes than there are: they share them."""
        self._texts += entry.length
        if self._texts > self.size:
            raise Malformed("texts that share bytes")
        return self.read(entry.at, min(entry.length, most))

    def _entry(self, at: int, row: bytes) -> Entry:
        tag, kind = self.to_number(row[:2]), self.to_number(row[2:4])
        count = self.to_number(row[4 : 4 + self.word])
        length = SIZES.get(kind, 0) * count
        if length <= self.word:
            return Entry(tag, kind, count, at + 4 + self.word, length, True)
        return Entry(tag, kind, count, self.to_number(row[4 + self.word :]), length, False)

    def _whole(self, at: int, length: int) -> bytes:
        data = self.read(at, length) if at + length <= self.size else b""
        if len(data) < length:
            raise Malformed(f"{length} bytes at {at} are not there")
        return data
