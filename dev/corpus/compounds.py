"""A writer of compound files (MS-CFB, version 3): storages and streams from nested dictionaries."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

Tree: TypeAlias = Mapping[str, "bytes | Tree"]
SECTOR, SMALL = 512, 4096
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Writer:
    """Sectors in the order in which they are asked for; `table` says which follows which."""

    def __init__(self) -> None:
        self.table: list[int] = []
        self.sectors = b""
        self.entries: list[bytes] = []

    def store(self, data: bytes) -> int:
        """The first sector of a chain with this content."""
        if not data:
            return END
        first, count = len(self.table), -(-len(data) // SECTOR)
        self.table += [*range(first + 1, first + count), END]
        self.sectors += data.ljust(count * SECTOR, b"\0")
        return first

    def add(self, name: str, kind: int, child: int, data: bytes = b"") -> int:
        number = len(self.entries)
        start = self.store(data.ljust(SMALL, b"\0")) if data else END  # nothing is small here
        self.entries.append(entry(name, kind, FREE, child, start, max(len(data), SMALL) if data else 0))
        return number

    def fill(self, tree: Tree) -> int:
        """The number of the first child; each one's right neighbour is the next, in the order that 2.6.4 demands."""
        names = sorted(tree, key=lambda name: (len(name), name.upper()))
        right = FREE
        for name in reversed(names):
            node = tree[name]
            number = self.add(name, 2, FREE, node) if isinstance(node, bytes) else self.add(name, 1, self.fill(node))
            self.entries[number] = self.entries[number][:72] + struct.pack("<L", right) + self.entries[number][76:]
            right = number
        return right


def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    head = raw.ljust(64, b"\0") + struct.pack("<HBB3L", len(raw), kind, 1, FREE, right, child)
    return head + bytes(36) + struct.pack("<LQ", start, size)


def compound(tree: Tree) -> bytes:
    writer = Writer()
    writer.entries.append(b"")
    child = writer.fill(tree)
    writer.entries[0] = entry("Root Entry", 5, FREE, child, END, 0)
    while len(writer.entries) % 4:
        writer.entries.append(entry("", 0, FREE, FREE, 0, 0)[:64] + bytes(64))
    directory = writer.store(b"".join(writer.entries))
    place, count = len(writer.table), 1
    while (place + count + 1) * 4 > count * SECTOR:
        count += 1
    lists = [*range(place, place + count), *[FREE] * (109 + 127 - count)]
    is_long = count > 109
    table = [*writer.table, *[TABLE] * count, *[TABLE - 1] * is_long]
    table += [FREE] * (count * SECTOR // 4 - len(table))
    numbers = (0, count, directory, 0, SMALL, END, 0, place + count if is_long else END, int(is_long))
    head = MAGIC + bytes(16) + struct.pack("<5H6x9L109L", 0x3E, 3, 0xFFFE, 9, 6, *numbers, *lists[:109])
    more = struct.pack("<128L", *lists[109:], END) if is_long else b""
    return head + writer.sectors + struct.pack(f"<{len(table)}L", *table) + more
