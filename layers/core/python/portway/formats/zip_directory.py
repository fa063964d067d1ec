"""The end of a zip: end record, zip64 record and central directory. APPNOTE 6.3.10, sections 4.3.12 to 4.5.3.

Read before anything else: the count stands in the end record, which one request for the file's tail brings along with
directories of up to 128 KiB. Our own, because CPython's `zipfile` read overlapping entries until 3.11.8 and 3.12.2.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Anatomy, Malformed, Trick
from portway.formats.members import Kind, Member
from portway.reader import BLOCK, Reader

END = re.compile(rb"PK\x05\x06")
END_RECORD = struct.Struct("<4s4H2LH")
LOCATOR = struct.Struct("<4sLQL")
END_RECORD_64 = struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s6H3L5H2L")
SHORT, LONG = 0xFFFF, 0xFFFFFFFF
"""Values that say: look into the zip64 fields."""
ENCRYPTED, WITH_DESCRIPTOR, STRONG, UTF_8, MASKED = 1, 1 << 3, 1 << 6, 1 << 11, 1 << 13
"""Bits of the general purpose flags that are looked at (4.4.4)."""
KINDS = {
    stat.S_IFDIR: Kind.FOLDER,
    stat.S_IFLNK: Kind.LINK,
    **dict.fromkeys((stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK), Kind.OTHER),
}
ZIP64, UNICODE_PATH = 0x0001, 0x7075
"""Extra fields that are looked at (4.5.3, 4.6.9)."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory is; `shift` is how many bytes stand before the archive, unknown to its offsets."""

    first: int
    size: int
    count: int
    shift: int
    comment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipMember(Member):
    """An entry of the central directory; `at` is where its local header begins in the file."""

    raw: bytes
    packed: int
    at: int
    method: int
    flags: int
    crc: int
    other_name: str = ""


def locate(reader: Reader, anatomy: Anatomy) -> Directory:
    """The directory, by the end of the file. Marks what stands behind the archive, before it, or between its parts."""
    at, fields, comment = _end_record(reader, anatomy)
    disk, first_disk, here, count, size, first = fields
    end = at
    if reader.read(max(0, at - 20), 4) == b"PK\x06\x07":
        end, wide = _zip64(reader, at)
        told = zip((here, count, size, first), wide, (SHORT, SHORT, LONG, LONG), strict=True)
        if any(short not in (long, saturated) for short, long, saturated in told):
            anatomy.mark(Trick.ARCHIVE_LIES, "end record and zip64 record disagree")
        here, count, size, first = wide
        disk = first_disk = 0
    if disk or first_disk or here != count:
        raise Malformed("one of several disks")
    shift = _shift(reader, anatomy, end, size, first, count)
    return Directory(first + shift, size, count, shift, comment)


def members(reader: Reader, directory: Directory) -> Iterator[ZipMember]:
    """Every entry of the directory, as many as it has, whatever the end record says."""
    at, end = directory.first, directory.first + directory.size
    while at < end:
        head = reader.read(at, ENTRY.size)
        if len(head) < ENTRY.size or head[:4] != b"PK\x01\x02":
            raise Malformed(f"no entry of the directory at {at}")
        fields = ENTRY.unpack(head)
        lengths = fields[10:13]
        after = at + ENTRY.size + sum(lengths)
        if after > end:
            raise Malformed(f"the entry at {at} leaves the directory")
        more = reader.read(at + ENTRY.size, lengths[0] + lengths[1])
        yield _member(fields, more[: lengths[0]], more[lengths[0] :], directory.shift)
        at = after


def _end_record(reader: Reader, anatomy: Anatomy) -> tuple[int, tuple[int, ...], bytes]:
    """Where it is, its numbers, and the comment, which must meet the end of the file."""
    tail = reader.tail(BLOCK)[-END_RECORD.size - SHORT :]
    found = [match.start() for match in END.finditer(tail) if match.start() + END_RECORD.size <= len(tail)]
    if not found:
        raise Malformed("no end record")
    meeting = [at for at in found if at + END_RECORD.size + _comment_length(tail, at) == len(tail)]
    at = meeting[-1] if meeting else found[-1]
    end = at + END_RECORD.size + _comment_length(tail, at)
    if end > len(tail):
        raise Malformed("the comment of the end record goes on behind the end")
    if end < len(tail):
        anatomy.mark(Trick.TRAILING_DATA, f"{len(tail) - end} bytes behind the end record")
    if len(meeting) > 1 or found[-1] != at:
        anatomy.mark(Trick.ARCHIVE_LIES, "more than one end record")
    _, *fields, _ = END_RECORD.unpack_from(tail, at)
    return reader.size - len(tail) + at, tuple(fields), tail[at + END_RECORD.size : end]


