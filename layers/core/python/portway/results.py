"""What is made of a published file, and lies beside it: thumbnails, smaller copies, facts. Shapes only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_SOURCE = 512 << 20
"""Bytes of the largest file of which anything is made: it is on the function's disk while that is done."""
GAIN = 0.9
"""A copy that is meant to be smaller is kept only below this share of the original."""


@dataclass(frozen=True, slots=True)
class Source:
    """A published file on local disk, and what its inspection learnt. `folder` takes what is made."""

    path: Path
    size: int
    content_type: str
    facts: Mapping[str, Any]
    folder: Path


@dataclass(frozen=True, slots=True)
class Made:
    """Something that was made, still on local disk. `name` goes into its key: lower case, digits, dash and dot."""

    name: str
    path: Path
    content_type: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.path.stat().st_size


RESULTS: Mapping[str, str] = {
    "facts": "`facts.json`: what inspection learnt",
    "thumbnails": "`thumbnail-256.webp` and `thumbnail-1024.webp` of pictures",
    "optimised": "`optimised.jpg` of pictures over 1 MiB, where a tenth is saved",
    "compact": "`compact.pdf`, where a tenth is saved",
    "gzip": "`file.gz` of texts over 5 MiB, where a tenth is saved",
}
"""What a policy may ask for. How each is made is in portway.derivers, which needs layers/media."""
Maker = Callable[[Source], "list[Made]"]
"""What can be made of a file; nothing, where nothing is gained. Raises NotMade for a file that it cannot read."""


class NotMade(Exception):
    """This file does not lend itself to it; the words are for operators."""


def smaller(source: Source, made: Made) -> list[Made]:
    """The copy with what it saves, or nothing where it saves too little."""
    if made.size >= GAIN * source.size:
        return []
    gained = {"original_bytes": source.size, "saved_bytes": source.size - made.size}
    return [Made(made.name, made.path, made.content_type, {**made.facts, **gained})]
