"""Unpacking within the reader's budget, a piece at a time: deflate (RFC 1951, 1952), bzip2, xz."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from portway.content import Malformed
from portway.reader import Reader

PIECE = 1 << 18
"""Bytes that are unpacked at once."""
MEMORY = 128 << 20
"""What an xz stream may ask its reader for: `xz -9` needs 65 MiB."""


class Unpacker(Protocol):
    """What bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Inflater:
    """zlib's decompressor with the manners of the others."""

    def __init__(self, wbits: int) -> None:
        self._inflate, self._is_full = zlib.decompressobj(wbits), False

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not (self._is_full or self._inflate.unconsumed_tail or self._inflate.eof)

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        self._is_full = len(piece) == max_length
        return piece


RAW_DEFLATE, GZIP = -15, 31
"""zlib's names for a bare stream, and for one with the header and the checksums of RFC 1952."""
UNPACKERS: Mapping[str, Callable[[], Unpacker]] = {
    "deflate": lambda: Inflater(RAW_DEFLATE),
    "gzip": lambda: Inflater(GZIP),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY),
}
BROKEN = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
"""What the standard library says of a damaged stream."""


class Stream:
    """One compressed stream. `used` is how many of the bytes that came it has used up, once it is whole."""

    def __init__(self, reader: Reader, method: str, packed: Iterable[bytes]) -> None:
        self.is_whole, self.used, self.rest = False, 0, b""
        self._reader, self._packed, self._unpacker = reader, packed, UNPACKERS[method]()

    def pieces(self, most: int = PIECE) -> Iterator[bytes]:
        """What it unpacks to, at most so many bytes at once. Malformed when it is damaged, OverBudget when it is large.

        Ends early, and is not whole, when the packed bytes do.
        """
        for chunk in self._packed:
            self.used += len(chunk)
            yield from self._of(chunk, most)
            if self._unpacker.eof:
                self.rest = self._unpacker.unused_data
                self.is_whole, self.used = True, self.used - len(self.rest)
                return

    def _of(self, chunk: bytes, most: int) -> Iterator[bytes]:
        while True:
            try:
                piece = self._unpacker.decompress(chunk, most)
            except BROKEN as error:
                raise Malformed(f"a compressed stream is damaged: {error}") from error
            if piece:
                self._reader.unpack(len(piece))
                yield piece
            if self._unpacker.eof or self._unpacker.needs_input:
                return
            chunk = b""
