"""Files in memory as inspectors see them: a source that remembers what was read of it, readers and views over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portway.media_types import canonical
from portway.names import extension
from portway.pipeline import View
from portway.reader import Budget, Reader
from tests.fakes.uploads import an_upload


class Source:
    """A file that remembers which ranges were read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.reads = data, list[tuple[int, int]]()

    def __call__(self, first: int, length: int) -> bytes:
        self.reads.append((first, length))
        return self.data[first : first + length]


class Sparse:
    """Known bytes at some offsets, `filler(first, length)` between them; it counts what is read."""

    def __init__(self, size: int, pieces: dict[int, bytes], filler: Callable[[int, int], bytes] | None = None) -> None:
        self.size, self.pieces, self.requests, self.read = size, pieces, 0, 0
        self.filler = filler or (lambda _, length: bytes(length))

    def __call__(self, first: int, length: int) -> bytes:
        self.requests, self.read = self.requests + 1, self.read + length
        data = bytearray(self.filler(first, length))
        for at, piece in self.pieces.items():
            start, end = max(at, first), min(at + len(piece), first + length)
            if start < end:
                data[start - first : end - first] = piece[start - at : end - at]
        return bytes(data)


def reader(data: bytes | Source, budget: Budget | None = None) -> Reader:
    """A reader with a clock that stands still."""
    source = data if isinstance(data, Source) else Source(data)
    return Reader(source, len(source.data), budget or Budget(), lambda: 0)


def view(data: bytes | Source, content_type: str, name: str = "a", declared: int | None = None, **more: Any) -> View:
    """What an inspector gets to see of a file with these bytes and this declaration; `more` are fields of View."""
    source = reader(data)
    return View(
        name=name,
        extension=extension(name),
        declared_type=canonical(content_type),
        declared_size=source.size if declared is None else declared,
        reader=source,
        upload=an_upload(),
        **more,
    )


def unheard(inspector: str, bug: Exception) -> None:
    """No inspector should have a bug: the test fails with it."""
    raise AssertionError(inspector) from bug
