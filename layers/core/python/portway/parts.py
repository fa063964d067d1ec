"""How a file is cut into parts, and which of them are there. Pure arithmetic over bytes and part numbers (from 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portway.errors import Fault

MIB, GIB = 1 << 20, 1 << 30
Range = tuple[int, int]
"""Inclusive: (1, 3) is the parts 1, 2 and 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """S3's limits of a multipart upload (S3 user guide, "Multipart upload limits") and our default part, in bytes."""

    min_part: int = 5 * MIB
    max_part: int = 5 * GIB
    max_parts: int = 10_000
    default_part: int = 16 * MIB
    step: int = MIB

    @property
    def max_object(self) -> int:
        return self.max_part * self.max_parts


@dataclass(frozen=True, slots=True)
class Layout:
    """A file of `size` bytes in parts of `part_size`, the last at most that. An empty file is one empty part."""

    size: int
    part_size: int

    @property
    def count(self) -> int:
        return max(1, -(-self.size // self.part_size))

    def length(self, number: int) -> int:
        """Exact bytes of part `number`."""
        return self.part_size if number < self.count else self.size - self.part_size * (self.count - 1)

    def stored_bytes(self, bitmap: int) -> int:
        """Bytes of the parts in `bitmap` (bit n = part n)."""
        last = self.count
        has_last = bitmap >> last & 1
        return (bitmap.bit_count() - has_last) * self.part_size + has_last * self.length(last)


def part_size_for(size: int, limits: Limits) -> int:
    """Bytes per part for a file of `size` bytes.

    `limits.default_part`, grown to size / 1000 rounded up to whole steps (MiB), at most `limits.max_part`. A thousand
    parts keep ListParts at one page; smaller parts cost money for nothing on fast links.
    """
    thousandth = -(-size // 1000)
    grown = -(-thousandth // limits.step) * limits.step
    return min(max(limits.default_part, grown), limits.max_part)


def size_faults(size: int | None, wanted: int | None, limits: Limits) -> list[Fault]:
    """What is wrong with a file size (None: not known yet) and the part size that the client wishes for it."""
    size = 0 if size is None else size
    if size < 0:
        return [Fault("size", "too_small", "size must be 0 or more bytes.", 0, size)]
    if size > limits.max_object:
        return [Fault("size", "too_large", f"size is over S3's limit of {limits.max_object}.", limits.max_object, size)]
    if wanted is None:
        return []
    least = max(limits.min_part, -(-size // limits.max_parts))
    if least <= wanted <= limits.max_part:
        return []
    words = f"part_size must be from {least} to {limits.max_part} bytes for a file of {size} bytes, or left out."
    return [Fault("part_size", "out_of_range", words, [least, limits.max_part], wanted)]


def missing(stored: Iterable[int], count: int) -> tuple[Range, ...]:
    """Which of the parts 1…count are not in `stored` (ascending), as inclusive ranges."""
    gaps: list[Range] = []
    expected = 1
    for number in (*stored, count + 1):
        if expected < number and expected <= count:
            gaps.append((expected, min(number - 1, count)))
        expected = number + 1
    return tuple(gaps)


def bitmap(spans: Sequence[Range]) -> int:
    """Ranges as a number whose bit n stands for part n."""
    bits = 0
    for first, last in spans:
        bits |= ((1 << (last - first + 1)) - 1) << first
    return bits
