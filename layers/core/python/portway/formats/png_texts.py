"""Texts in PNG: tEXt, zTXt, iTXt. W3C Portable Network Graphics (Third Edition), section 11.3.3.

XMP is an iTXt (XMP specification part 3, section 1.1.5). ImageMagick writes EXIF and XMP as texts of hex digits.
"""

from __future__ import annotations

import zlib

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.metadata import MAX_TEXT, XMP_GPS, note_exif_bytes, note_text, note_xmp
from portway.reader import Reader

TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
XMP = b"XML:com.adobe.xmp"
RAW_EXIF = frozenset({b"Raw profile type exif", b"Raw profile type APP1"})
RAW_XMP = b"Raw profile type xmp"


def note(kind: bytes, data: bytes, anatomy: Anatomy, bounds: Bounds, reader: Reader) -> None:
    """Keyword and text of one chunk."""
    keyword, _, rest = data.partition(b"\0")
    text = _international(rest, reader) if kind == b"iTXt" else rest
    if kind == b"zTXt":
        text = _unpacked(rest[1:], reader)
    if keyword == XMP:
        note_xmp(anatomy, bounds, text)
    elif keyword in RAW_EXIF:
        raw = _raw(text)
        if raw.startswith(b"http://ns.adobe.com/xap"):
            note_xmp(anatomy, bounds, raw)
        else:
            note_exif_bytes(anatomy, bounds, raw.removeprefix(b"Exif\0\0"))
    elif keyword == RAW_XMP:
        note_xmp(anatomy, bounds, _raw(text))
    elif not keyword.startswith(b"Raw profile type"):
        if XMP_GPS.search(keyword):  # `exif:GPSLatitude`, by older ImageMagick
            anatomy.mark(Trick.LOCATION, f"a position in {kind.decode()}")
        length = len(text.decode("utf-8", "replace")) if kind == b"iTXt" else None
        note_text(anatomy, bounds, text, f"{kind.decode()} {keyword[:79]!r}", length)


def _international(rest: bytes, reader: Reader) -> bytes:
    """The text behind compression flag, method, language and translated keyword."""
    fields = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(fields) < 3:
        raise Malformed("an iTXt without its fields")
    return _unpacked(fields[2], reader) if rest[0] else fields[2]


def _unpacked(data: bytes, reader: Reader) -> bytes:
    """At most MAX_TEXT bytes of it."""
    try:
        text = zlib.decompressobj().decompress(data, MAX_TEXT)
    except zlib.error as error:
        raise Malformed("a text that does not unpack") from error
    reader.unpack(len(text))
    return text


def _raw(text: bytes) -> bytes:
    """The bytes of a "raw profile": a name, a length, and hexadecimal digits in lines."""
    digits = b"".join(text.split()[2:])
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""
