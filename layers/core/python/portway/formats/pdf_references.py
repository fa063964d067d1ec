"""Where a PDF says that its objects are: cross-reference tables and streams, back to the first. ISO 32000-2, 7.5."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from portway.content import Bounds, Malformed
from portway.formats.pdf_objects import BLANKS, MAX_PACKED, Bomb, Dictionary, dictionary, number, unpack
from portway.reader import Reader

TAIL, HEAD, BATCH = 2048, 64 << 10, 20_000
MAX_SECTIONS, MAX_OBJECTS = 4096, 2_000_000
START = re.compile(rb"startxref" + BLANKS + rb"+(\d{1,12})" + BLANKS + rb"+%%EOF")
TABLE = re.compile(BLANKS + rb"*xref(?=[\x00\t\n\f\r ])")
STREAM = re.compile(BLANKS + rb"*\d{1,10}" + BLANKS + rb"+\d{1,5}" + BLANKS + rb"+obj")
SUBSECTION = re.compile(BLANKS + rb"*(\d{1,10})[ \t]+(\d{1,10})" + BLANKS + rb"*")
ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])[ \r\n]{0,2}")
TRAILER = re.compile(BLANKS + rb"*trailer")
BODY = re.compile(rb">>" + BLANKS + rb"*stream(?:\r\n|\n|\r)")
FREE, IN_FILE, IN_STREAM = 0, 1, 2
"""Kinds of entries (table 18)."""


@dataclass(slots=True)
class References:
    """What all sections say together, the newest first: of each entry its kind, the object's number, and its place.

    That is an offset and a generation, or the number of a stream of objects. `root` is what the newest trailer names.
    """

    kinds: array[int] = field(default_factory=lambda: array("B"))
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    places: array[int] = field(default_factory=lambda: array("Q"))
    generations: array[int] = field(default_factory=lambda: array("Q"))
    is_encrypted: bool = False
    root: int = 0
    later: list[int] = field(default_factory=list)

    def hear(self, trailer: Dictionary) -> None:
        """What a trailer, or the dictionary of a cross-reference stream, says."""
        self.is_encrypted |= b"Encrypt" in trailer
        if not self.root:
            self.root = _root(trailer)
        for key in (b"XRefStm", b"Prev"):
            if key in trailer:
                self.later.append(_offset(trailer, key))

    def add(self, kind: int, number_: int, place: int, generation: int) -> None:
        if len(self.numbers) >= MAX_OBJECTS:
            raise Bomb(f"over {MAX_OBJECTS} objects")
        self.kinds.append(kind)
        self.numbers.append(number_)
        self.places.append(place)
        self.generations.append(generation)

    def has(self, number_: int) -> bool:
        """Is the object there, by the newest entry of it?"""
        return number_ in self.numbers and self.kinds[self.numbers.index(number_)] != FREE


def read(reader: Reader, bounds: Bounds) -> References:
    """Follows the sections from the end of the file. Malformed where one is not there, Bomb where they go round."""
    starts = START.findall(reader.tail(TAIL))
    if not starts:
        raise Malformed("no startxref before the end")
    references, seen = References(later=[int(starts[-1])]), set[int]()
    while references.later:
        at = references.later.pop()
        if at in seen or len(seen) >= MAX_SECTIONS:
            raise Bomb(f"sections of cross-references go round at {at}")
        seen.add(at)
        _section(reader, bounds, at, references)
    return references


def _section(reader: Reader, bounds: Bounds, at: int, references: References) -> None:
    head = reader.read(at, HEAD)
    table, stream = TABLE.match(head), STREAM.match(head)
    if table:
        _table(reader, at + table.end(), references)
    elif stream:
        _stream(reader, bounds, at + stream.end(), head[stream.end() :], references)
    else:
        raise Malformed(f"no cross-references at {at}")


def _table(reader: Reader, at: int, references: References) -> None:
    """Subsections with a line for each object, then the trailer (7.5.4)."""
    while found := SUBSECTION.match(reader.read(at, 64)):
        at += found.end()
        at = _entries(reader, at, int(found[1]), int(found[2]), references)
    trailer = TRAILER.match(reader.read(at, 64))
    if not trailer:
        raise Malformed(f"no trailer at {at}")
    references.hear(dictionary(reader.read(at + trailer.end(), HEAD)))


def _entries(reader: Reader, at: int, first: int, count: int, references: References) -> int:
    """The offset behind so many lines, of objects from this number on."""
    if count > MAX_OBJECTS:
        raise Bomb(f"a table of {count} objects")
    while count:
        most = min(count, BATCH)
        found = list(islice(ENTRY.finditer(reader.read(at, most * 20 + 2)), most))
        if not found or found[0].start() > 2 or found[-1].end() > most * 20 + 2:
            raise Malformed(f"no line of the cross-reference table at {at}")
        for number_, line in enumerate(found, first):
            place = int(line[1])
            references.add(IN_FILE if line[3] == b"n" and place else FREE, number_, place, int(line[2]))
        at, first, count = at + found[-1].end(), first + len(found), count - len(found)
    return at


def _stream(reader: Reader, bounds: Bounds, at: int, head: bytes, references: References) -> None:
    """The same, packed (7.5.8)."""
    about, body = dictionary(head), BODY.search(head)
    length = number(about.get(b"Length", ()))
    if not body or length is None or b"W" not in about:
        raise Malformed(f"no cross-reference stream before {at}")
    if length > MAX_PACKED:
        raise Bomb(f"a cross-reference stream of {length} bytes")
    references.hear(about)
    data = unpack(reader, bounds, reader.read(at + body.end(), length), about)
    for number_, (kind, place, generation) in zip(_numbers(about), _rows(about, data), strict=False):
        references.add(kind if kind in (IN_FILE, IN_STREAM) and place else FREE, number_, place, generation)


def _numbers(about: Dictionary) -> Iterator[int]:
    """The numbers of the objects whose rows follow each other: pairs of first and count, or all from 0 on."""
    index = [number((each,)) or 0 for each in about.get(b"Index", (b"0", *about.get(b"Size", (b"0",))))]
    for first, count in zip(index[::2], index[1::2], strict=False):
        yield from range(first, first + min(count, MAX_OBJECTS))


def _rows(about: Dictionary, data: bytes) -> Iterator[tuple[int, int, int]]:
    """The three fields of each row."""
    widths = [number((each,)) for each in about[b"W"]]
    first, second, third = widths if len(widths) == 3 else (None, None, None)
    if first is None or second is None or third is None or max(first, second, third) > 8 or second < 1:
        raise Malformed("a cross-reference stream with odd widths")
    for at in range(0, len(data) - first - second - third + 1, first + second + third):
        kind = int.from_bytes(data[at : at + first]) if first else 1
        behind = at + first + second
        yield kind, int.from_bytes(data[at + first : behind]), int.from_bytes(data[behind : behind + third])


def _offset(trailer: Dictionary, key: bytes) -> int:
    at = number(trailer[key])
    if at is None:
        raise Malformed(f"{key!r} is no offset")
    return at


def _root(trailer: Dictionary) -> int:
    """Readers put a document together from all that looks like an object in it when they find no root."""
    named = trailer.get(b"Root", ())
    if len(named) != 3 or not named[0].isdigit() or named[2] != b"R" or len(named[0]) > 10 or not int(named[0]):
        raise Malformed("the newest trailer names no root")
    return int(named[0])
