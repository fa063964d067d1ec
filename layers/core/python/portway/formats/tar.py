"""Tar: headers of 512 bytes with a checksum, data in blocks, zeros at the end. POSIX.1-2017 pax, "ustar Interchange
Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format" (long names, sparse files, base-256 numbers).

Read from header to header, over ranges of a file or inside a compressed stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.members import HEAD, NAME_CHARACTERS, Contents, Kind, Member
from portway.formats.signatures import MARKUP, binary_of
from portway.reader import Reader

BLOCK = 512
MOST_EXTENDED = 1 << 20
"""Bytes of a pax header or a long name."""
PADDING = 1 << 20
"""Zeros behind the end: writers fill up to their record size, usually 10 KiB."""
REQUESTS = 2_000
"""After so many ranges the rest is not looked into: members of a large archive lie far apart."""
KINDS = {
    **dict.fromkeys(b"\x000 7S", Kind.FILE),
    **dict.fromkeys(b"5D", Kind.FOLDER),
    **dict.fromkeys(b"12", Kind.LINK),
}
PAX, PAX_OF_SUN, PAX_GLOBAL, LONG_NAME, LONG_LINK, SPARSE = b"xXgLKS"
SATURATED = 8**11 - 1
NAMED = frozenset({b"path", b"linkpath", b"size", b"GNU.sparse.name"})
"""What a pax header says of one member only; some programs believe it of all that follow."""


class Source(Protocol):
    """Bytes from front to back. `take` gives fewer at the end."""

    at: int

    def take(self, length: int) -> bytes: ...
    def skip(self, length: int) -> None: ...


class Ranges:
    """A file by ranges: what is skipped is not read."""

    def __init__(self, reader: Reader) -> None:
        self.at, self._reader = 0, reader

    def take(self, length: int) -> bytes:
        data = self._reader.read(self.at, length)
        self.at += len(data)
        return data

    def skip(self, length: int) -> None:
        if self.at + length > self._reader.size:
            raise Malformed(f"a member goes on behind the end, from {self.at}")
        self.at += length


@dataclass(slots=True)
class Extended:
    """What the headers before a header say about it."""

    name: str | None = None
    size: int | None = None
    real_size: int | None = None


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: entries, unpacked_bytes, listing."""
    anatomy, source = Anatomy(), Ranges(reader)
    head = reader.head
    if len(head) < BLOCK or is_empty(head[:BLOCK]):
        raise Malformed("no header")
    if binary_of(head) or MARKUP.match(head):
        anatomy.mark(Trick.SECOND_FORMAT, f"it begins with {head[:20]!r}")
    contents = Contents(anatomy, bounds)
    for member in look(source, contents):
        if reader.requests > REQUESTS:
            anatomy.mark(Trick.UNSUPPORTED, f"only looked into up to {member.name[:NAME_CHARACTERS]!r}")
            break
    else:
        _judge_rest(reader, source.at, anatomy)
    contents.close()
    return anatomy


def look(source: Source, contents: Contents) -> Iterator[Member]:
    """Judges each member and hands it over; stops where there are too many."""
    for member in members(source, contents.anatomy):
        contents.add(member)
        if contents.count > contents.bounds.entries:
            contents.anatomy.mark(Trick.ARCHIVE_ENTRIES, f"over {contents.bounds.entries} entries")
            return
        if member.kind is Kind.FILE and member.packed:
            contents.look(member.name, source.take(min(HEAD, member.packed)))
        yield member


def members(source: Source, anatomy: Anatomy | None = None) -> Iterator[Member]:
    """Every member; its data may be taken while it is held. The source stands behind the first block of zeros then."""
    seen, known = anatomy or Anatomy(), Extended()
    while True:
        at, block = source.at, source.take(BLOCK)
        if len(block) < BLOCK:
            raise Malformed(f"no end, and no header at {at}")
        if is_empty(block):
            return
        size, flag = header_of(block, at), block[156]
        if flag in (PAX, PAX_OF_SUN, PAX_GLOBAL, LONG_NAME, LONG_LINK):
            _extend(known, flag, _data(source, size), seen)
            continue
        member = _member(block, flag, size, known, seen)
        if flag == SPARSE:
            _skip_map(source, bool(block[482]))
        start = source.at
        yield member
        source.skip(start + (member.packed or 0) - source.at)
        if not is_empty(source.take(-(member.packed or 0) % BLOCK)):
            seen.mark(Trick.ARCHIVE_LIES, f"bytes between {member.name[:NAME_CHARACTERS]!r} and what follows")
        known = Extended()


