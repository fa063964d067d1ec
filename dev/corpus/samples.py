"""What a sample is. Each family has its SAMPLES; nothing is kept as a file, everything is made when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """A file as somebody would declare it. `make` gives the same bytes in every run, as far as its tools do.

    `codes` are the tricks in it: at least one of them has to be found. A sample without codes is a good file: nothing
    that a strict policy would keep it back for may be found.
    """

    name: str
    content_type: str
    extension: str
    make: Callable[[], bytes]
    codes: frozenset[str] = frozenset()

    @property
    def is_hostile(self) -> bool:
        return bool(self.codes)
