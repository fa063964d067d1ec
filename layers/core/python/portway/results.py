"""What is made of a published file, and lies beside it: thumbnails, smaller copies, facts. Shapes only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from portway.reader import Reader

MAX_SOURCE = 512 << 20
"""Bytes of the largest file that is fetched to the function's disk; of larger ones parts are read where they lie."""
GAIN = 0.9
"""A copy that is meant to be smaller is kept only below this share of the original."""


@dataclass(frozen=True)
class Source:
    """A published file, and what its owner is shown of what its inspection learnt. `folder` takes what is made.

    `path` is the whole file on local disk, fetched when first asked for (NotMade above MAX_SOURCE); `reader` reads
    parts of it where it lies.
    """

    size: int
    content_type: str
    facts: Mapping[str, Any]
    folder: Path
    reader: Reader
    fetch: Callable[[Path], None]

    @cached_property
    def path(self) -> Path:
        if self.size > MAX_SOURCE:
            raise NotMade(f"{self.size} bytes are more than are fetched")
        path = self.folder / "source"
        self.fetch(path)
        return path


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
    "facts": "`facts.json`: what inspection learnt that the owner is shown",
    "listing": "`listing.json`: what is in an archive, every entry with its size",
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
