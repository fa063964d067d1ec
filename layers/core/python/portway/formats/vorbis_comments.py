"""Comments of Vorbis, Opus, Theora and FLAC: NAME=text, counted. Vorbis I specification, section 5 (xiph.org)."""

from __future__ import annotations

import base64
import binascii

from portway.content import Anatomy, Bounds, Trick
from portway.formats.strangers import stranger
from portway.formats.tags import note_text

MAX_COMMENTS = 10_000
PLACES = ("LOCATION=", "GEO=", "GPS", "COM.APPLE.QUICKTIME.LOCATION")
PICTURE = "METADATA_BLOCK_PICTURE="


def look_at_comments(data: bytes, anatomy: Anatomy, bounds: Bounds) -> None:
    """Mark what the comments hold; what is cut off is not looked at."""
    at = 4 + int.from_bytes(data[:4], "little")
    count = int.from_bytes(data[at : at + 4], "little")
    at += 4
    for _ in range(min(count, MAX_COMMENTS)):
        length = int.from_bytes(data[at : at + 4], "little")
        if at + 4 > len(data):
            return
        text = data[at + 4 : at + 4 + length].decode("utf-8", "replace")
        _comment(text, anatomy, bounds)
        at += 4 + length


def _comment(text: str, anatomy: Anatomy, bounds: Bounds) -> None:
    name = text[: len(PICTURE)].upper()
    if name == PICTURE:
        look_at_picture(_decoded(text[len(PICTURE) :]), anatomy)
    else:
        note_text(anatomy, bounds, "a comment", text)
    if name.startswith(PLACES):
        anatomy.mark(Trick.LOCATION, f"a comment {text.partition('=')[0][:40]}")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text[: 32 << 10])
    except (binascii.Error, ValueError):
        return b""


def look_at_picture(data: bytes, anatomy: Anatomy) -> None:
    """Mark what is no picture in a picture block (RFC 9639, section 8.8)."""
    at = 8 + int.from_bytes(data[4:8])
    at += 4 + int.from_bytes(data[at : at + 4]) + 20
    what = stranger(data[at : at + (16 << 10)])
    if what:
        anatomy.mark(Trick.EMBEDDED_OBJECT, f"{what} as a picture")
