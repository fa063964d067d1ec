"""Compound files: sectors, the table that chains them, the directory. MS-CFB 2.2 to 2.6.

Only chains that somebody asks for are followed; whatever a file says, none is longer than the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from portway.content import Malformed
from portway.reader import Reader

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER = struct.Struct("<8s16x5H6x9L")
END_OF_CHAIN, FREE, NOBODY = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
REGULAR = 0xFFFFFFFA
"""Numbers below are sectors."""
ENTRY_BYTES, MINI_BYTES, SMALL = 128, 64, 4096
MOST_ENTRIES = 20_000
MOST_SMALL = 1 << 17
"""Sectors of small streams that are known at once: 64 MiB."""
STORAGE, STREAM, ROOT = 1, 2, 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A storage (folder) or stream (file) of the directory; left, right and child are numbers of other entries."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Compound:
    """One compound file. Malformed wherever it contradicts itself."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        head = reader.read(0, 512)
        if len(head) < 512 or head[:8] != MAGIC:
            raise Malformed("no compound file")
        fields = HEADER.unpack_from(head)
        _, _, major, order, shift, mini, *numbers = fields
        if (major, shift) not in ((3, 9), (4, 12)) or order != 0xFFFE or mini != 6:
            raise Malformed(f"version {major} with sectors of 2^{shift} and 2^{mini} bytes")
        self.sector_bytes: int = 1 << shift
        self._major = major
        self.sectors = -(-reader.size // self.sector_bytes) - 1
        self._table = self._tables(head[76:512], numbers[1], numbers[7])
        self._mini_table = numbers[5]
        self.entries = self._directory(numbers[2])
        self._mini_sectors: list[int] | None = None
        self._mini_table_sectors: list[int] = []

    def end(self) -> int:
        """Where the last sector that is in use ends."""
        for number in range(len(self._table) - 1, -1, -1):
            used = self._sector(self._table[number]).rstrip(b"\xff")
            if used:
                last = number * (self.sector_bytes // 4) + (len(used) - 1) // 4
                return (last + 2) * self.sector_bytes
        raise Malformed("no sector is in use")

    def children(self, parent: Entry) -> Iterator[Entry]:
        """What is directly in a storage."""
        waiting, seen = [parent.child], set[int]()
        while waiting:
            number = waiting.pop()
            if number >= len(self.entries) or number in seen:
                continue
            seen.add(number)
            entry = self.entries[number]
            yield entry
            waiting += [entry.left, entry.right]

    def stream(self, entry: Entry, most: int) -> bytes:
        """The first bytes of a stream."""
        size = min(entry.size, most)
        if entry.size >= SMALL:
            count = -(-size // self.sector_bytes)
            return b"".join(self._sector(each) for each in islice(self._chain(entry.start), count))[:size]
        return b"".join(islice(self._mini_stream(entry.start), -(-size // MINI_BYTES)))[:size]

    def _tables(self, first: bytes, count: int, more: int) -> list[int]:
        """The sectors that the allocation table is in: 109 stand in the header, the others in a chain of lists."""
        found, per = list(struct.unpack("<109L", first)), self.sector_bytes // 4 - 1
        while len(found) < count and more < REGULAR:
            *numbers, more = struct.unpack(f"<{per + 1}L", self._sector(more))
            found += numbers
            if len(found) > self.sectors + 109 + per:
                raise Malformed("the list of tables is longer than the file")
        found = [each for each in found[:count] if each < REGULAR]
        if len(found) != count or not found:
            raise Malformed(f"{len(found)} of {count} tables")
        return found

    def _directory(self, first: int) -> list[Entry]:
        entries = list[Entry]()
        for sector in self._chain(first):
            data = self._sector(sector)
            entries += (self._entry(data[at : at + ENTRY_BYTES]) for at in range(0, len(data), ENTRY_BYTES))
            if len(entries) > MOST_ENTRIES:
                raise Malformed(f"over {MOST_ENTRIES} entries")
        if not entries or entries[0].kind != ROOT:
            raise Malformed("no root")
        return entries

    def _entry(self, data: bytes) -> Entry:
        length, kind = struct.unpack_from("<HB", data, 64)
        left, right, child = struct.unpack_from("<3L", data, 68)
        start, size = struct.unpack_from("<LQ", data, 116)
        name = data[: min(max(length - 2, 0), 62)].decode("utf-16-le", "replace")
        return Entry(name, kind, left, right, child, start, size if self._major == 4 else size & 0xFFFFFFFF)

    def _sector(self, number: int) -> bytes:
        """A sector; the last one of a file may be cut short, and counts as filled up with zeros."""
        data = self._reader.read((number + 1) * self.sector_bytes, self.sector_bytes) if number < REGULAR else b""
        if not data:
            raise Malformed(f"there is no sector {number}")
        return data.ljust(self.sector_bytes, b"\0")

    def _chain(self, number: int) -> Iterator[int]:
        for _ in range(self.sectors + 1):
            if number == END_OF_CHAIN:
                return
            yield number
            number = self._next(number)
        raise Malformed("a chain has no end")

    def _next(self, number: int) -> int:
        per = self.sector_bytes // 4
        table, at = divmod(number, per)
        if table >= len(self._table):
            raise Malformed(f"sector {number} is in no table")
        offset = (self._table[table] + 1) * self.sector_bytes + 4 * at
        return int.from_bytes(self._reader.read(offset, 4).ljust(4, b"\xff"), "little")

    def _mini_stream(self, number: int) -> Iterator[bytes]:
        """The pieces of 64 bytes that small streams are made of; they lie in the stream of the root."""
        if self._mini_sectors is None:
            self._mini_sectors = list(islice(self._chain(self.entries[0].start), MOST_SMALL))
            self._mini_table_sectors = list(islice(self._chain(self._mini_table), MOST_SMALL))
        per, width = self.sector_bytes // MINI_BYTES, self.sector_bytes // 4
        for _ in range(SMALL // MINI_BYTES):
            if number == END_OF_CHAIN:
                return
            if number // per >= len(self._mini_sectors) or number // width >= len(self._mini_table_sectors):
                raise Malformed(f"there is no small sector {number}")
            at = number % per * MINI_BYTES
            yield self._sector(self._mini_sectors[number // per])[at : at + MINI_BYTES]
            table, place = self._mini_table_sectors[number // width], number % width * 4
            number = int.from_bytes(self._sector(table)[place : place + 4], "little")
