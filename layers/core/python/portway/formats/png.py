"""PNG: signature, chunks by length to IEND. W3C Portable Network Graphics (Third Edition), sections 5 and 11."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.edits import Kept, Piece
from portway.formats import png_texts
from portway.formats.cursor import Cursor
from portway.formats.metadata import minimal_exif, note_exif, note_exif_bytes, orientation_of
from portway.formats.pixels import Frames, measure
from portway.formats.polyglots import look_around, look_at_text
from portway.reader import Reader

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 100_000
CHECKED = 64 << 10
"""Chunks up to this length have their CRC proved, but for pixels: those may pass by unread."""
PIXELS = frozenset({b"IDAT", b"fdAT"})
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits of a sample by colour type (table 11.1)."""
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PUBLISHED = frozenset(
    b"tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()  # how pixels look
)
"""Chunks that are kept when metadata are left out, beside the critical ones."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`at` is where it begins, `length` that of its data, `end` the offset behind its CRC."""

    kind: bytes
    at: int
    length: int

    @property
    def end(self) -> int:
        return self.at + 12 + self.length


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: width, height, bits_per_pixel, frames, is_animated, has_exif, has_xmp, orientation."""
    anatomy, cursor, frames, end, seen = Anatomy(), Cursor(reader), Frames(), 0, set[bytes]()
    for chunk in chunks(cursor):
        if (chunk.at == len(SIGNATURE)) != (chunk.kind == b"IHDR"):
            raise Malformed(f"chunk {chunk.kind!r} at {chunk.at}: IHDR comes first, and once")
        if chunk.length <= CHECKED and chunk.kind not in PIXELS:
            _look_into(chunk, data_of(cursor, chunk), anatomy, bounds, frames, reader)
        elif chunk.kind == b"eXIf":
            note_exif(anatomy, bounds, partial(_part, reader, chunk), chunk.length)
        elif chunk.kind in png_texts.TEXTS:
            anatomy.mark(Trick.METADATA_OVERSIZED, f"{chunk.length} bytes in {chunk.kind!r}")
        seen.add(chunk.kind)
        end = chunk.end
    if b"IDAT" not in seen:
        raise Malformed("no pixels")
    frames.measure(anatomy, bounds)
    if end < reader.size:
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes behind IEND")
    look_around(anatomy, reader)
    return anatomy


def strip(reader: Reader) -> Iterator[Piece]:
    """Critical chunks and those that say how pixels look; of EXIF only how to turn the picture."""
    cursor = Cursor(reader)
    yield Kept(0, len(SIGNATURE))
    for chunk in chunks(cursor):
        if chunk.kind[:1].isupper() or chunk.kind in PUBLISHED:
            yield Kept(chunk.at, chunk.end - chunk.at)
        elif chunk.kind == b"eXIf" and chunk.length <= CHECKED:
            turned = orientation_of(data_of(cursor, chunk))
            yield _written(b"eXIf", minimal_exif(turned)) if turned > 1 else b""


def chunks(cursor: Cursor) -> Iterator[Chunk]:
    """Each chunk to IEND, with the cursor at its data."""
    if cursor.take(len(SIGNATURE)) != SIGNATURE:
        raise Malformed("no PNG signature")
    for _ in range(MAX_CHUNKS):
        length, kind = cursor.number(4), cursor.take(4)
        chunk = Chunk(kind, cursor.at - 8, length)
        if not (kind.isalpha() and kind.isascii()):
            raise Malformed(f"no chunk at {chunk.at}")
        yield chunk
        cursor.skip(chunk.end - cursor.at)
        if kind == b"IEND":
            return
    raise Malformed(f"more than {MAX_CHUNKS} chunks")


def data_of(cursor: Cursor, chunk: Chunk) -> bytes:
    """The data of the chunk at which the cursor stands, with their CRC proved."""
    data = cursor.take(chunk.length)
    if zlib.crc32(chunk.kind + data) != cursor.number(4):
        raise Malformed(f"chunk {chunk.kind!r} at {chunk.at} is not as it was written")
    return data


def _look_into(chunk: Chunk, data: bytes, anatomy: Anatomy, bounds: Bounds, frames: Frames, reader: Reader) -> None:
    if chunk.kind == b"IHDR":
        _look_at_header(data, anatomy, bounds)
    elif chunk.kind == b"acTL":
        anatomy.facts["is_animated"] = True
    elif chunk.kind == b"fcTL":
        frames.add(int.from_bytes(data[4:8]), int.from_bytes(data[8:12]))
    elif chunk.kind == b"eXIf":
        note_exif_bytes(anatomy, bounds, data)
    elif chunk.kind in png_texts.TEXTS:
        png_texts.note(chunk.kind, data, anatomy, bounds, reader)
    elif chunk.kind[:1].islower() and chunk.kind not in PUBLISHED:
        look_at_text(anatomy, data, f"chunk {chunk.kind!r} at {chunk.at}")


def _part(reader: Reader, chunk: Chunk, at: int, length: int) -> bytes:
    """A stretch of the chunk's data."""
    return reader.read(chunk.at + 8 + at, max(0, min(length, chunk.length - at)))


def _look_at_header(data: bytes, anatomy: Anatomy, bounds: Bounds) -> None:
    if len(data) != 13 or data[8] not in DEPTHS.get(data[9], ()) or data[10:12] != b"\0\0" or data[12] > 1:
        raise Malformed("an IHDR that no PNG has")
    measure(anatomy, bounds, int.from_bytes(data[:4]), int.from_bytes(data[4:8]))
    anatomy.facts["bits_per_pixel"] = data[8] * CHANNELS[data[9]]


def _written(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
