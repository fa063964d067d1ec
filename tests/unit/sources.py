"""Files in memory as inspectors see them: a source that remembers what was read of it, readers and views over it."""

from __future__ import annotations

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
