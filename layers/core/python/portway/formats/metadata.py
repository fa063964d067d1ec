"""What pictures say about themselves, whatever their format: EXIF, XMP and plain texts. Facts, places, long texts.

EXIF: CIPA DC-008 (Exif 3.0), section 4.6. XMP: ISO 16684-1; Exif's properties in it: CIPA DC-010.
"""

from __future__ import annotations

import re

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.directories import GPS_IFD, TEXT_TYPES, Directories, Directory, Read
from portway.formats.polyglots import look_at_text

MAX_TEXT = 1 << 20
"""Bytes of one text that are looked into; a longer one is too long by every policy."""
ORIENTATION = 0x0112
POSITIONS = (0x02, 0x04, 0x14, 0x16)
"""Latitude and longitude, of the camera and of what it was aimed at."""
WIDE_TEXTS = range(0x9C9B, 0x9CA0)
"""Title, comment, author, keywords, subject: UTF-16 in bytes."""
USER_COMMENT = 0x9286
XMP_GPS = re.compile(rb"GPS(?:Dest)?(?:Latitude|Longitude)\b")
XMP_VALUE = re.compile(rb""">([^<>]{32,})<|"([^"<>]{32,})"|'([^'<>]{32,})'""")
ENCODED = re.compile(rb"(?:[A-Za-z0-9+/=\s]|&#x[0-9A-Fa-f]{1,2};)+")
"""Base64: a thumbnail, no text."""
SPACES = re.compile(rb"\s+")


def note_text(anatomy: Anatomy, bounds: Bounds, data: bytes, where: str, length: int | None = None) -> None:
    """A comment or caption; `length` is in characters, where that is not the number of bytes."""
    characters = len(data) if length is None else length
    if characters > bounds.metadata_text:
        anatomy.mark(Trick.METADATA_OVERSIZED, f"{characters} characters in {where}")
    look_at_text(anatomy, data, where)


def note_xmp(anatomy: Anatomy, bounds: Bounds, data: bytes) -> None:
    """An XMP packet, or a part of one, in UTF-8 or UTF-16. Its values are the texts, not the packet."""
    plain = data.replace(b"\0", b"")
    anatomy.facts["has_xmp"] = True
    if XMP_GPS.search(plain):
        anatomy.mark(Trick.LOCATION, "GPS properties in XMP")
    for match in XMP_VALUE.finditer(plain):
        value = next(filter(None, match.groups())).strip()
        if len(SPACES.sub(b" ", value)) > bounds.metadata_text and (b" " in value or not ENCODED.fullmatch(value)):
            anatomy.mark(Trick.METADATA_OVERSIZED, f"{len(value)} characters in XMP")
    look_at_text(anatomy, plain, "XMP")


def note_exif(anatomy: Anatomy, bounds: Bounds, read: Read, size: int) -> None:
    """Facts: has_exif, orientation. What cannot be read says nothing: readers pass over it, too."""
    anatomy.facts["has_exif"] = True
    try:
        note_directories(anatomy, bounds, Directories(read, size, is_lenient=True))
    except Malformed:
        return


def note_exif_bytes(anatomy: Anatomy, bounds: Bounds, data: bytes) -> None:
    note_exif(anatomy, bounds, lambda at, length: data[at : at + length], len(data))


def orientation_of(data: bytes) -> int:
    """How the picture is to be turned, 1 to 8; 1 where EXIF does not say it."""
    anatomy = Anatomy()
    note_exif_bytes(anatomy, Bounds(), data)
    turned = anatomy.facts.get("orientation", 1)
    return turned if isinstance(turned, int) else 1


def minimal_exif(orientation: int) -> bytes:
    """EXIF that says how the picture is to be turned, and nothing else."""
    entry = b"\x01\x12\0\x03\0\0\0\x01" + orientation.to_bytes(2) + b"\0\0"
    return b"MM\0*\0\0\0\x08\0\x01" + entry + bytes(4)


def note_directories(anatomy: Anatomy, bounds: Bounds, tiff: Directories) -> None:
    """Texts and places in all of them; the first one says how the picture is to be turned."""
    for number, (lead, directory) in enumerate(tiff.tree()):
        if number == 0:
            note_orientation(anatomy, tiff, directory)
        if lead == GPS_IFD and directory.get(*POSITIONS):
            anatomy.mark(Trick.LOCATION, "a position in EXIF")
        note_texts(anatomy, bounds, tiff, directory)


def note_orientation(anatomy: Anatomy, tiff: Directories, directory: Directory) -> None:
    turned = tiff.number(directory.get(ORIENTATION), 1)
    if 1 < turned <= 8:
        anatomy.facts["orientation"] = turned


def note_texts(anatomy: Anatomy, bounds: Bounds, tiff: Directories, directory: Directory) -> None:
    for entry in directory.entries:
        if entry.kind in TEXT_TYPES or entry.tag == USER_COMMENT or entry.tag in WIDE_TEXTS:
            data = tiff.text(entry, MAX_TEXT)
            text = data.rstrip(b"\0 ")
            length = max(len(text), entry.length if entry.length > MAX_TEXT else 0)
            length = (length + 1) // 2 if entry.tag in WIDE_TEXTS else length
            note_text(anatomy, bounds, text.replace(b"\0", b""), f"tag {entry.tag:#06x}", length)
