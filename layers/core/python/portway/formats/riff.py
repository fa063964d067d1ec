"""Chunks of RIFF, RF64 and AIFF files: four characters, a size, an even end.

Microsoft and IBM "Multimedia Programming Interface and Data Specifications 1.0"; EBU Tech 3306 (RF64); Apple "Audio
Interchange File Format" 1.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from portway.content import Malformed
from portway.reader import OverBudget, Reader

MAX_CHUNKS = 10_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """`at` is the offset of its header, `body` to `end` its content, without the byte that makes its end even."""

    kind: bytes
    at: int
    body: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.body

    def __str__(self) -> str:
        return f"chunk {self.kind!r} at {self.at}"


def chunks(
    reader: Reader,
    first: int,
    end: int,
    order: Literal["little", "big"] = "little",
    data_length: int | None = None,
    seen: Iterator[int] | None = None,
) -> Iterator[Chunk]:
    """Those from `first` to `end`. `data_length` is the length of a `data` chunk that is too large for its field.

    `seen` counts those of one file: OverBudget beyond MAX_CHUNKS. Malformed where one reaches out. A single byte behind
    the last one is padding.
    """
    at, numbers = first, count() if seen is None else seen
    while end - at >= 2:
        reader.check()
        if next(numbers) >= MAX_CHUNKS:
            raise OverBudget("chunks")
        head = reader.read(at, min(8, end - at))
        kind, length = head[:4], int.from_bytes(head[4:8], order)
        if kind == b"data" and length == 0xFFFFFFFF:
            length = end - at - 8 if data_length is None else data_length
        if len(head) < 8 or not all(0x20 <= byte < 0x7F for byte in kind) or at + 8 + length > end:
            raise Malformed(f"no whole chunk at {at}")
        yield Chunk(kind, at, at + 8, at + 8 + length)
        at += 8 + length + length % 2
