"""Going through a file from its beginning to its end, in requests that grow while nothing is jumped over."""

from __future__ import annotations

import re

from portway.content import Malformed
from portway.reader import BLOCK, CHUNK, Reader

KEPT = 1 << 20
"""Bytes of the largest request whose blocks the reader keeps."""


class Cursor:
    """Stands at offset `at` of a file. What it is asked for and the file does not have is Malformed: it was cut off."""

    def __init__(self, reader: Reader, at: int = 0) -> None:
        self.reader = reader
        self._buffer, self._first, self._here = b"", at, 0
        self._request = BLOCK

    @property
    def at(self) -> int:
        return self._first + self._here

    def window(self) -> tuple[bytes, int]:
        """Some bytes of the file, and the index in them at which the cursor stands: there is at least one from it."""
        if self._here >= len(self._buffer):
            self._fetch()
        return self._buffer, self._here

    def take(self, count: int) -> bytes:
        """The next bytes. They are meant to be few: a header, a segment."""
        while len(self._buffer) - self._here < count:
            self._fetch()
        data = self._buffer[self._here : self._here + count]
        self._here += count
        return data

    def number(self, count: int) -> int:
        """The next bytes as a number, the highest first."""
        return int.from_bytes(self.take(count))

    def skip(self, count: int) -> None:
        """Jump over bytes that nobody has to read."""
        if self.at + count > self.reader.size:
            raise Malformed(f"the file ends {self.at + count - self.reader.size} bytes too early")
        self._here += count
        if self._here > len(self._buffer):
            self._first, self._buffer, self._here, self._request = self.at, b"", 0, BLOCK

    def find(self, pattern: re.Pattern[bytes], longest: int) -> None:
        """Go to where the pattern matches next; no match is longer than `longest` bytes."""
        while True:
            match = pattern.search(self._buffer, self._here)
            if match:
                self._here = match.start()
                return
            self._here = max(self._here, len(self._buffer) - longest + 1)
            self._fetch()

    def _read(self, first: int) -> bytes:
        """Small stretches are kept for others who look; large ones pass by."""
        if self._request <= KEPT:
            return self.reader.read(first, self._request)
        return next(self.reader.scan(first, first + self._request), b"")

    def _fetch(self) -> None:
        rest = self._buffer[self._here :]
        data = self._read(self.at + len(rest))
        if not data:
            raise Malformed(f"the file ends at {self.reader.size}, in the middle of something")
        self._first, self._buffer, self._here = self.at, rest + data, 0
        self._request = min(2 * self._request, CHUNK)
