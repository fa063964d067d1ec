"""Tags at both ends of sound files: ID3v2 (id3.org, ID3v2.3.0 and ID3v2.4.0), ID3v1, APEv2, Lyrics3v2."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.strangers import look_at_padding, stranger
from portway.formats.tags import enough, note_text
from portway.reader import Reader

MAX_TAGS, MAX_FRAMES, MAX_UNSYNCHRONISED = 8, 5_000, 1 << 20
PICTURES, OBJECTS = ("APIC", "PIC"), ("GEOB", "GEO", "PRIV", "MCDI", "UFID", "UFI")
TEXTS = ("COMM", "COM", "USLT", "ULT")
LINKS = ("WCOM", "WCOP", "WOAF", "WOAR", "WOAS", "WORS", "WPAY", "WPUB", "WAF", "WAR", "WAS", "WCM", "WCP", "WPB")
ENCODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
UNSYNCHRONISED, EXTENDED, FOOTER = 0x80, 0x40, 0x10

Peek = Callable[[int, int], bytes]


def skip_tags(reader: Reader, anatomy: Anatomy, bounds: Bounds) -> int:
    """Where the tags at the beginning end. Malformed when one reaches out of the file."""
    at = 0
    for _ in range(MAX_TAGS):
        head = reader.read(at, 10)
        if len(head) < 10 or head[:3] != b"ID3":
            return at
        end = at + 10 + syncsafe(head[6:10]) + (10 if head[5] & FOOTER else 0)
        if end > reader.size or max(head[6:10]) > 0x7F or head[3] not in (2, 3, 4):
            raise Malformed(f"an ID3 tag at {at} of version {head[3]} ends at {end}")
        look_at_tag(reader, anatomy, bounds, at, end)
        at = end
    raise Malformed(f"more than {MAX_TAGS} ID3 tags")


def syncsafe(data: bytes) -> int:
    """Four times seven bits."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(data, (21, 14, 7, 0), strict=True))


def look_at_tag(reader: Reader, anatomy: Anatomy, bounds: Bounds, at: int, end: int) -> None:
    """Mark what the frames of a tag hold, and its padding."""
    head = reader.read(at, 10)
    version, flags = head[3], head[5]
    at += 10
    peek: Peek = partial(_within, reader, at, end)
    length = end - at - (10 if flags & FOOTER else 0)
    if flags & UNSYNCHRONISED and version < 4:
        data = reader.read(at, min(length, MAX_UNSYNCHRONISED)).replace(b"\xff\0", b"\xff")
        peek, length = lambda first, count: data[first : first + count], len(data)
    first = _extended(peek, version) if flags & EXTENDED and version > 2 else 0
    rest = _frames(peek, first, length, version, anatomy, bounds)
    if peek(rest, 1) and stranger(peek(rest, min(length - rest, 16 << 10)).lstrip(b"\0")):
        anatomy.mark(Trick.SECOND_FORMAT, f"a file in the padding of an ID3 tag, at {at + rest}")


def _within(reader: Reader, begin: int, end: int, first: int, length: int) -> bytes:
    return reader.read(begin + first, min(length, end - begin - first))


def _extended(peek: Peek, version: int) -> int:
    """Bytes of the extended header; its size counts itself from version 4 on."""
    size = peek(0, 4).ljust(4, b"\0")
    return syncsafe(size) if version == 4 else 4 + int.from_bytes(size)


def _frames(peek: Peek, at: int, length: int, version: int, anatomy: Anatomy, bounds: Bounds) -> int:
    """Where the frames end and the padding begins."""
    wide = 6 if version == 2 else 10
    for _ in range(MAX_FRAMES):
        head = peek(at, wide)
        name = head[: 3 if version == 2 else 4]
        if len(head) < wide or at + wide > length or not (name.isalnum() and name.isascii() and name.isupper()):
            return at
        size = _size(head, version)
        if at + wide + size > length:
            return at
        _frame(name.decode(), peek, at + wide, size, anatomy, bounds)
        at += wide + size
    raise Malformed(f"more than {MAX_FRAMES} frames in an ID3 tag")


def _size(head: bytes, version: int) -> int:
    if version == 2:
        return int.from_bytes(head[3:6])
    return syncsafe(head[4:8]) if version == 4 else int.from_bytes(head[4:8])


