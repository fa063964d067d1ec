"""Second files inside a file: in padding that no player reads, and over the whole of it.

Formats that are read from their first bytes need a padding that begins with them; a zip is found from its end (APPNOTE
4.3.16), a PDF within the first 1,024 bytes (ISO 32000-1, Annex H, note 13), a tar by a mark at offset 257.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from portway.content import Anatomy, Trick
from portway.formats.signatures import SIGNATURES, program_of
from portway.reader import BLOCK, Reader

LOOKED_AT = 16 << 10
"""Bytes of a padding that are looked at."""
PACKED = (
    "application/zip",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/gzip",
    "application/msword",
)
"""Archives and documents that are known by their first bytes."""
ANYWHERE = {
    "markup": re.compile(rb"<(!doctype\s+html|html|head|body|script|iframe|svg)[\s>/]|<\?php", re.IGNORECASE),
    "a PDF": re.compile(rb"%PDF-\d"),
}
"""What readers find behind other bytes as well."""
COMMENT, MAX_RECORDS, ZIP64 = 0xFFFF, 16, b"PK\x06\x07"
"""Bytes that may follow the end record of a zip, end records that are tried, and what precedes it in large zips."""


def stranger(data: bytes, starts: Sequence[int] = (0,)) -> str | None:
    """What these bytes would be to somebody who reads them as a file, from one of these offsets on; None if unknown."""
    begun = (found for at in starts if (found := _beginning(data[at : at + 4096])))
    return next(begun, None) or next((what for what, mark in ANYWHERE.items() if mark.search(data)), None)


def _beginning(data: bytes) -> str | None:
    return program_of(data) or next((kind for kind in PACKED if SIGNATURES[kind].match(data)), None)


def look_at_padding(
    reader: Reader, anatomy: Anatomy, first: int, end: int, where: str, trick: Trick = Trick.SECOND_FORMAT
) -> None:
    """Mark a second format that begins in a stretch that no player reads, or in one that should hold a picture."""
    what = stranger(reader.read(first, min(end - first, LOOKED_AT))) if first < end else None
    if what:
        anatomy.mark(trick, f"{what} in {where} at {first}")


def look_at_whole(reader: Reader, anatomy: Anatomy) -> None:
    """Mark what other programs would take the whole file for. Reads its first and last bytes."""
    head = reader.read(0, 1024)
    if ANYWHERE["a PDF"].search(head):
        anatomy.mark(Trick.SECOND_FORMAT, "a PDF begins in the first 1,024 bytes")
    if head[257:262] == b"ustar":
        anatomy.mark(Trick.SECOND_FORMAT, "a tar header at 0")
    at = zip_end(reader)
    if at is not None:
        anatomy.mark(Trick.SECOND_FORMAT, f"a zip archive ends at {at}")


def zip_end(reader: Reader) -> int | None:
    """Where the end record of a zip with at least one entry stands, near the end of the file; None without one."""
    tail = reader.tail(COMMENT + 22)
    start, at = reader.size - len(tail), len(tail)
    for _ in range(MAX_RECORDS):
        at = tail.rfind(b"PK\x05\x06", 0, at)
        if at < 0:
            return None
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        if tail[max(0, at - 20) : at].startswith(ZIP64) or _is_directory(reader, start + at - size, size):
            return start + at
    return start + at  # nothing but a trick has so many of them


def _is_directory(reader: Reader, at: int, size: int) -> bool:
    return at >= 0 and size > 0 and reader.read(at, 4) == b"PK\x01\x02"


def only_zeros(reader: Reader, at: int, end: int) -> bool:
    """Whether a short rest of a file is nothing but zeros: recorders round up so."""
    return end - at <= BLOCK and not any(reader.read(at, end - at))
