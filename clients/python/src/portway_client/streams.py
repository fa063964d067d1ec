"""A stream as a source: read once, in order, by nobody knows how many bytes. A part is kept until S3 has it, in memory
while that is little, else in a temporary file that has no name: whatever happens, nothing of it stays on disk."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from io import FileIO
from os import PathLike
from typing import BinaryIO, Protocol

from portway_client.errors import Unreadable
from portway_client.files import PIECE, BytesPart, FilePart, Reader
from portway_client.sources import Read

IN_MEMORY = 8 << 20
"""Parts up to this size are kept in memory; MOST_IN_MEMORY is for all parts of a stream together."""
MOST_IN_MEMORY = 32 << 20


class Fills(Protocol):
    """Where a stream's bytes come from."""

    def fill(self, window: memoryview) -> int:
        """Writes some bytes to the window's beginning; 0 at the end of the stream."""
        ...


class Closes(Protocol):
    def close(self) -> None: ...


class FromFile:
    """A binary file object: a pipe, a socket's file, an archive's member."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._readinto = getattr(file, "readinto1", None) or getattr(
            file, "readinto", None
        )  # 1: does not wait for more

    def fill(self, window: memoryview) -> int:
        if self._readinto:
            count = self._readinto(window)
            if count is None:
                raise BlockingIOError("it is in non-blocking mode")
            return int(count)
        content = self._file.read(len(window))
        if not isinstance(content, bytes | bytearray | memoryview):
            raise TypeError(f"it gives {type(content).__name__} instead of bytes; open it in binary mode")
        window[: len(content)] = content
        return len(content)


class FromPath:
    """A pipe, a device, or a file that does not say how long it is.

    It is opened by whoever reads it first: a pipe opens when somebody writes into it, and nobody else waits for that.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path, self._is_closed = path, False
        self._file: FileIO | None = None

    def fill(self, window: memoryview) -> int:
        if self._file is None:
            self._file = FileIO(os.fspath(self._path))
        if self._is_closed:  # while it opened
            self._file.close()
            return 0
        return self._file.readinto(window[:PIECE]) or 0  # who asks for 4 MiB at once gets nothing of /proc/sys

    def close(self) -> None:
        self._is_closed = True
        if self._file:
            self._file.close()


class FromChunks:
    """An iterator of bytes, of any lengths, empty ones too."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._rest = iter(chunks), memoryview(b"")

    def fill(self, window: memoryview) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk).cast("B")
        count = min(len(window), len(self._rest))
        window[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


@dataclass(frozen=True, slots=True)
class Kept:
    """A part that was read: in `memory`, or in a `file`."""

    length: int
    is_last: bool
    memory: bytearray | None = None
    file: FileIO | None = None

    def body(self, name: str) -> BytesPart | FilePart:
        if self.file is None:
            return BytesPart(memoryview(self.memory or b"").toreadonly()[: self.length])
        return FilePart(Reader(self.file, name), 0, self.length)

    def forget(self) -> None:
        if self.file is not None:
            self.file.close()


class StreamSource:
    """`part` and `release` may be called by any thread; `read` reads the parts in order, one at a time.

    It ends where the stream says so, and has at least one part. `owned`: what is closed together with this source.
    """

    is_repeatable = is_at_hand = False
    fingerprint = None
    size = None

    def __init__(self, stream: Fills, name: str = "stream", owned: Closes | None = None) -> None:
        self.name, self._stream, self._owned = name, stream, owned
        self._part_size = IN_MEMORY
        self._lock = threading.Lock()
        self._kept: dict[int, Kept] = {}
        self._next, self._ahead, self._ended = 1, b"", False
        self._broken: Unreadable | None = None

    def cut(self, part_size: int) -> None:
        self._part_size = part_size

    def read(self, number: int) -> Read:
        with self._lock:
            while number >= self._next and not self._ended:
                self._kept[self._next] = self._read_next()
                self._next += 1
        kept = self._part(number)
        return Read(kept.length, kept.is_last)

    def part(self, number: int) -> BytesPart | FilePart:
        return self._part(number).body(self.name)

    def release(self, number: int) -> None:
        if kept := self._kept.pop(number, None):
            kept.forget()

    def verify(self) -> None:
        """A stream is read once: there is nothing to compare it with."""

    def close(self) -> None:
        for number in list(self._kept):
            self.release(number)
        self._ended = True
        if self._owned:
            self._owned.close()

    def _part(self, number: int) -> Kept:
        try:
            return self._kept[number]
        except KeyError:
            raise Unreadable(f"Part {number} of {self.name} is not kept any more.") from None

    def _read_next(self) -> Kept:
        """Broken once is broken for good: a generator that has raised looks like one that is done."""
        if self._broken:
            raise self._broken
        try:
            return self._in_memory() if self._fits_memory() else self._in_file()
        except Unreadable as error:
            self._broken = error
            raise

    def _fits_memory(self) -> bool:
        held = sum(len(each.memory) for each in self._kept.values() if each.memory is not None)
        return self._part_size <= min(IN_MEMORY, MOST_IN_MEMORY - held)

    def _in_memory(self) -> Kept:
        memory = bytearray(self._part_size)
        return Kept(self._fill(memoryview(memory)), self._is_over(), memory=memory)

    def _in_file(self) -> Kept:
        try:
            file = tempfile.TemporaryFile(buffering=0, prefix="portway-")  # noqa: SIM115 - Kept closes it
        except OSError as error:
            raise self._no_room(error) from error
        try:
            return Kept(self._spool(file), self._is_over(), file=file)
        except BaseException:
            file.close()
            raise

    def _spool(self, file: FileIO) -> int:
        window, length, count = memoryview(bytearray(min(PIECE, self._part_size))), 0, 1
        while count and length < self._part_size:
            count = self._fill(window[: self._part_size - length])
            length += count
            rest = window[:count]
            while rest:
                try:
                    rest = rest[file.write(rest) :]
                except OSError as error:
                    raise self._no_room(error) from error
        return length

    def _fill(self, window: memoryview) -> int:
        """As many bytes as there are; fewer than the window has only at the end."""
        count = len(self._ahead)
        window[:count], self._ahead = self._ahead, b""
        while count < len(window) and (more := self._some(window[count:])):
            count += more
        return count

    def _is_over(self) -> bool:
        """Looks one byte ahead, so that the last part is known to be the last."""
        ahead = bytearray(1)
        if self._some(memoryview(ahead)):
            self._ahead = bytes(ahead)
        return self._ended

    def _some(self, window: memoryview) -> int:
        """0 at the end, which is asked for once: a terminal would have to say it again."""
        if self._ended:
            return 0
        try:
            count = self._stream.fill(window)
        except Exception as error:  # whatever somebody else's code raises
            words = str(error) or type(error).__name__
            raise Unreadable(f"The stream {self.name} broke: {words}.", advice="") from error
        self._ended = self._ended or not count  # closed meanwhile: nothing more is taken from it
        return count

    def _no_room(self, error: OSError) -> Unreadable:
        words = f"A part of {self.name} cannot be kept in {tempfile.gettempdir()}: {error.strerror}."
        return Unreadable(words, advice="Make room, or name another folder by TMPDIR.")
