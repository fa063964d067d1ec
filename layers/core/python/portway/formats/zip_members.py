"""The members of a zip themselves: local headers, data descriptors, and what they unpack to. APPNOTE 4.3.7 to 4.3.9."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Anatomy, Malformed, Trick
from portway.formats.members import HEAD
from portway.formats.unpacking import PIECE, Stream
from portway.formats.zip_directory import ENCRYPTED, LONG, MASKED, STRONG, WITH_DESCRIPTOR, ZipMember
from portway.reader import Reader

LOCAL = struct.Struct("<4s5H3L2H")
STORED = 0
METHODS = {8: "deflate", 12: "bzip2"}
AES = 99
PEEK = 64 << 10
"""Packed bytes that are looked at of every member that is looked at."""
SLICE = 64 << 10
DESCRIPTORS = (12, 16, 20, 24)
"""Lengths of a data descriptor: with and without its signature, in 32 and in 64 bits."""


@dataclass(slots=True)
class Allowance:
    """What proving members costs at most, per file: packed bytes beyond each one's first, and unpacked bytes."""

    packed: int = 8 << 20
    unpacked: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Local:
    """A local header: where the data begin, and where they end."""

    data_at: int
    end: int
    flags: int


def is_encrypted(member: ZipMember) -> bool:
    return bool(member.flags & (ENCRYPTED | STRONG | MASKED)) or member.method == AES


def local_of(reader: Reader, member: ZipMember, anatomy: Anatomy) -> Local:
    """The local header, which must say what the directory says. Malformed when there is none."""
    head = reader.read(member.at, LOCAL.size)
    if len(head) < LOCAL.size or head[:4] != b"PK\x03\x04":
        raise Malformed(f"no local header at {member.at}")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL.unpack(head)
    raw = reader.read(member.at + LOCAL.size, name_length)
    data_at = member.at + LOCAL.size + name_length + extra_length
    if not member.flags & MASKED:  # with a masked directory the local header says nothing
        found = (raw, method, flags & ENCRYPTED)
        if found != (member.raw, member.method, member.flags & ENCRYPTED):
            anatomy.mark(Trick.ARCHIVE_LIES, f"local header at {member.at}: {raw[:100]!r} {method} {flags:#x}")
        allowed = {0, LONG} if flags & WITH_DESCRIPTOR else {LONG}
        told = ((crc, member.crc), (packed, member.packed), (size, member.size))
        if any(local != real and local not in allowed for local, real in told):
            anatomy.mark(Trick.ARCHIVE_LIES, f"local header at {member.at}: {size} bytes from {packed}")
    return Local(data_at, data_at + member.packed, flags)


def check_gap(reader: Reader, member: ZipMember, local: Local, gap: int, anatomy: Anatomy) -> None:
    """What stands between a member and the next: nothing, or a descriptor that says what the directory says."""
    if gap == 0:
        return
    said = reader.read(local.end, gap) if local.flags & WITH_DESCRIPTOR and gap in DESCRIPTORS else b""
    said = said.removeprefix(b"PK\x07\x08") if gap in (16, 24) else said
    if said not in (struct.pack(form, member.crc, member.packed, member.size) for form in _forms(member)):
        anatomy.mark(Trick.ARCHIVE_LIES, f"{gap} bytes at {local.end} belong to no entry")


def _forms(member: ZipMember) -> tuple[str, ...]:
    return ("<LQQ",) if max(member.packed, member.size) > LONG else ("<3L", "<LQQ")


def prove(reader: Reader, member: ZipMember, local: Local, allowance: Allowance, anatomy: Anatomy) -> bytes:
    """The first bytes of a member. What it unpacks to must be what the directory says, as far as it is looked at.

    Members within the allowance are looked at whole: size, CRC-32 and the end of the stream. Of others the first 64 KiB
    must neither unpack to more than the whole should, nor end.
    """
    if not member.packed and not member.size:
        return b""
    is_whole = member.packed <= max(PEEK, allowance.packed) and allowance.unpacked > 0
    length = member.packed if is_whole else min(member.packed, PEEK)
    allowance.packed -= length
    stream = (
        _Stored(reader, local.data_at, length) if member.method == STORED else _stream(reader, member, local, length)
    )
    head, size, crc = b"", 0, 0
    for piece in stream.pieces(PIECE if allowance.unpacked > 0 else HEAD):
        head, size, crc = head or piece[:HEAD], size + len(piece), zlib.crc32(piece, crc)
        allowance.unpacked -= len(piece)
        if size > member.size or allowance.unpacked <= 0:
            break
    else:
        is_done = stream.is_whole and stream.used == length
        if is_whole and not (is_done and (size, crc) == (member.size, member.crc)):
            anatomy.mark(Trick.ARCHIVE_LIES, f"{member.name[:100]!r} is {size} bytes, CRC-32 {crc:#x}")
        if not is_whole and member.method != STORED and stream.is_whole and stream.used < member.packed:
            anatomy.mark(Trick.ARCHIVE_LIES, f"{member.name[:100]!r} ends after {stream.used} packed bytes")
    if size > member.size:
        anatomy.mark(Trick.ARCHIVE_LIES, f"{member.name[:100]!r} is over {member.size} bytes")
    return head


def unpacked(reader: Reader, member: ZipMember, most: int) -> bytes:
    """The first `most` bytes of a member that must be one of those that can be unpacked. Malformed when damaged."""
    local = local_of(reader, member, Anatomy())
    if member.method == STORED:
        return reader.read(local.data_at, min(member.packed, most))
    if member.method not in METHODS or is_encrypted(member):
        raise Malformed(f"{member.name[:100]!r} cannot be looked into")
    data = bytearray()
    for piece in _stream(reader, member, local, member.packed).pieces():
        data += piece
        if len(data) >= most:
            break
    return bytes(data[:most])


def _stream(reader: Reader, member: ZipMember, local: Local, length: int) -> Stream:
    return Stream(reader, METHODS[member.method], slices(reader, local.data_at, length))


def slices(reader: Reader, first: int, length: int) -> Iterator[bytes]:
    """A range by blocks that are kept: its neighbours need them, too."""
    for at in range(first, first + length, SLICE):
        yield reader.read(at, min(SLICE, first + length - at))


class _Stored(Stream):
    """A member that is not compressed."""

    def __init__(self, reader: Reader, first: int, length: int) -> None:
        self.is_whole, self.used, self.rest = False, 0, b""
        self._packed = slices(reader, first, length)

    def pieces(self, most: int = PIECE) -> Iterator[bytes]:
        for piece in self._packed:
            self.used += len(piece)
            yield piece[:most]
        self.is_whole = True
