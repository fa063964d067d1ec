"""Bodies on disk: written under `incoming/`, renamed into `parts/` once they are whole and checked.

An object is a list of such files, so nothing is ever joined or copied. A file is immutable; several objects may
share one (copies do). What a killed process left behind is removed at the next start.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

READ_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Slice:
    """`length` bytes of one body file from `offset` on."""

    file: str
    offset: int
    length: int


class Incoming:
    """One body being written. Unless `keep` is called, nothing of it stays."""

    def __init__(self, name: str, path: Path, parts: Path) -> None:
        self.name, self._path, self._parts = name, path, parts
        self.file: BinaryIO = path.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        """All of `data`; called from worker threads."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.file.write(rest) :]

    def keep(self) -> str:
        """Make the body visible under its name."""
        self.file.close()
        self._path.rename(self._parts / self.name)
        return self.name


class Files:
    """The folder of bodies. `orphans` picks those that no record names. All methods run on the event loop's thread."""

    def __init__(self, folder: Path, orphans: Callable[[Iterable[str]], list[str]]) -> None:
        self._incoming, self._parts = folder / "incoming", folder / "parts"
        self._orphans, self._readers, self._doomed = orphans, 0, set[str]()
        self.is_closing = False
        for path in (self._incoming, self._parts):
            path.mkdir(parents=True, exist_ok=True)

    def sweep(self, known: set[str]) -> None:
        """Remove half-written bodies and those that no record names: a process died between two steps."""
        for path in (*self._incoming.iterdir(), *(p for p in self._parts.iterdir() if p.name not in known)):
            path.unlink()

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """A new body; removed at the end unless it was kept."""
        name = secrets.token_hex(16)
        path = self._incoming / name
        body = Incoming(name, path, self._parts)
        try:
            yield body
        finally:
            body.file.close()
            path.unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        return self._parts / name

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While somebody reads, deleted bodies stay: a GET that has begun ends with the bytes it promised."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            self.release(())

    def release(self, names: Iterable[str]) -> None:
        """Delete those of `names` that no record names any more, at once or when the last reader has gone.

        Called after the transaction that gave them up. A copy may have begun to share one meanwhile: it stays.
        """
        self._doomed.update(names)
        if not self._readers:
            for name in self._orphans(self._doomed):
                self.path(name).unlink(missing_ok=True)
            self._doomed.clear()

    def blocks(self, slices: Iterable[Slice]) -> Iterator[bytes]:
        """The bytes of `slices` in blocks of at most 1 MiB; for worker threads, within `reading`."""
        for one in slices:
            with self.path(one.file).open("rb") as file:
                file.seek(one.offset)
                left = one.length
                while left:
                    if self.is_closing:
                        raise OSError("the endpoint is stopping")
                    block = file.read(min(left, READ_BLOCK))
                    if not block:
                        raise OSError(f"body {one.file} is shorter than its record")
                    left -= len(block)
                    yield block
