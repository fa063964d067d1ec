"""Where bytes come from: a file, bytes, or a stream whose length nobody knows. Each gives parts, by number.

The kinds are in `files` and `streams`; `sendables.source_of` makes one of whatever is handed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from portway_client.transport import Body


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How a file is recognised without reading it. `modified_ns` is its modification time in nanoseconds."""

    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Read:
    """A part that is at hand: its length, and whether it is the last one of a stream."""

    length: int
    is_last: bool


class Source(Protocol):
    """`size` is None for a stream. Its methods are called by several threads, each part by one at a time."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int | None: ...

    @property
    def is_repeatable(self) -> bool:
        """Whether parts can be read in any order, as often as wished. Those of a stream are read once, in order, and
        kept until they are released."""
        ...

    @property
    def is_at_hand(self) -> bool:
        """Whether reading costs next to nothing (bytes in memory), so that checksums may be known before signing."""
        ...

    @property
    def fingerprint(self) -> Fingerprint | None:
        """None where there is nothing to recognise it by."""
        ...

    def cut(self, part_size: int) -> None:
        """From now on parts have so many bytes, but the last one."""
        ...

    def read(self, number: int) -> Read:
        """Makes the part ready: streams read it now. Raises Unreadable."""
        ...

    def part(self, number: int) -> Body:
        """Its bytes. Reading raises FileChanged when the file has become shorter, and Unreadable."""
        ...

    def release(self, number: int) -> None:
        """S3 has it; a stream forgets its bytes."""
        ...

    def verify(self) -> None:
        """Raises FileChanged if the file is not what it was when this source was made."""
        ...

    def close(self) -> None:
        """Files are closed, spooled bytes removed. May be called twice."""
        ...
