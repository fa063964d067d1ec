"""A gzip copy of large files that are mostly text."""

from __future__ import annotations

import gzip
import shutil

from portway.results import Made, Source, smaller

TYPES = ("text/*", "application/json", "application/x-ndjson", "image/svg+xml", "image/bmp", "audio/x-wav")
LEAST = 5 << 20
"""Smaller files are not worth a second object."""
LEVEL = 6


def gzipped(source: Source) -> list[Made]:
    """file.gz, where the file has over 5 MiB and a tenth is saved. The same file gives the same bytes."""
    if source.size <= LEAST:
        return []
    path = source.folder / "file.gz"
    with (
        source.path.open("rb") as plain,
        path.open("wb") as packed,
        gzip.GzipFile("", "wb", LEVEL, packed, mtime=0) as target,
    ):
        shutil.copyfileobj(plain, target, 1 << 20)
    return smaller(source, Made("file.gz", path, "application/gzip"))
