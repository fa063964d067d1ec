"""One file behind a compression: gzip (RFC 1952), bzip2, xz (The .xz File Format 1.1.0); a tar inside is walked, too.

Unpacked as a stream, which is thrown away: every stream must end with its checksum, and the last one with the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import tar
from portway.formats.members import LARGE, Contents, fault_of
from portway.formats.unpacking import Stream
from portway.reader import Reader

MAGIC: Mapping[str, bytes] = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\0"}
LOOKED_INTO = 128 << 20
"""Unpacked bytes after which the rest is not looked into: `unsupported`, so that the policy decides about it."""
STREAMS = 100_000
"""Streams one behind the other: `bgzip` begins one every 64 KiB."""
SLICE = 64 << 10
EXTRA, NAME, COMMENT = 4, 8, 16
"""Flags of the header of gzip (RFC 1952, 2.3.1)."""


class Enough(Exception):
    """As much as may be was looked into."""


class Chunks(Iterator[bytes]):
    """The file in slices; what a stream left over comes first again."""

    def __init__(self, reader: Reader) -> None:
        self.rest = b""
        self._slices = (
            chunk[at : at + SLICE] for chunk in reader.scan() for at in range(0, len(chunk), SLICE)
        )  # small: what a stream does not use is copied

    def __next__(self) -> bytes:
        data, self.rest = self.rest or next(self._slices), b""
        return data

    def peek(self) -> bytes:
        """What comes next, at least six bytes unless the file ends."""
        while len(self.rest) < 6 and (more := next(self._slices, b"")):
            self.rest += more
        return self.rest


class Unpacked:
    """What is behind the compression, as a source from front to back."""

    def __init__(self, reader: Reader, method: str, anatomy: Anatomy) -> None:
        self.at = self.unpacked = self.packed = 0
        self._reader, self._method, self._anatomy = reader, method, anatomy
        self._pieces, self._buffer = self._streams(), b""

    def take(self, length: int) -> bytes:
        while len(self._buffer) < length and (more := next(self._pieces, b"")):
            self._buffer += more
        data, self._buffer = self._buffer[:length], self._buffer[length:]
        self.at += len(data)
        return data

    def skip(self, length: int) -> None:
        end = self.at + length
        while self.at + len(self._buffer) < end:
            self.at += len(self._buffer)
            self._buffer = next(self._pieces, b"")
            if not self._buffer:
                raise Malformed(f"a member goes on behind the end, from {self.at}")
        self._buffer = self._buffer[end - self.at :]
        self.at = end

    def peek(self, length: int) -> bytes:
        data = self.take(length)
        self._buffer, self.at = data + self._buffer, self.at - len(data)
        return data

    def is_rest_empty(self) -> bool:
        """Whether only zeros follow; to the end of the file, so that every checksum is compared."""
        is_empty = tar.is_empty(self._buffer)
        for piece in self._pieces:
            is_empty = is_empty and tar.is_empty(piece)
        return is_empty

    def _streams(self) -> Iterator[bytes]:
        chunks = Chunks(self._reader)
        for _ in range(STREAMS):
            self._reader.check()
            before, stream = self.packed, Stream(self._reader, self._method, chunks)
            for piece in stream.pieces():
                self.packed = before + stream.used
                self.unpacked += len(piece)
                yield piece
                if self.unpacked > LOOKED_INTO:
                    raise Enough
            if not stream.is_whole:
                raise Malformed("the last stream is cut off")
            self.packed, chunks.rest = before + stream.used, stream.rest
            following = chunks.peek()
            if not following.startswith(MAGIC[self._method]):
                self._judge_rest(following)
                return
        self._anatomy.mark(Trick.ARCHIVE_ENTRIES, f"over {STREAMS} streams")

    def _judge_rest(self, following: bytes) -> None:
        """Behind the last stream some tapes and xz itself put zeros, and nothing else may stand."""
        rest = self._reader.size - self.packed
        if rest > tar.PADDING or not tar.is_empty(self._reader.read(self.packed, rest)) or following.strip(b"\0"):
            self._anatomy.mark(Trick.TRAILING_DATA, f"{rest} bytes behind the last stream")


def walk(reader: Reader, bounds: Bounds, *, method: str) -> Anatomy:
    """Facts: unpacked_bytes; for a tar inside also entries and listing, and its unpacked_bytes are its members'."""
    anatomy = Anatomy()
    if not reader.head.startswith(MAGIC[method]):
        raise Malformed(f"no {method} signature")
    if method == "gzip":
        _judge_header(reader, bounds, anatomy)
    source, contents = Unpacked(reader, method, anatomy), Contents(anatomy, bounds)
    try:
        _look(source, contents)
    except Enough:
        anatomy.mark(Trick.UNSUPPORTED, f"only the first {LOOKED_INTO} unpacked bytes were looked into")
    anatomy.facts["unpacked_bytes"] = source.unpacked
    if contents.count:
        contents.close()
    if source.unpacked > bounds.unpacked or source.unpacked > max(LARGE, bounds.ratio * source.packed):
        anatomy.mark(Trick.ARCHIVE_BOMB, f"{source.unpacked} bytes from {source.packed}")
    return anatomy


def _look(source: Unpacked, contents: Contents) -> None:
    head = source.peek(tar.BLOCK)
    if head[257:262] != b"ustar":
        contents.look("", head)
        source.is_rest_empty()
        return
    for _ in tar.look(source, contents):
        pass
    if contents.count <= contents.bounds.entries and not source.is_rest_empty():
        contents.anatomy.mark(Trick.TRAILING_DATA, "bytes behind the end of the tar inside")


def _judge_header(reader: Reader, bounds: Bounds, anatomy: Anatomy) -> None:
    """Name, comment and extra field of the first stream; zlib judges the rest of the header."""
    flags, at = int.from_bytes(reader.read(3, 1)), 10
    extra = int.from_bytes(reader.read(at, 2), "little") if flags & EXTRA else 0
    at += 2 + extra if flags & EXTRA else 0
    texts = reader.read(at, 64 << 10).split(b"\0")
    name = texts[0] if flags & NAME else b""
    comment = texts[1 if flags & NAME else 0] if flags & COMMENT and len(texts) > 1 else b""
    if max(extra, len(name), len(comment)) > bounds.metadata_text:
        anatomy.mark(Trick.METADATA_OVERSIZED, "an extra field, name or comment of gzip")
    fault = fault_of(name.decode("latin-1")) if name else None
    if fault:
        anatomy.mark(Trick.ARCHIVE_PATH, f"{name[:100]!r} {fault}")
