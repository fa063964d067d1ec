"""Reading one version of one file by ranges: as few requests as can be, within a budget.

Blocks that were read stay, so that walkers may jump; what is scanned from end to end passes by and is not kept. Figures
of a 10 GB zip's directory: one request of 128 KiB where smaller blocks take two (docs/benchmarks.md).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

BLOCK, KEPT_BLOCKS = 128 << 10, 64
"""Random reads are rounded to blocks of 128 KiB; 8 MiB of them are kept."""
CHUNK = 4 << 20
"""Bytes of one request of a scan."""
HEAD_BYTES = 16 * 1024
"""Enough for every signature."""

Fetch = Callable[[int, int], bytes]
"""(first, length) → bytes of the one version that is inspected. Unavailable when S3 does not answer."""


class OverBudget(Exception):
    """An inspection would cost more bytes, unpacked bytes or time than one file may cost: it was not inspected."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The inspection needs more {what} than one file may cost.")
        self.what = what


@dataclass(frozen=True, slots=True)
class Budget:
    """What one file's inspection may cost: bytes from S3, bytes that it unpacks, and time.

    Memory has its bound in the blocks and chunks here: 8 MiB and 4 MiB, whatever the file is.
    """

    read_bytes: int = 1 << 30
    unpacked_bytes: int = 256 << 20
    milliseconds: int = 120_000


class Reader:
    """The bytes of a file. Every walker reads through the same one, and finds there what others have read."""

    def __init__(self, fetch: Fetch, size: int, budget: Budget, now: Callable[[], int]) -> None:
        self.size, self.budget = size, budget
        self.bytes_read = self.unpacked = self.requests = 0
        self._fetch, self._now, self._end = fetch, now, now() + budget.milliseconds
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, first: int, length: int) -> bytes:
        """A range of the file; fewer bytes at its end, none behind it. ValueError for a negative offset."""
        if first < 0:
            raise ValueError(f"no file has an offset {first}")
        length = min(length, self.size - first)
        if length <= 0:
            return b""
        if length > BLOCK * KEPT_BLOCKS // 2:
            return self._get(first, length)
        start, end = first // BLOCK, (first + length - 1) // BLOCK
        self._load(start, end)
        data = b"".join(self._blocks[block] for block in range(start, end + 1))
        at = first - start * BLOCK
        return data[at : at + length]

    @property
    def head(self) -> bytes:
        """The first 16 KiB."""
        return self.read(0, HEAD_BYTES)

    def tail(self, length: int) -> bytes:
        """The last bytes. Asked for first, they cost one request also where they cross a block."""
        return self.read(max(0, self.size - length), length)

    def scan(self, first: int = 0, end: int | None = None, chunk: int = CHUNK) -> Iterator[bytes]:
        """The bytes from `first` to before `end` (or the file's end), a chunk at a time."""
        end = self.size if end is None else min(end, self.size)
        while first < end:
            data = self._get(first, min(chunk, end - first))
            first += len(data)
            yield data

    def unpack(self, count: int) -> None:
        """Note that so many bytes were unpacked. OverBudget when that is more than a file may have."""
        self.unpacked += count
        if self.unpacked > self.budget.unpacked_bytes:
            raise OverBudget("unpacked bytes")
        self.check()

    def check(self) -> None:
        """For loops that read nothing: OverBudget when the time is up."""
        if self._now() > self._end:
            raise OverBudget("time")

    def _load(self, start: int, end: int) -> None:
        """Have these blocks, the missing ones in one request for each run of them."""
        missing = [block for block in range(start, end + 1) if block not in self._blocks]
        for run in _runs(missing):
            data = self._get(run[0] * BLOCK, len(run) * BLOCK)
            for at, block in enumerate(run):
                self._blocks[block] = data[at * BLOCK : (at + 1) * BLOCK]
        for block in range(start, end + 1):
            self._blocks.move_to_end(block)
        while len(self._blocks) > KEPT_BLOCKS:
            self._blocks.popitem(last=False)

    def _get(self, first: int, length: int) -> bytes:
        self.check()
        length = min(length, self.size - first)
        if self.bytes_read + length > self.budget.read_bytes:
            raise OverBudget("bytes")
        data = self._fetch(first, length)
        self.bytes_read += len(data)
        self.requests += 1
        if len(data) != length:
            raise ValueError(f"{length} bytes were asked for at {first}, {len(data)} came")
        return data


def _runs(numbers: list[int]) -> list[list[int]]:
    """Neighbours together."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
