"""JSON by RFC 8259: well-formed from end to end, not nested too deeply, no name twice in one object; JSON lines too.

A scanner of our own, since files may have any size: nothing is built but the names of open objects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import text
from portway.reader import Reader

LOOKED_AT = 32 << 20
"""Of larger files the beginning is looked at: a scanner in Python takes seconds for that."""
MAX_DEPTH = 512
"""Deeper nesting exhausts the stacks of usual parsers; real documents stay far below a hundred."""
MAX_NAMES = 100_000
"""Names of open objects that are compared; further ones are not."""
MAX_SCALAR = 4096
"""Characters of a number: longer ones are an attack on those who read them."""
TOKEN = re.compile(
    r'([{}\[\],:])|("[^"\\\x00-\x1f]*")|'
    r'((?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?=[ \t\r\n,\]}]))|(")'
)
PUNCTUATION, WHOLE_STRING, LITERAL = 1, 2, 3
BLANKS, SPECIAL = re.compile(r"[ \t\r\n]*"), re.compile(r'["\\\x00-\x1f]')
ESCAPE, LONGEST_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'), 6


class Expected(Enum):
    """What may come next."""

    VALUE = auto()
    FIRST_VALUE = auto()
    NAME = auto()
    FIRST_NAME = auto()
    COLON = auto()
    COMMA = auto()
    END = auto()


VALUES, NAMES = {Expected.VALUE, Expected.FIRST_VALUE}, {Expected.NAME, Expected.FIRST_NAME}


class TooDeep(Exception):
    """More levels than usual parsers survive."""


def walk(reader: Reader, _: Bounds) -> Anatomy:
    """Facts: encoding, lines. One value from end to end."""
    return _walk(reader, Scanner())


def walk_lines(reader: Reader, _: Bounds) -> Anatomy:
    """Facts: encoding, lines, records. A value for each line (ndjson.org); no value at all is well too."""
    scanner = Scanner(is_lines=True, expected=Expected.END)
    anatomy = _walk(reader, scanner)
    anatomy.facts["records"] = scanner.values
    return anatomy


def _walk(reader: Reader, scanner: Scanner) -> Anatomy:
    anatomy = Anatomy()
    try:
        for piece in text.pieces(reader, anatomy, LOOKED_AT):
            scanner.feed(piece)
        if "is_partial" not in anatomy.facts:
            scanner.close()
    except TooDeep as deep:
        anatomy.mark(Trick.OBJECT_BOMB, str(deep))
    if scanner.twice:
        anatomy.mark(Trick.AMBIGUOUS, scanner.twice)
    return anatomy


@dataclass(slots=True)
class Scanner:
    """Takes a text in pieces. Malformed where it is no JSON, TooDeep where it is nested too deeply."""

    is_lines: bool = False
    expected: Expected = Expected.VALUE
    stack: list[set[str] | None] = field(default_factory=list)
    values: int = 0
    names: int = 0
    twice: str = ""
    _rest: str = ""
    _in_string: bool = False
    _done: int = 0

    def feed(self, piece: str) -> None:
        """All tokens of it but one that may go on in the next piece."""
        source, at = self._rest + piece, 0
        while at < len(source):
            after = self._string(source, at) if self._in_string else self._token(source, at)
            if after is None:
                break
            at = after
        self._rest, self._done = source[at:], self._done + at

    def close(self) -> None:
        self.feed("\n")
        if self._rest or self._in_string or self.stack or self.expected is not Expected.END:
            raise Malformed(f"ends too early, at {self._done}")

    def _token(self, source: str, at: int) -> int | None:
        """The offset behind the token that begins here; None when more has to come first."""
        blanks = BLANKS.match(source, at)
        start = blanks.end() if blanks else at
        found = TOKEN.match(source, start)
        if found is None:
            if len(source) - start > MAX_SCALAR:
                raise Malformed(f"no JSON at {self._done + start}: {source[start : start + 20]!r}")
            return start if start > at else None
        if found.lastindex == PUNCTUATION:
            self._punctuate(found[0], self._done + start)
        else:
            self._scalar(found[0], found.lastindex or 0, self._done + start)
        return found.end()

    def _string(self, source: str, at: int) -> int | None:
        """Goes on in a string that has escapes, or that began in an earlier piece."""
        special = SPECIAL.search(source, at)
        if special is None:
            return len(source)
        if special[0] == '"':
            self._in_string = False
            return special.end()
        escape = ESCAPE.match(source, special.start())
        if escape:
            return escape.end()
        if special[0] == "\\" and len(source) - special.start() < LONGEST_ESCAPE:
            return special.start() if special.start() > at else None
        raise Malformed(f"no character of a string at {self._done + special.start()}")

    def _scalar(self, token: str, kind: int, at: int) -> None:
        self._in_string = kind not in (WHOLE_STRING, LITERAL)
        if kind != LITERAL and self.expected in NAMES:
            self._name(token, at)
            self.expected = Expected.COLON
            return
        self._begin(at)
        self._end()

    def _name(self, token: str, at: int) -> None:
        """Names with escapes are not compared."""
        known = self.stack[-1]
        if known is None or self._in_string:
            return
        if token in known:
            self.twice = self.twice or f"{token[:40]} at {at}"
        elif self.names < MAX_NAMES:
            known.add(token)
            self.names += 1

    def _begin(self, at: int) -> None:
        if self.expected not in VALUES and not (self.is_lines and self.expected is Expected.END):
            raise Malformed(f"a value at {at}, {self.expected.name} was expected")
        if len(self.stack) >= MAX_DEPTH:
            raise TooDeep(f"{MAX_DEPTH} levels at {at}")

    def _end(self) -> None:
        self.expected = Expected.COMMA if self.stack else Expected.END
        self.values += not self.stack

    def _punctuate(self, token: str, at: int) -> None:
        if token in "{[":
            self._begin(at)
            self.stack.append(set() if token == "{" else None)
            self.expected = Expected.FIRST_NAME if token == "{" else Expected.FIRST_VALUE
            return
        inner = "{" if self.stack and self.stack[-1] is not None else "[" if self.stack else ""
        after = AFTER.get((token, self.expected, inner))
        if after is None:
            raise Malformed(f"{token!r} at {at}, {self.expected.name} was expected")
        if after is not Expected.END:
            self.expected = after
            return
        self.names -= len(self.stack.pop() or ())
        self._end()


AFTER = {
    (":", Expected.COLON, "{"): Expected.VALUE,
    (",", Expected.COMMA, "{"): Expected.NAME,
    (",", Expected.COMMA, "["): Expected.VALUE,
    ("}", Expected.COMMA, "{"): Expected.END,
    ("}", Expected.FIRST_NAME, "{"): Expected.END,
    ("]", Expected.COMMA, "["): Expected.END,
    ("]", Expected.FIRST_VALUE, "["): Expected.END,
}
"""What is expected behind a mark, by what was expected and what is open; END where it closes what is open."""