def _skip_map(source: Source, goes_on: bool) -> None:
    """The blocks between the header of an old GNU sparse file and its data."""
    while goes_on:
        block = source.take(BLOCK)
        if len(block) < BLOCK:
            raise Malformed("the map of a sparse file is cut off")
        goes_on = bool(block[504])


def header_of(block: bytes, at: int) -> int:
    """The size in a header. Malformed when its checksum is wrong; old writers summed signed bytes."""
    told = _number(block[148:156], at)
    blank = block[:148] + b" " * 8 + block[156:]
    total = sum(blank)
    if told not in (total, total - 256 * sum(byte > 127 for byte in blank)):
        raise Malformed(f"the header at {at} has another checksum")
    return _number(block[124:136], at)


def is_empty(block: bytes) -> bool:
    return not block.strip(b"\0")


def _member(block: bytes, flag: int, size: int, known: Extended, anatomy: Anatomy) -> Member:
    name = _name(block) if known.name is None else known.name
    kind = KINDS.get(flag, Kind.OTHER)
    if known.size is not None and size not in (0, SATURATED, known.size):
        anatomy.mark(Trick.ARCHIVE_LIES, f"{name[:NAME_CHARACTERS]!r} is {size} and {known.size} bytes")
    packed = size if known.size is None else known.size
    if kind is not Kind.FILE and packed:
        anatomy.mark(Trick.ARCHIVE_LIES, f"{name[:NAME_CHARACTERS]!r} is a {kind} of {packed} bytes")
        packed = 0
    real = _number(block[483:495], 0) if flag == SPARSE else known.real_size
    if kind is Kind.FILE and name.endswith("/"):
        kind = Kind.FOLDER
    return Member(name=name, size=packed if real is None else real, packed=packed, kind=kind)


def _name(block: bytes) -> str:
    name, prefix = block[:100].split(b"\0")[0], block[345:500].split(b"\0")[0]
    whole = prefix + b"/" + name if prefix and block[257:263] == b"ustar\0" else name
    return whole.decode("utf-8", "replace")


def _data(source: Source, size: int) -> bytes:
    if size > MOST_EXTENDED:
        raise Malformed(f"an extended header of {size} bytes")
    data = source.take(size)
    source.skip(-size % BLOCK)
    if len(data) < size:
        raise Malformed("an extended header is cut off")
    return data


def _extend(known: Extended, flag: int, data: bytes, anatomy: Anatomy) -> None:
    if flag == LONG_NAME:
        known.name = data.removesuffix(b"\0").decode("utf-8", "replace")
    if flag == PAX_GLOBAL and any(key in NAMED for key, _ in _records(data)):
        anatomy.mark(Trick.ARCHIVE_LIES, "a header for all members names one")
    if flag not in (PAX, PAX_OF_SUN):
        return
    for key, value in _records(data):
        if key in (b"path", b"GNU.sparse.name"):
            known.name = value.decode("utf-8", "replace")
        elif key == b"size":
            known.size = _decimal(value)
        elif key in (b"GNU.sparse.realsize", b"GNU.sparse.size"):
            known.real_size = _decimal(value)


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """`length key=value\\n`, the length being that of the whole record in decimal."""
    at = 0
    while at < len(data):
        digits = data[at : at + 20].split(b" ")[0]
        length = _decimal(digits)
        record = data[at + len(digits) + 1 : at + length]
        key, equals, value = record.partition(b"=")
        if length < 5 or at + length > len(data) or not equals or not value.endswith(b"\n"):
            raise Malformed("a pax header is not made of records")
        yield key, value[:-1]
        at += length


def _decimal(digits: bytes) -> int:
    if not (digits.isdigit() and len(digits) <= 20):
        raise Malformed(f"{digits[:20]!r} is no number")
    return int(digits)


def _number(field: bytes, at: int) -> int:
    """Octal digits, or base 256 behind a byte of 0x80."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:])
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if digits.strip(b"01234567"):
        raise Malformed(f"the header at {at} has {field!r} for a number")
    return int(digits, 8)


def _judge_rest(reader: Reader, at: int, anatomy: Anatomy) -> None:
    rest = reader.size - at
    if rest > PADDING or not is_empty(reader.read(at, rest)):
        anatomy.mark(Trick.TRAILING_DATA, f"{rest} bytes behind the end at {at}")
