"""Files and bytes as sources: parts in any order, as often as wished, and never more memory than threads that read.

A memory map would be faster, but a process dies with SIGBUS when a mapped file shrinks; `preadv` says so calmly.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO

from portway_client.errors import FileChanged, Unreadable
from portway_client.sources import Fingerprint, Read

PIECE = 1 << 20
"""Most bytes that are read at once."""
SMALL = 16 << 20
"""A file up to this size is read twice, from the page cache: that takes less than the round trips that it saves."""
_buffers: deque[bytearray] = deque(maxlen=16)
"""Those that nobody uses right now."""


def unicode_name(path: str) -> str:
    """The base name as JSON and a screen can have it: bytes that are no UTF-8, which Python keeps as halves of
    surrogate pairs, become U+FFFD. Otherwise it stays as it is, in every alphabet and either form of accents."""
    return re.sub("[\ud800-\udfff]", "\ufffd", os.path.basename(path))  # noqa: PTH119 - as it is


def _open(path: str, flags: int) -> int:
    """Without waiting for anybody to write into a pipe of this name."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def is_unmeasured(path: str | os.PathLike[str]) -> bool:
    """A regular file that has bytes and 0 for a size: those of /proc are made when they are read. Raises OSError."""
    with FileIO(os.fspath(path), opener=_open) as file:
        return file.read(1) != b"" and not os.fstat(file.fileno()).st_size


@contextmanager
def _buffer() -> Iterator[memoryview]:
    """A window of PIECE bytes, which are someone else's afterwards."""
    try:
        buffer = _buffers.pop()
    except IndexError:
        buffer = bytearray(PIECE)
    try:
        yield memoryview(buffer)
    finally:
        _buffers.append(buffer)


class Reader:
    """A file that several threads read at once, each where it likes."""

    def __init__(self, file: FileIO, name: str) -> None:
        self.file, self._name = file, name
        self._lock = threading.Lock()

    def pieces(self, offset: int, length: int) -> Iterator[memoryview]:
        """Exactly these bytes. A piece is good until the next one is asked for. Raises FileChanged, Unreadable."""
        end = offset + length
        with _buffer() as window:
            while offset < end:
                count = self._into(window[: end - offset], offset)
                if not count:
                    raise FileChanged(f"{self._name} has become shorter: it ends at byte {offset}.")
                yield window[:count]
                offset += count

    def _into(self, window: memoryview, offset: int) -> int:
        try:
            return self._read(window, offset)
        except (OSError, ValueError) as error:  # ValueError: closed meanwhile
            raise Unreadable(f"{self._name} cannot be read at byte {offset}: {error}.") from error

    def _read(self, window: memoryview, offset: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self.file.fileno(), [window], offset)
        with self._lock:  # Windows and macOS: the position is shared
            self.file.seek(offset)
            return self.file.readinto(window) or 0


@dataclass(frozen=True, slots=True)
class FilePart:
    """A Body: some bytes of a file."""

    reader: Reader
    offset: int
    length: int

    def pieces(self) -> Iterator[memoryview]:
        return self.reader.pieces(self.offset, self.length)


@dataclass(frozen=True, slots=True)
class BytesPart:
    """A Body: bytes in memory, told in pieces so that progress is seen."""

    content: memoryview

    @property
    def length(self) -> int:
        return len(self.content)

    def pieces(self) -> Iterator[memoryview]:
        for start in range(0, self.length, PIECE):
            yield self.content[start : start + PIECE]


@dataclass(slots=True)
class Cut:
    """Where the parts of `size` bytes begin and end. Uncut it is one part."""

    size: int
    part_size: int = 0

    def range(self, number: int) -> tuple[int, int]:
        """First byte and length of a part. An empty file has one empty part. ValueError past the last one."""
        offset = (number - 1) * self.part_size
        if number < 1 or (offset >= self.size and number > 1):
            raise ValueError(f"there is no part {number}")
        return offset, min(self.part_size or self.size, self.size - offset)

    def read(self, number: int) -> Read:
        offset, length = self.range(number)
        return Read(length, offset + length == self.size)


class FileSource:
    """A regular file, open from now on: another file that is moved to its place changes nothing.

    Raises Unreadable when it cannot be opened, or is a directory or a device. Close it when nobody reads it any more.
    """

    is_repeatable = True

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.path.abspath(path)  # noqa: PTH100 - a Path would change what bytes of other encodings mean
        self.name = unicode_name(self.path)
        try:
            self._file = FileIO(self.path, opener=_open)
        except OSError as error:
            raise Unreadable(f"{self.name} cannot be opened: {error.strerror}.") from error
        self._reader = Reader(self._file, self.name)
        if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            self._file.close()
            raise Unreadable(f"{self.name} is not a regular file.")
        self.fingerprint = self._look()
        self._cut = Cut(self.fingerprint.size)

    @property
    def size(self) -> int:
        return self.fingerprint.size

    @property
    def is_at_hand(self) -> bool:
        return self.size <= SMALL

    def cut(self, part_size: int) -> None:
        self._cut = Cut(self.size, part_size)

    def read(self, number: int) -> Read:
        return self._cut.read(number)

    def part(self, number: int) -> FilePart:
        return FilePart(self._reader, *self._cut.range(number))

    def release(self, number: int) -> None:
        """Nothing was kept."""

    def verify(self) -> None:
        now = self._look()
        if now == self.fingerprint:
            return
        if now.size != self.size:
            raise FileChanged(f"{self.name} had {self.size} bytes when the upload began and has {now.size} now.")
        raise FileChanged(f"{self.name} was written to while it was sent.")

    def close(self) -> None:
        self._file.close()

    def _look(self) -> Fingerprint:
        try:
            seen = os.fstat(self._file.fileno())
        except (OSError, ValueError) as error:
            raise Unreadable(f"{self.name} cannot be read any more: {error}.") from error
        return Fingerprint(seen.st_size, seen.st_mtime_ns)


class BytesSource:
    """Bytes in memory. They are not copied, and must not be changed while they are sent."""

    is_repeatable = is_at_hand = True
    fingerprint = None

    def __init__(self, content: bytes | bytearray | memoryview, name: str = "file") -> None:
        self.name, self._content = name, memoryview(content).cast("B")
        self.size = len(self._content)
        self._cut = Cut(self.size)

    def cut(self, part_size: int) -> None:
        self._cut = Cut(self.size, part_size)

    def read(self, number: int) -> Read:
        return self._cut.read(number)

    def part(self, number: int) -> BytesPart:
        offset, length = self._cut.range(number)
        return BytesPart(self._content[offset : offset + length])

    def release(self, number: int) -> None:
        """The bytes are the caller's."""

    def verify(self) -> None:
        """Nobody changes them: that was agreed."""

    def close(self) -> None:
        """The bytes are the caller's."""
