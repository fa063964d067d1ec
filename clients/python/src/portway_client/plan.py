"""Which parts there are of an upload, which of them S3 has, and what is left. Plain data."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Plan:
    """What is known of the parts. `todo` in the order in which they are sent; for a stream it grows as it is read."""

    upload_id: str
    algorithm: str
    part_size: int
    size: int | None
    todo: deque[int]
    binds: bool
    """Checksums are known before signing, and enter the URLs."""
    turns_ahead: int
    """So many parts may be ready for each that may be on its way."""
    is_stream: bool = False
    is_single: bool = False
    """One PUT of the whole object: nothing is to be completed."""
    lengths: dict[int, int] = field(default_factory=dict)
    checksums: dict[int, str] = field(default_factory=dict)
    """Of parts that S3 has."""
    life_seconds: float = 900.0

    def length(self, number: int) -> int:
        if self.size is None:
            return self.lengths[number]
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    def whole(self) -> list[tuple[str, int]]:
        """Checksum and length of every part, in order."""
        return [(self.checksums[number], self.length(number)) for number in sorted(self.checksums)]
