"""Leaving metadata out of what is published: same pixels, no place, no texts, no thumbnails. One function by type.

What cannot be left out of a file of some type is never published in spite of a policy that wants it left out: the
finding is one for review then (portway.pipeline).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from portway.content import Malformed
from portway.edits import Edit, Piece, joined, size
from portway.formats import later
from portway.reader import Reader

Strip = Callable[[Reader], Iterable[Piece]]
"""What is published of a file. Malformed where its metadata cannot be told from the rest."""
STRIPS: Mapping[str, Strip] = {
    "image/avif": later("heif", "strip"),
    "image/gif": later("gif", "strip"),
    "image/heic": later("heif", "strip"),
    "image/heif": later("heif", "strip"),
    "image/jpeg": later("jpeg", "strip"),
    "image/png": later("png", "strip"),
    "image/tiff": later("tiff", "strip"),
    "image/webp": later("webp", "strip"),
}
MAX_PIECES, MAX_SIZE = 1_000, 1 << 30
"""Each kept stretch is a request when the file is published, and all of it goes through one PUT of one function."""


class Unstrippable(Exception):
    """Nobody here knows how to leave the metadata out of this file."""


def stripped(reader: Reader, content_type: str) -> Edit:
    """The file without its metadata. Unstrippable where that cannot be; stripping twice changes nothing more."""
    strip = STRIPS.get(content_type)
    if strip is None:
        raise Unstrippable(content_type)
    try:
        edit = joined(strip(reader))
    except Malformed as error:
        raise Unstrippable(str(error)) from error
    if len(edit) > MAX_PIECES or size(edit) > MAX_SIZE:
        raise Unstrippable(f"{len(edit)} pieces, {size(edit)} bytes")
    return edit


def is_strippable(reader: Reader, content_type: str) -> bool:
    try:
        return bool(stripped(reader, content_type))
    except Unstrippable:
        return False