def _frame(name: str, peek: Peek, at: int, size: int, anatomy: Anatomy, bounds: Bounds) -> None:
    if name in PICTURES or name in OBJECTS:
        data = peek(at, min(size, 16 << 10))
        if stranger(data, _starts(data)):
            anatomy.mark(Trick.EMBEDDED_OBJECT, f"{name} of an ID3 tag")
    elif name in TEXTS or name in LINKS or name.startswith(("T", "W")):
        data = peek(at, min(size, enough(bounds)))
        encoding = "latin-1" if name in LINKS else ENCODINGS.get(data[0] if data else 0, "latin-1")
        first = 4 if name in TEXTS else 0 if name in LINKS else 1  # encoding and language stand before a text
        note_text(anatomy, bounds, f"{name} of an ID3 tag", data[first:].decode(encoding, "replace"))


def _starts(data: bytes) -> list[int]:
    """Where the content of a picture or an object may begin: at once, or behind one of its first texts."""
    found, at = [0], 0
    for _ in range(8):
        at = data.find(b"\0", at) + 1
        if not at:
            break
        found += [at, at + 1]
    return found


def strip_tags(reader: Reader, anatomy: Anatomy, bounds: Bounds, first: int) -> int:
    """Where the sound ends: the tags behind it are part of the file."""
    end = reader.size
    for _ in range(MAX_TAGS):
        length = next((length for length in (look(reader, end, anatomy, bounds) for look in ENDINGS) if length), 0)
        if not length or end - length < first:
            return end
        end -= length
    return end


def _version_1(reader: Reader, end: int, *_: object) -> int:
    return 128 if end >= 128 and reader.read(end - 128, 3) == b"TAG" else 0


def _enhanced(reader: Reader, end: int, *_: object) -> int:
    return 227 if end >= 227 and reader.read(end - 227, 4) == b"TAG+" else 0


def _appended(reader: Reader, end: int, anatomy: Anatomy, bounds: Bounds) -> int:
    """ID3v2.4 behind the sound, found by its footer (section 3.4)."""
    foot = reader.read(end - 10, 10) if end >= 20 else b""
    length = 20 + syncsafe(foot[6:10]) if foot[:3] == b"3DI" else 0
    if not length or length > end:
        return 0
    look_at_tag(reader, anatomy, bounds, end - length, end)
    return length


def _ape(reader: Reader, end: int, anatomy: Anatomy, bounds: Bounds) -> int:
    """APEv2 by its footer: version, size with footer, items, flags (wiki.hydrogenaud.io, "APEv2 specification")."""
    foot = reader.read(end - 32, 32) if end >= 32 else b""
    if foot[:8] != b"APETAGEX":
        return 0
    size, flags = int.from_bytes(foot[12:16], "little"), int.from_bytes(foot[20:24], "little")
    length = size + (32 if flags >> 31 else 0)
    if not 32 <= length <= end or (flags >> 31 and reader.read(end - length, 8) != foot[:8]):
        return 0
    at, stop = end - size, end - 32
    for _ in range(min(int.from_bytes(foot[16:20], "little"), MAX_FRAMES)):
        head = reader.read(at, 8 + 256)
        count, name = int.from_bytes(head[:4], "little"), head[8:].partition(b"\0")[0]
        first = at + 9 + len(name)
        if first + count > stop:
            break
        if head[4:5] and head[4] & 6 == 2:
            look_at_padding(reader, anatomy, first, first + count, "an APE tag", Trick.EMBEDDED_OBJECT)
        else:
            text = reader.read(first, min(count, enough(bounds))).decode("utf-8", "replace")
            note_text(anatomy, bounds, "an APE tag", text)
        at = first + count
    return length


def _lyrics(reader: Reader, end: int, *_: object) -> int:
    """Lyrics3v2: six digits and a mark at its end (id3.org, "Lyrics3 v2.00")."""
    foot = reader.read(end - 15, 15) if end >= 15 else b""
    length = int(foot[:6]) + 15 if foot[6:] == b"LYRICS200" and foot[:6].isdigit() else 0
    return length if length and length <= end and reader.read(end - length, 11) == b"LYRICSBEGIN" else 0


ENDINGS = (_version_1, _enhanced, _ape, _lyrics, _appended)
