"""PDF from end to end: every object and every object stream is looked at, other streams are passed over. ISO 32000-2.

A stream ends where its length says, if `endstream` is there, else at the next `endstream`. All entries of the
cross-references have to lead to objects that were looked at, and the root to pages: readers that miss one of them look
for objects everywhere, and nothing may hide from us in a stream, a string or a comment.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import pdf_references
from portway.formats.pdf_objects import BLANKS, MAX_PACKED, Bomb, dictionary, number, plain, unpack
from portway.formats.pdf_pages import REFERENCE, Pages
from portway.formats.pdf_tokens import Memory, Tokens, Window
from portway.reader import Reader

VERSION = re.compile(rb"%PDF-([12]\.\d)")
END = re.compile(rb"%%EOF[\x00\t\n\f\r ]*$")
NUMBER = re.compile(rb"(" + BLANKS + rb"*)(\d{1,10})" + BLANKS + rb"+(\d{1,5})" + BLANKS + rb"+$")
ENDSTREAM = re.compile(BLANKS + rb"*endstream")
MARKUP = re.compile(rb"<(?:!doctype|html|script|\?php|svg|iframe)", re.IGNORECASE)
CONTINUED = re.compile(BLANKS + rb"*(?:\d{1,10}" + BLANKS + rb"|xref|startxref|%|trailer|$)")
HARMLESS_ACTION = re.compile(rb"[^>]{0,400}?/S" + BLANKS + rb"*/GoTo(?![A-Za-z])")
ACTION = re.compile(rb"/S" + BLANKS + rb"*$")
"""What stands before the name of an action's kind."""
ARRAY = re.compile(BLANKS + rb"*\[")
MAX_OBJECTS, KNOWN_HARMLESS = 2_000_000, 200_000
OBJECT_STREAM = {b"ObjStm", b"First"}
"""Readers ask for the second name only."""
TRICKS = {
    **dict.fromkeys((b"JS", b"JavaScript", b"OnInstantiate", b"XFA"), Trick.SCRIPT),
    **dict.fromkeys((b"AA", b"Launch", b"SubmitForm", b"ImportData", b"GoToR", b"GoToE"), Trick.PDF_ACTION),
    **dict.fromkeys((b"EmbeddedFile", b"EF", b"RichMedia", b"Flash"), Trick.EMBEDDED_OBJECT),
}
"""What names stand for. Addresses (`URI`) and places in the document (`GoTo`) are what documents are made of."""


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: version; pages, where they can be counted."""
    anatomy = Anatomy()
    version = VERSION.match(reader.head)
    if not version:
        raise Malformed("no %PDF- at its beginning")
    anatomy.facts["version"] = version[1].decode()
    _look_at_the_end(reader, anatomy)
    try:
        references = pdf_references.read(reader, bounds)
        if references.is_encrypted:
            anatomy.mark(Trick.ENCRYPTED, "a trailer says so")
        Scan(reader, bounds, anatomy).run(references)
    except Bomb as bomb:
        anatomy.mark(Trick.OBJECT_BOMB, str(bomb))
    return anatomy


def _look_at_the_end(reader: Reader, anatomy: Anatomy) -> None:
    tail = reader.tail(1024)
    if not END.search(tail):
        if b"%%EOF" not in reader.tail(64 << 10):
            raise Malformed("no %%EOF at its end")
        anatomy.mark(Trick.TRAILING_DATA, f"bytes behind %%EOF, the last ones {tail[-16:]!r}")
    zipped = reader.tail((64 << 10) + 22)
    for found in re.finditer(rb"PK\x05\x06", zipped):
        length = int.from_bytes(zipped[found.start() + 20 : found.start() + 22], "little")
        if found.start() + 22 + length == len(zipped):
            anatomy.mark(Trick.SECOND_FORMAT, "a zip's directory meets its end")


@dataclass(slots=True)
class Scan:
    """One pass over a document."""

    reader: Reader
    bounds: Bounds
    anatomy: Anatomy
    pages: Pages = field(default_factory=Pages)
    objects: int = 0
    actions: set[int] = field(default_factory=set)
    harmless: set[int] = field(default_factory=set)
    heads: array[int] = field(default_factory=lambda: array("Q"))
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    generations: array[int] = field(default_factory=lambda: array("Q"))
    blanks: array[int] = field(default_factory=lambda: array("B"))
    packed: array[int] = field(default_factory=lambda: array("Q"))
    names: set[bytes] = field(default_factory=set)
    window: Window = field(init=False)

    def run(self, references: pdf_references.References) -> None:
        self.window = Window(self.reader)
        tokens = Tokens(self.window, self._comment)
        while found := tokens.next():
            self._take(found, self.window)
            self.window.at = self.window.start + found.end()
            if found.lastgroup == "object":
                tokens.kept = self.window.at
            if found.lastgroup == "stream":
                self.window.jump(self._stream(tokens.kept, self.window.at, references.is_encrypted))
                self._begin(0, b"", 0)
        self._begin(0, b"", 0)
        self._conclude(references)

    def _take(self, found: re.Match[bytes], window: Window) -> None:
        """A token in the open, or in an object stream."""
        if found.lastgroup == "name":
            self._name(plain(found[0]), window.data, found.start(), found.end())
        elif found.lastgroup == "object":
            self._head(found, window)
        elif found.lastgroup == "odd":
            raise Malformed(f"a string or comment in a hexadecimal string at {window.start + found.start()}")
        elif found.lastgroup == "deep":
            raise Bomb(f"a hundred levels at {window.start + found.start()}")
        elif found.lastgroup == "markup":
            self.anatomy.mark(Trick.SECOND_FORMAT, f"{found[0]!r} at {window.start + found.start()}")

    def _head(self, found: re.Match[bytes], window: Window) -> None:
        """An object begins in the open: some writers count the blanks before it to it."""
        first = max(0, found.start() - 32)
        before = NUMBER.search(window.data[first : found.start()])
        if before and window is self.window:
            self.heads.append(window.start + first + before.start(2))
            self.blanks.append(len(before[1]))
            self.numbers.append(int(before[2]))
            self.generations.append(int(before[3]))
        self._begin(int(before[2]) if before else 0, window.data, found.end())

    def _begin(self, number: int, data: bytes, at: int) -> None:
        """Another object begins: its contents are at this offset of the data."""
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise Bomb(f"over {MAX_OBJECTS} objects")
        self.names.clear()
        self.pages.begin(number)
        if ARRAY.match(data, at) and len(self.harmless) < KNOWN_HARMLESS:
            self.harmless.add(number)

    def _name(self, name: bytes, data: bytes, start: int, end: int) -> None:
        self.names |= OBJECT_STREAM & {name}
        if name in TRICKS:
            self.anatomy.mark(TRICKS[name], f"/{name.decode()} in object {self.pages.current}")
        elif name == b"GoTo" and ACTION.search(data, max(0, start - 16), start) and len(self.harmless) < KNOWN_HARMLESS:
            self.harmless.add(self.pages.current)
        elif name == b"OpenAction":
            self._open_action(data, end)
        else:
            self.pages.hear(name, data, start, end)

    def _open_action(self, data: bytes, at: int) -> None:
        """A place in the document to begin at is none; where it is an object of its own, that is known at the end."""
        reference = REFERENCE.match(data, at)
        if reference:
            self.actions.add(int(reference[1]))
        elif not ARRAY.match(data, at) and not HARMLESS_ACTION.match(data, at):
            self.anatomy.mark(Trick.PDF_ACTION, f"/OpenAction in object {self.pages.current}")

    def _comment(self, found: re.Match[bytes]) -> None:
        if MARKUP.search(found[0]):
            self.anatomy.mark(Trick.SECOND_FORMAT, f"markup in a comment: {found[0][:40]!r}")
        if found[0].startswith(b"%%EOF") and not CONTINUED.match(found.string, found.start() + 5):
            self.anatomy.mark(Trick.TRAILING_DATA, f"bytes behind an %%EOF: {found.string[found.end() :][:20]!r}")

    def _stream(self, first: int, body: int, is_encrypted: bool) -> int:
        """The offset behind a stream whose dictionary lies between these two."""
        if first < self.window.start or body < first:
            raise Malformed(f"no dictionary of the stream at {body}")
        about = dictionary(self.window.data[first - self.window.start : body - self.window.start])
        end = self._end_of_stream(body, number(about.get(b"Length", ())))
        if self.names and not is_encrypted:
            if end - body > MAX_PACKED:
                raise Bomb(f"an object stream of {end - body} bytes")
            packed = self.window.bytes_at(body, end - body)
            self._objects(unpack(self.reader, self.bounds, packed, about), number(about.get(b"First", ())))
        return end

    def _end_of_stream(self, body: int, length: int | None) -> int:
        if length is not None and body + length < self.reader.size:
            near = self.window.start <= body + length + 32 <= self.window.end
            if not near:
                self.window.jump(body + length)
                self.window.more(body + length)
            if ENDSTREAM.match(self.window.bytes_at(body + length, 32)):
                return body + length
        self.window.jump(body)
        return self._search_end(body)

    def _search_end(self, body: int) -> int:
        at = body
        while True:
            found = self.window.data.find(b"endstream", at - self.window.start)
            if found >= 0:
                return self.window.start + found
            at = max(at, self.window.end - 9)
            if not self.window.more(at):
                raise Malformed(f"no end of the stream at {body}")

    def _objects(self, data: bytes, first: int | None) -> None:
        """The objects of an object stream (7.5.7): pairs of number and offset, then the objects themselves."""
        head = [
            int(each) for each in data[: first or 0].split()[: 2 * MAX_OBJECTS] if each.isdigit() and len(each) < 11
        ]
        if first is None or len(head) % 2 or first > len(data):
            raise Malformed("an object stream without its list of objects")
        self.packed.extend(_packed(self.pages.current, each) for each in head[::2])
        starts = [first + each for each in head[1::2]]
        ends = [*starts[1:], len(data)]
        if not starts or starts != sorted(starts) or starts[0] > first:
            starts, ends, head = [first], [len(data)], [0, 0]
        for which, start, end in zip(head[::2], starts, ends, strict=True):
            self._begin(which, data, start)
            window = Memory(self.reader, 0, data[start:end], 0)
            tokens = Tokens(window, self._comment)
            while found := tokens.next():
                self._take(found, window)
                window.at = found.end()

    def _conclude(self, references: pdf_references.References) -> None:
        """What can be said when every object was seen."""
        if self.actions - self.harmless:
            self.anatomy.mark(Trick.PDF_ACTION, f"/OpenAction is object {min(self.actions - self.harmless)}")
        if pages := self.pages.number():
            self.anatomy.facts["pages"] = pages
        elif not references.is_encrypted:
            raise Malformed("no page")
        self._check_places(references)
        self.pages.check(self.reader)

    def _check_places(self, references: pdf_references.References) -> None:
        """Every entry leads to an object that was looked at. Of encrypted streams nobody knows what they hold."""
        packed = array("Q", sorted(self.packed))
        columns = (references.kinds, references.numbers, references.places, references.generations)
        for kind, number_, place, generation in zip(*columns, strict=True):
            if kind == pdf_references.IN_FILE and not self._is_head(number_, place, generation):
                raise Malformed(f"object {number_} is not at {place}, where the cross-references have it")
            if kind == pdf_references.IN_STREAM and not references.is_encrypted:
                wanted = _packed(place, number_)
                at = bisect_left(packed, wanted)
                if at == len(packed) or packed[at] != wanted:
                    raise Malformed(f"object {number_} is not in stream {place}, where the cross-references have it")
        if not references.is_encrypted:
            self._check_root(references)

    def _is_head(self, number_: int, offset: int, generation: int) -> bool:
        at = bisect_left(self.heads, offset)
        return (
            at < len(self.heads)
            and self.heads[at] - offset <= self.blanks[at]
            and (self.numbers[at], self.generations[at]) == (number_, generation)
        )

    def _check_root(self, references: pdf_references.References) -> None:
        tree = self.pages.trees.get(references.root, 0)
        if not (references.has(references.root) and references.has(tree) and self.pages.has_tree(references.root)):
            raise Malformed(f"the root, object {references.root}, leads to no tree of pages")


def _packed(stream: int, number_: int) -> int:
    """An object of a stream as one number, which is enough to tell it from others."""
    return (stream & 0xFFFFFFFF) << 32 | number_ & 0xFFFFFFFF
