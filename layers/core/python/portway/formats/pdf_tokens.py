"""The tokens of a PDF that matter, in the order of the file: strings and comments are passed over, not looked into."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from portway.content import Malformed
from portway.formats.pdf_objects import REGULAR, end_of_string
from portway.reader import CHUNK, Reader

AHEAD, SHORT, MAX_STRING = 8 << 10, 256, 1 << 20
"""Bytes that are there behind every token; longer than any token; longest string."""
NAMES = (
    "JS JavaScript XFA OpenAction AA Launch SubmitForm ImportData GoToR GoToE GoTo EmbeddedFile EF RichMedia Flash "
    "ObjStm First Page Pages Kids Count OnInstantiate"
)
"""What is looked for; all of it also where bytes of the name are spelt as numbers."""
TOKEN = re.compile(
    rb"[(%/so<\[](?:(?P<text>(?<=\())|(?P<comment>(?<=%)[^\r\n]*)"
    rb"|(?P<name>(?<=/)(?:(?:" + NAMES.replace(" ", "|").encode() + rb")(?!" + REGULAR + rb")"
    rb"|[^#\x00\t\n\f\r ()<>\[\]{}/%]*#" + REGULAR + rb"*))"
    rb"|(?P<stream>(?<=s)(?<![A-Za-z]s)tream(?:\r\n|\n|\r))|(?P<object>(?<=[\x00\t\n\f\r ]o)bj(?![A-Za-z]))"
    rb"|(?P<deep>(?:(?<=\[)|(?<=<)<)[^\[\]<>()]{0,64}(?:(?:\[|<<)[^\[\]<>()]{0,64}){99})"
    rb"|(?P<odd>(?<=<)(?<!<<)[^<>()\[\]/%]{0,4096}[(%])"
    rb"|(?P<markup>(?<=<)[!?]?(?:html|script|doctype|php|svg|iframe|body|HTML|SCRIPT|DOCTYPE|PHP|SVG|BODY)(?![A-Za-z])))"
)
"""One of seven characters comes first, so that everything between is passed over at once."""


@dataclass(slots=True)
class Window:
    """A stretch of a file that moves forward; `at` is where the next token is looked for."""

    reader: Reader
    start: int = 0
    data: bytes = b""
    at: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    @property
    def is_last(self) -> bool:
        """Does it reach the end of the file?"""
        return self.end >= self.reader.size

    def more(self, keep: int) -> bool:
        """Drops what lies before `keep` and adds a chunk; False at the end of the file."""
        if self.is_last:
            return False
        chunk = next(self.reader.scan(self.end, self.end + CHUNK))
        self.data = self.data[max(0, keep - self.start) :] + chunk
        self.start = max(self.start, keep)
        return True

    def jump(self, at: int) -> None:
        """Be at an offset, further on or back."""
        self.at = at
        if not self.start <= at <= self.end:
            self.start, self.data = at, b""

    def bytes_at(self, first: int, length: int) -> bytes:
        """Any bytes of the file, from here if they are here."""
        if self.start <= first and first + length <= self.end:
            return self.data[first - self.start : first - self.start + length]
        return self.reader.read(first, length)


@dataclass(slots=True)
class Memory(Window):
    """Bytes that were unpacked: all there is."""

    @property
    def is_last(self) -> bool:
        return True


@dataclass(slots=True)
class Tokens:
    """The next token of interest, again and again. `kept` is the offset from which on the window has to stay."""

    window: Window
    on_comment: Callable[[re.Match[bytes]], None]
    kept: int = 0

    def next(self) -> re.Match[bytes] | None:
        """Its offsets are those in the window's data. None at the end of the file."""
        while True:
            found = TOKEN.search(self.window.data, self.window.at - self.window.start)
            if found and found.lastgroup in ("text", "comment"):
                is_passed = self._pass(found)
            elif found and found.end() + AHEAD <= len(self.window.data):
                return found
            else:
                is_passed = False
            if not is_passed and not self._refill(found):
                return found

    def _pass(self, found: re.Match[bytes]) -> bool:
        """Goes behind a string or a comment; False when its end is not here yet."""
        window, is_whole = self.window, True
        stop = found.end() if found.lastgroup == "comment" else end_of_string(window.data, found.start())
        if found.lastgroup == "comment":
            is_whole = stop < len(window.data) or window.is_last or stop - found.start() > MAX_STRING
            if is_whole:
                self.on_comment(found)
        elif stop < 0:
            is_whole = False
            if window.is_last or len(window.data) - found.start() > MAX_STRING:
                raise Malformed(f"a string without an end at {window.start + found.start()}")
        if is_whole:
            window.at = window.start + stop
        return is_whole

    def _refill(self, found: re.Match[bytes] | None) -> bool:
        """False when there is no more."""
        window = self.window
        here = found.start() if found else max(window.at - window.start, len(window.data) - SHORT)
        window.at = window.start + here
        keep = self.kept if 0 <= window.at - self.kept <= MAX_STRING else window.at - 32
        return window.more(max(keep, window.start))
