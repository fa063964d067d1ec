"""HTML: what a browser would run or load when the page is opened. HTML Living Standard, 13.

No parser: browsers repair everything, each in its own way, and whoever parses differently is deceived. What is looked
for is looked for in the text, as it stands and with its character references replaced; pages that only talk about
scripts write `&lt;` for `<`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from portway.content import Anatomy, Bounds, Trick
from portway.formats import text
from portway.reader import Reader

OVERLAP = 64 << 10
"""Characters of a piece that are looked at again with the next one."""
BLANKS = re.compile(r"([\s\x01-\x1f])[\s\x01-\x1f]+")
"""Of a stretch of blanks the first one counts, however long it is."""
ELEMENTS = re.compile(r"<(?:script|iframe|frame|object|embed|applet|form|base|portal|fencedframe|xml:script)(?=[\s/>])")
HANDLERS = re.compile(r"[\s\"'/]on[a-z]{3,30}\s?=")
ADDRESSES = re.compile(r"(?:[=\"';]|url\()[\x00-\x20]*(?:(?:java|vb)script:|data:text/html|data:application/xhtml)")
REFRESH = re.compile(r"http-equiv\s?=\s?[\"']?\s?(?:refresh|set-cookie|[^\"'>]{0,40}&)")
LOADS = re.compile(
    r"(?:src|srcset|poster|background)\s?=\s?[\"']?\s?(?:https?:)?//"
    r"|<link\s[^<>]{0,1000}?href\s?=\s?[\"']?\s?(?:https?:)?//|@import\s|url\([\"']?(?:https?:)?//",
)
LOOKED_FOR = (
    *((Trick.SCRIPT, pattern) for pattern in (ELEMENTS, HANDLERS, REFRESH)),
    (Trick.EXTERNAL_REFERENCE, LOADS),
)
"""In lower case."""
JOINED = re.compile(r"[\t\r\n\0]+")
"""Browsers drop line ends and tabs from addresses."""


def walk(reader: Reader, _: Bounds) -> Anatomy:
    """Facts: encoding, lines."""
    anatomy = Anatomy()
    for window in _windows(text.pieces(reader, anatomy, end=reader.size)):
        _note(window, anatomy)
    text.note_pdf(reader, anatomy)
    return anatomy


def _windows(pieces: Iterator[str]) -> Iterator[str]:
    kept = ""
    for piece in pieces:
        window = BLANKS.sub(r"\1", kept + piece)
        yield window
        kept = window[-OVERLAP:]


def _note(window: str, anatomy: Anatomy) -> None:
    """What the text says as it stands, and its addresses as they are understood."""
    known = {mark.trick for mark in anatomy.marks}
    shown = window.lower()
    for trick, pattern in LOOKED_FOR:
        found = pattern.search(shown) if trick not in known else None
        if found:
            anatomy.mark(trick, found[0][-80:])
    if Trick.SCRIPT not in known:
        understood = JOINED.sub("", html.unescape(shown) if "&" in shown else shown)
        address = ADDRESSES.search(understood.lower())
        if address:
            anatomy.mark(Trick.SCRIPT, address[0][-80:])
