"""JPEG: segments by length, entropy-coded data by its markers, to EOI. ITU-T T.81, annex B; JFIF (T.871), Exif.

What phones put behind the first picture is in jpeg_more.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.edits import Kept, Piece
from portway.formats.cursor import Cursor
from portway.formats.jpeg_more import Declared, end_of_file
from portway.formats.metadata import minimal_exif, note_exif_bytes, note_text, note_xmp, orientation_of
from portway.formats.pixels import measure
from portway.formats.polyglots import look_around, look_at_text
from portway.reader import Reader

SOI, EOI, SOS, COM, APP0, APP1, APP2, APP14 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xE1, 0xE2, 0xEE
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start of frame, of every coding process."""
SEGMENTS = frozenset(range(0xC0, 0xFF)) - {0xC8, SOI, EOI, *range(0xD0, 0xD8), *range(0xF0, 0xFE)}
"""Markers with a length behind them (table B.1), less those that are reserved."""
MAX_SEGMENTS = 100_000
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What ends entropy-coded data: no stuffed byte, no fill byte, no restart (B.1.1.5)."""
NO_FILL = re.compile(rb"[^\xff]")
EXIF, XMP, MORE_XMP, MPF, ICC = (
    b"Exif\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
    b"MPF\0",
    b"ICC_PROFILE\0",
)
MORE_XMP_HEAD = len(MORE_XMP) + 40
"""Signature, GUID, length and offset of a part of an extended XMP packet (XMP part 3, section 1.1.3.1)."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`at` is where its marker begins, `end` is behind it, with SOS behind the entropy-coded data."""

    marker: int
    at: int
    end: int
    data: bytes = field(default=b"", repr=False)


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: width, height, bits_per_pixel, has_exif, has_xmp, orientation, more_pictures, has_video."""
    anatomy, declared, cursor = Anatomy(), Declared(), Cursor(reader)
    look_at_picture(cursor, anatomy, bounds, declared)
    anatomy.facts |= declared.facts
    more = Anatomy()
    end = end_of_file(reader, cursor.at, declared, lambda at: _another(Cursor(reader, at), more, bounds))
    for mark in more.marks:
        anatomy.mark(mark.trick, f"{mark.detail}, in a further picture")
    if end < reader.size:
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes that nothing declares, from {end}")
    look_around(anatomy, reader)
    return anatomy


def strip(reader: Reader) -> Iterator[Piece]:
    """The first picture, with JFIF, ICC profile and Adobe's colour transform; of EXIF only how to turn it."""
    turned = 1
    for segment in segments(Cursor(reader)):
        if segment.marker == APP1 and segment.data.startswith(EXIF) and turned == 1:
            turned = orientation_of(segment.data[6:])
            exif = b"Exif\0\0" + minimal_exif(turned)
            yield b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif if turned > 1 else b""
        elif _is_published(segment):
            yield Kept(segment.at, segment.end - segment.at)


def look_at_picture(cursor: Cursor, anatomy: Anatomy, bounds: Bounds, declared: Declared) -> None:
    """One picture from SOI to EOI, with the cursor behind it."""
    seen = set[int]()
    for segment in segments(cursor):
        marker = segment.marker
        if marker in FRAMES:
            if seen & FRAMES:
                raise Malformed(f"a second frame at {segment.at}")
            _look_at_frame(segment.data, anatomy, bounds)
        elif marker == SOS and not seen & FRAMES:
            raise Malformed(f"a scan before the frame at {segment.at}")
        elif marker == COM:
            note_text(anatomy, bounds, segment.data, "a comment")
        elif APP0 <= marker <= 0xEF:
            _look_at_application(segment, anatomy, bounds, declared)
        seen.add(marker)
    if SOS not in seen:
        raise Malformed("no pixels")


def segments(cursor: Cursor) -> Iterator[Segment]:
    """From SOI to EOI, both included."""
    if cursor.take(2) != b"\xff\xd8":
        raise Malformed(f"no picture at {cursor.at - 2}")
    yield Segment(SOI, cursor.at - 2, cursor.at)
    for _ in range(MAX_SEGMENTS):
        at, prefix = cursor.at, cursor.number(1)
        cursor.find(NO_FILL, 1)
        marker = cursor.number(1)
        if marker == EOI and prefix == 0xFF:
            yield Segment(EOI, at, cursor.at)
            return
        length = cursor.number(2)
        if prefix != 0xFF or marker not in SEGMENTS or length < 2:
            raise Malformed(f"no segment at {at}")
        data = cursor.take(length - 2)
        if marker == SOS:
            cursor.find(MARKER, 2)
        yield Segment(marker, at, cursor.at, data)
    raise Malformed(f"more than {MAX_SEGMENTS} segments")


def _look_at_frame(data: bytes, anatomy: Anatomy, bounds: Bounds) -> None:
    """Precision, height, width, components (B.2.2)."""
    if len(data) < 9 or len(data) != 6 + 3 * data[5]:
        raise Malformed("a frame header of a wrong length")
    measure(anatomy, bounds, int.from_bytes(data[3:5]), int.from_bytes(data[1:3]))
    anatomy.facts["bits_per_pixel"] = data[0] * data[5]


def _look_at_application(segment: Segment, anatomy: Anatomy, bounds: Bounds, declared: Declared) -> None:
    marker, data = segment.marker, segment.data
    if marker == APP1 and data.startswith(EXIF):
        note_exif_bytes(anatomy, bounds, data[6:])
    elif marker == APP1 and data.startswith(XMP):
        note_xmp(anatomy, bounds, data[len(XMP) :])
        declared.read_xmp(data)
    elif marker == APP1 and data.startswith(MORE_XMP):
        note_xmp(anatomy, bounds, data[MORE_XMP_HEAD:])
    elif marker == APP2 and data.startswith(MPF):
        declared.read_index(data[len(MPF) :])
    look_at_text(anatomy, data, f"segment {marker:#x} at {segment.at}")


def _another(cursor: Cursor, anatomy: Anatomy, bounds: Bounds) -> int:
    """The end of a further picture; what it declares has been declared by the first."""
    look_at_picture(cursor, anatomy, bounds, Declared())
    return cursor.at


def _is_published(segment: Segment) -> bool:
    if segment.marker == APP2:
        return segment.data.startswith(ICC)
    return segment.marker in (APP0, APP14) or not (segment.marker == COM or APP0 <= segment.marker <= 0xEF)