def _comment_length(tail: bytes, at: int) -> int:
    return int.from_bytes(tail[at + 20 : at + 22], "little")


def _zip64(reader: Reader, at: int) -> tuple[int, tuple[int, int, int, int]]:
    """Where the zip64 record begins, and its entries here, entries, directory size and offset."""
    _, disk, said, disks = LOCATOR.unpack(reader.read(at - LOCATOR.size, LOCATOR.size))
    if disk or disks > 1:
        raise Malformed("one of several disks")
    for first in (said, at - LOCATOR.size - END_RECORD_64.size):  # the second: where bytes stand before the archive
        record = reader.read(first, END_RECORD_64.size) if 0 <= first < at else b""
        if len(record) < END_RECORD_64.size or record[:4] != b"PK\x06\x06":
            continue
        _, size, _, _, disk, first_disk, *wide = END_RECORD_64.unpack(record)
        if disk or first_disk or first + 12 + size != at - LOCATOR.size:
            break
        return first, (wide[0], wide[1], wide[2], wide[3])
    raise Malformed("no whole zip64 record before its locator")


def _shift(reader: Reader, anatomy: Anatomy, end: int, size: int, first: int, count: int) -> int:
    """How many bytes stand before the archive. The directory meets the end record; else something lies between."""
    shift = end - size - first
    if shift < 0 or (size == 0) != (count == 0):
        raise Malformed("the directory is not where the end record says")
    if shift == 0:
        return 0
    if size and reader.read(first, 4) == b"PK\x01\x02":
        anatomy.mark(Trick.ARCHIVE_LIES, f"{shift} bytes between directory and end record")
        return 0
    anatomy.mark(Trick.SECOND_FORMAT, f"{shift} bytes before the archive")
    return shift


def _member(fields: tuple[int, ...], raw: bytes, extra: bytes, shift: int) -> ZipMember:
    flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
    attributes, at = fields[15], fields[16]
    extras = _extras(extra)
    size, packed, at = _widened((size, packed, at), extras.get(ZIP64, b""))
    name = text_of(raw, flags)
    return ZipMember(
        name=name,
        raw=raw,
        size=size,
        packed=packed,
        at=at + shift,
        method=method,
        flags=flags,
        crc=crc,
        kind=_kind(attributes >> 16, name),
        other_name=_other_name(raw, extras.get(UNICODE_PATH, b"")),
    )


def text_of(raw: bytes, flags: int) -> str:
    """A name: UTF-8 when the flag says so, else IBM's first code page (4.4.4, Appendix D)."""
    return raw.decode("utf-8", "replace") if flags & UTF_8 else raw.decode("cp437", "replace")


def _extras(extra: bytes) -> dict[int, bytes]:
    """The first extra field of each kind; what is too short for one is padding."""
    found, at = dict[int, bytes](), 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        found.setdefault(kind, extra[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _widened(values: tuple[int, int, int], extra: bytes) -> tuple[int, int, int]:
    """Size, packed size and offset; those that are saturated stand in the zip64 field, in this order (4.5.3)."""
    at, wide = 0, list(values)
    for number, value in enumerate(values):
        if value == LONG and at + 8 <= len(extra):
            wide[number] = int.from_bytes(extra[at : at + 8], "little")
            at += 8
    return wide[0], wide[1], wide[2]


def _kind(mode: int, name: str) -> Kind:
    """By the mode bits of Unix, whichever system the entry claims to come from: unpackers do not ask either.

    Bits that mean nothing are those of a file; Maven has written 0xFFFF for folders that it knew nothing of.
    """
    kind = KINDS.get(stat.S_IFMT(mode), Kind.FILE)
    return Kind.FOLDER if kind is Kind.FILE and name.endswith("/") else kind


def _other_name(raw: bytes, extra: bytes) -> str:
    """The name that some unpackers prefer: version 1, and the CRC of the name that it stands for (4.6.9)."""
    if len(extra) < 6 or extra[0] != 1 or int.from_bytes(extra[1:5], "little") != zlib.crc32(raw):
        return ""
    return extra[5:].decode("utf-8", "replace")
