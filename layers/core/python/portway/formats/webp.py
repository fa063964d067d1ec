"""WebP: one RIFF chunk with chunks in it. WebP container specification; VP8: RFC 6386, 9.1; VP8L: WebP lossless, 3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.edits import Kept, Piece
from portway.formats.cursor import Cursor
from portway.formats.metadata import MAX_TEXT, minimal_exif, note_exif, note_xmp, orientation_of
from portway.formats.pixels import Frames, check, measure
from portway.formats.polyglots import look_around, look_at_text
from portway.reader import Reader

HEAD = 12
MAX_CHUNKS = 100_000
PICTURES = frozenset({b"VP8 ", b"VP8L", b"VP8X"})
PUBLISHED = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
EXIF_FLAG, XMP_FLAG, ANIMATED = 0x08, 0x04, 0x02


@dataclass(frozen=True, slots=True)
class Chunk:
    """`body` is the offset of its data, `end` that behind its padding."""

    kind: bytes
    body: int
    length: int

    @property
    def at(self) -> int:
        return self.body - 8

    @property
    def end(self) -> int:
        return self.body + self.length + self.length % 2


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: width, height, frames, is_animated, has_exif, has_xmp, orientation."""
    anatomy, cursor, frames, kinds = Anatomy(), Cursor(reader), Frames(), list[bytes]()
    end = _end(cursor)
    for chunk in chunks(cursor, end):
        if not kinds and chunk.kind not in PICTURES:
            raise Malformed(f"{chunk.kind!r} comes first")
        _look_at(chunk, cursor, anatomy, bounds, frames, is_first=not kinds)
        kinds.append(chunk.kind)
    if not {b"VP8 ", b"VP8L", b"ANMF"} & set(kinds):
        raise Malformed("no pixels")
    frames.measure(anatomy, bounds)
    if end < reader.size:
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes behind the RIFF chunk")
    look_around(anatomy, reader)
    return anatomy


def strip(reader: Reader) -> Iterator[Piece]:
    """The chunks that say how pixels look; of EXIF only how to turn the picture. Size and flags are told anew."""
    cursor = Cursor(reader)
    kept, exif = list[Chunk](), b""
    for chunk in chunks(cursor, _end(cursor)):
        if chunk.kind in PUBLISHED:
            kept.append(chunk)
        elif chunk.kind == b"EXIF" and not exif:
            exif = _turned(cursor.take(min(chunk.length, MAX_TEXT)))
    size = 4 + len(exif) + sum(chunk.end - chunk.at for chunk in kept)
    yield b"RIFF" + size.to_bytes(4, "little") + b"WEBP"
    for chunk in kept:
        if chunk.kind == b"VP8X":
            flags = reader.read(chunk.body, 1)[0] & ~(EXIF_FLAG | XMP_FLAG) | (EXIF_FLAG if exif else 0)
            yield reader.read(chunk.at, 8) + bytes((flags,))
            yield Kept(chunk.body + 1, chunk.end - chunk.body - 1)
        else:
            yield Kept(chunk.at, chunk.end - chunk.at)
    yield exif


def chunks(cursor: Cursor, end: int) -> Iterator[Chunk]:
    """Those that tile the RIFF chunk, with the cursor at the data of each."""
    for _ in range(MAX_CHUNKS):
        if cursor.at == end:
            return
        kind, length = cursor.take(4), int.from_bytes(cursor.take(4), "little")
        chunk = Chunk(kind, cursor.at, length)
        if kind == b"VP8X" and length < 10:
            raise Malformed(f"a VP8X of {length} bytes at {chunk.at}")
        if chunk.end > end:
            raise Malformed(f"chunk {kind!r} at {chunk.at} ends {chunk.end - end} bytes behind the RIFF chunk")
        yield chunk
        cursor.skip(chunk.end - cursor.at)
    raise Malformed(f"more than {MAX_CHUNKS} chunks")


def _end(cursor: Cursor) -> int:
    """The offset behind the RIFF chunk, with the cursor at the first chunk in it."""
    head = cursor.take(HEAD)
    end = 8 + int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or head[8:] != b"WEBP" or end < HEAD or end % 2:
        raise Malformed("no WebP header")
    if end > cursor.reader.size:
        raise Malformed(f"the file ends {end - cursor.reader.size} bytes too early")
    return end


def _look_at(chunk: Chunk, cursor: Cursor, anatomy: Anatomy, bounds: Bounds, frames: Frames, is_first: bool) -> None:
    kind = chunk.kind
    if kind in PICTURES:
        width, height = _size(chunk, cursor.take(min(10, chunk.length)))
        if is_first:
            measure(anatomy, bounds, width, height)
        check(anatomy, bounds, width, height)
    elif kind == b"ANMF":
        head = cursor.take(min(12, chunk.length))
        frames.add(1 + int.from_bytes(head[6:9], "little"), 1 + int.from_bytes(head[9:12], "little"))
    elif kind == b"EXIF":
        first = chunk.body + (6 if cursor.reader.read(chunk.body, 6) == b"Exif\0\0" else 0)
        size = max(0, chunk.body + chunk.length - first)
        read = cursor.reader.read
        note_exif(anatomy, bounds, lambda at, length: read(first + at, min(length, max(0, size - at))), size)
    elif kind == b"XMP ":
        note_xmp(anatomy, bounds, cursor.reader.read(chunk.body, min(chunk.length, MAX_TEXT)))
    elif kind not in PUBLISHED:
        look_at_text(anatomy, cursor.reader.read(chunk.body, min(chunk.length, MAX_TEXT)), f"chunk {kind!r}")


def _size(chunk: Chunk, head: bytes) -> tuple[int, int]:
    """Width and height of the canvas, or of the picture on it."""
    if chunk.kind == b"VP8X" and len(head) == 10:
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if chunk.kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a" and len(head) == 10:
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    if chunk.kind == b"VP8L" and head[:1] == b"\x2f" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise Malformed(f"no picture in {chunk.kind!r}")


def _turned(data: bytes) -> bytes:
    """A chunk with how to turn the picture; none where it is upright."""
    turned = orientation_of(data.removeprefix(b"Exif\0\0"))
    exif = minimal_exif(turned)
    return b"EXIF" + len(exif).to_bytes(4, "little") + exif if turned > 1 else b""
