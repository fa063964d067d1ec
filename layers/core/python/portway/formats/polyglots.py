"""A picture that is something else as well: markup or scripts in its texts, an archive or document around it.

A reader that finds its format anywhere is fooled by bytes that a picture may hold: PHP runs what stands behind `<?php`
in any file, HTML is looked for by browsers that sniff, a zip begins at its end (APPNOTE 4.3.6), a PDF within the first
KiB (ISO 32000-1, annex H), a script behind a comment that the header opens (`GIF89a/*`, a segment of 0x2F2A bytes).
"""

from __future__ import annotations

import re

from portway.content import Anatomy, Trick
from portway.reader import HEAD_BYTES, Reader

ACTIVE = re.compile(rb"<(?i:\?php|script|html|!doctype html|iframe)")
OPENING = re.compile(rb"(\xff\xd8\xff.|GIF8[79]a|BM|RIFF|MM\0\*|II\*\0)\s*(/\*|=)", re.DOTALL)
"""A header that goes on as a comment or an assignment where it is read as JavaScript."""
CLOSING = re.compile(rb"\*/[\t\n\r -~]{4}")
ZIP_TAIL, CANDIDATES = (64 << 10) + 22, 32
"""An end record with the longest comment; and how many places are looked at."""


def look_at_text(anatomy: Anatomy, data: bytes, where: str) -> None:
    """Note markup and scripts in a comment or an application's own bytes."""
    found = ACTIVE.search(data)
    if found:
        anatomy.mark(Trick.SECOND_FORMAT, f"{found[0]!r} in {where}")


def look_around(anatomy: Anatomy, reader: Reader) -> None:
    """Note a zip, a PDF or a script that begins elsewhere than a picture does."""
    head = reader.read(0, HEAD_BYTES)
    if b"%PDF-" in head[:1024]:
        anatomy.mark(Trick.SECOND_FORMAT, "a PDF header in the first KiB")
    if OPENING.match(head) and CLOSING.search(head):
        anatomy.mark(Trick.SECOND_FORMAT, "a comment of a script around the header")
    if _is_zip(reader):
        anatomy.mark(Trick.SECOND_FORMAT, "the directory of a zip at the end")


def _is_zip(reader: Reader) -> bool:
    """Whether an end record leads to a directory, where it says or right before it."""
    tail = reader.tail(ZIP_TAIL)
    start, end = reader.size - len(tail), len(tail)
    for _ in range(CANDIDATES):
        end = tail.rfind(b"PK\5\6", 0, end)
        if end < 0:
            return False
        length, first = (int.from_bytes(tail[at : at + 4], "little") for at in (end + 12, end + 16))
        places = (first, start + end - length)
        if any(0 < at < reader.size and reader.read(at, 4) == b"PK\1\2" for at in places):
            return True
    return False
