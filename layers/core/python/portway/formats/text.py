"""Text: which encoding, how many lines, and nothing that browsers take for a page. Unicode 3.10; RFC 3629."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.signatures import MARKUP
from portway.reader import Reader

LOOKED_AT = 256 << 20
"""What lies behind 256 MiB of a text is not looked at: nothing there can make it something else than text."""
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
PDF = re.compile(rb"%PDF-\d")
ODD = re.compile("[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")
"""Control characters that no text has; layout, bells of terminals (ESC) and the old end of file (SUB) may occur."""


def walk(reader: Reader, _: Bounds) -> Anatomy:
    """Facts: encoding, lines; is_partial where only the beginning was looked at."""
    anatomy = Anatomy()
    deque(pieces(reader, anatomy), maxlen=0)
    note_second_format(reader, anatomy)
    return anatomy


def note_second_format(reader: Reader, anatomy: Anatomy) -> None:
    """A text that begins like a page is one for browsers that guess."""
    found = MARKUP.match(reader.head)
    if found:
        anatomy.mark(Trick.SECOND_FORMAT, f"begins with {found[0][-20:]!r}")
    note_pdf(reader, anatomy)


def note_pdf(reader: Reader, anatomy: Anatomy) -> None:
    """Readers of PDF look for its beginning in the first 1,024 bytes, tolerant ones for its end only."""
    tail = reader.tail(1024)
    if b"%%EOF" in tail and (PDF.search(reader.head[:1024]) or b"startxref" in tail):
        anatomy.mark(Trick.SECOND_FORMAT, "a PDF ends where it ends")


def pieces(reader: Reader, anatomy: Anatomy, end: int = LOOKED_AT) -> Iterator[str]:
    """The text without its byte order mark, a piece for each chunk; its facts are there when it is at its end.

    What is not UTF-8 is read as Latin-1 from the first wrong chunk on. Malformed for NUL: no text has it.
    """
    encoding, skipped = _marked(reader)
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
    lines, last, seen = 0, "\n", skipped
    for chunk in reader.scan(skipped, end):
        seen += len(chunk)
        try:
            text = decoder.decode(chunk, final=seen == reader.size)
        except UnicodeDecodeError as error:
            if encoding:
                raise Malformed(f"no {encoding} at about {seen - len(chunk) + error.start}") from None
            decoder, text = codecs.getincrementaldecoder("latin-1")(), chunk.decode("latin-1")
            anatomy.facts["encoding"] = "latin-1"
        _refuse_binary(text, seen, anatomy)
        lines, last = lines + text.count("\n"), text[-1:] or last
        yield text
    if seen < reader.size:
        anatomy.facts["is_partial"] = True
    anatomy.facts["lines"] = lines + (last != "\n")
    anatomy.facts.setdefault("encoding", encoding or "utf-8")


def _marked(reader: Reader) -> tuple[str, int]:
    """The encoding that a byte order mark tells, and its length."""
    head = reader.read(0, 3)
    return next(((name, len(mark)) for mark, name in MARKS if head.startswith(mark)), ("", 0))


def _refuse_binary(text: str, seen: int, anatomy: Anatomy) -> None:
    if "\0" in text:
        raise Malformed(f"NUL in the text before {seen}")
    odd = ODD.search(text) if anatomy.facts.get("encoding") == "latin-1" else None
    if odd:
        anatomy.mark(Trick.ENCODING, f"control character {ord(odd[0])} in a text that is not UTF-8")
