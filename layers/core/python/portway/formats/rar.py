"""RAR 4 and 5: walked from header to header, not unpacked. technote.txt of RAR 4.20, and "RAR 5.0 archive format"."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.members import Contents, Kind, Member
from portway.reader import Reader

MAGIC_4, MAGIC_5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
REQUESTS = 2_000
MOST_HEADER = 2 << 20
"""Bytes of a header (General archive block format)."""


@dataclass(frozen=True, slots=True)
class Block:
    """A header and where its data end; `member` for a file, `ends` for the last one of the archive."""

    at: int
    end: int
    member: Member | None = None
    is_encrypted: bool = False
    ends: bool = False


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: entries, unpacked_bytes, listing. Always `unsupported`: what members hold nobody here looks at."""
    anatomy = Anatomy()
    anatomy.mark(Trick.UNSUPPORTED, "RAR is recognised, its members are not looked into")
    contents = Contents(anatomy, bounds)
    blocks = _blocks_5(reader) if reader.head.startswith(MAGIC_5) else _blocks_4(reader)
    for block in blocks:
        if block.end > reader.size:
            raise Malformed(f"the block at {block.at} goes on behind the end")
        if block.is_encrypted:
            anatomy.mark(Trick.ENCRYPTED, f"at {block.at}")
        if block.member:
            contents.add(block.member)
        if contents.count > bounds.entries:
            anatomy.mark(Trick.ARCHIVE_ENTRIES, f"over {bounds.entries} entries")
        if block.ends and block.end < reader.size:
            anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - block.end} bytes behind the end of archive")
        if block.ends or contents.count > bounds.entries or reader.requests > REQUESTS:
            break
    contents.close()
    return anatomy


def _blocks_5(reader: Reader) -> Iterator[Block]:
    at = len(MAGIC_5)
    while at < reader.size:
        crc = reader.read(at, 4)
        size, start = _vint(reader.read(at + 4, 3), 0)
        header = reader.read(at + 4 + start, size)
        if len(crc) < 4 or not 0 < size <= MOST_HEADER or len(header) < size:
            raise Malformed(f"no whole header at {at}")
        if zlib.crc32(reader.read(at + 4, start) + header) != int.from_bytes(crc, "little"):
            raise Malformed(f"the header at {at} has another CRC")
        block = _block_5(header, at, at + 4 + start + size)
        yield block
        if block.is_encrypted and block.member is None:
            return  # from here on headers are encrypted as well
        at = block.end


def _block_5(header: bytes, at: int, end: int) -> Block:
    kind, place = _vint(header, 0)
    flags, place = _vint(header, place)
    extra, place = _vint(header, place) if flags & 1 else (0, place)
    data, place = _vint(header, place) if flags & 2 else (0, place)
    if kind != 2:
        return Block(at, end + data, is_encrypted=kind == 4, ends=kind == 5)
    file_flags, place = _vint(header, place)
    size, place = _vint(header, place)
    _, place = _vint(header, place)
    place += (4 if file_flags & 2 else 0) + (4 if file_flags & 4 else 0)
    _, place = _vint(header, place)
    _, place = _vint(header, place)
    length, place = _vint(header, place)
    name = header[place : place + length].decode("utf-8", "replace")
    records = dict(_extras(header[len(header) - extra :] if extra else b""))
    kinds = Kind.LINK if 5 in records else Kind.FOLDER if file_flags & 1 else Kind.FILE
    member = Member(name=name, size=size, packed=data, kind=kinds)
    return Block(at, end + data, member, is_encrypted=1 in records)


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of an extra area: 1 is encryption, 5 a redirection."""
    at = 0
    while at < len(extra):
        size, at = _vint(extra, at)
        kind, _ = _vint(extra, at)
        yield kind, extra[at : at + size]
        at += max(size, 1)


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and what comes behind it."""
    value = 0
    for number, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * number)
        if not byte & 0x80:
            return value, at + number + 1
    raise Malformed("a number goes on behind its header")


def _blocks_4(reader: Reader) -> Iterator[Block]:
    if not reader.head.startswith(MAGIC_4):
        raise Malformed("no RAR signature")
    at = len(MAGIC_4)
    while at < reader.size:
        start = reader.read(at, 7)
        if len(start) < 7:
            raise Malformed(f"no whole header at {at}")
        crc, kind, flags, size = struct.unpack("<HBHH", start)
        header = reader.read(at, size)
        if size < 7 or len(header) < size:
            raise Malformed(f"no whole header at {at}")
        if kind in (0x73, 0x74, 0x7B) and zlib.crc32(header[2:]) & 0xFFFF != crc:
            raise Malformed(f"the header at {at} has another CRC")
        block = _block_4(header, kind, flags, at, at + size)
        yield block
        if block.is_encrypted and block.member is None:
            return
        at = block.end


def _block_4(header: bytes, kind: int, flags: int, at: int, end: int) -> Block:
    """0x73 main, 0x74 file, 0x7b end; flags 0x80 of main and 4 of files: encrypted, 0x100 of files: 64 bits."""
    data = int.from_bytes(header[7:11], "little") if kind == 0x74 or flags & 0x8000 else 0
    if kind != 0x74:
        return Block(at, end + data, is_encrypted=kind == 0x73 and bool(flags & 0x80), ends=kind == 0x7B)
    if len(header) < 32:
        raise Malformed(f"the header of the file at {at} is too short")
    packed, size, system, _, _, _, _, length, attributes = struct.unpack_from("<LLBLLBBHL", header, 7)
    place = 32
    if flags & 0x100:
        high = header[32:40].ljust(8, b"\0")
        packed += int.from_bytes(high[:4], "little") << 32
        size += int.from_bytes(high[4:], "little") << 32
        place = 40
    name = header[place : place + length].split(b"\0")[0].decode("utf-8", "replace")
    is_link = system == 3 and attributes & 0o170000 == 0o120000
    is_folder = flags & 0xE0 == 0xE0
    kinds = Kind.LINK if is_link else Kind.FOLDER if is_folder else Kind.FILE
    separated = name.replace("\\", "/") if system != 3 else name  # Windows writes them so
    member = Member(name=separated, size=size, packed=packed, kind=kinds)
    return Block(at, end + packed, member, is_encrypted=bool(flags & 4))
