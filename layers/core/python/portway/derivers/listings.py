"""What is in an archive: every entry, where the verdict has room for a few. Of a zip only the directory is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from portway.content import Anatomy, Malformed
from portway.formats import tar, zip_directory
from portway.formats.members import Member
from portway.reader import OverBudget, Reader
from portway.results import Made, NotMade, Source

MOST = 100_000
"""Entries that are listed; the inspection takes fewer, unless a policy says otherwise."""


def _zip(reader: Reader) -> Iterator[Member]:
    yield from zip_directory.members(reader, zip_directory.locate(reader, Anatomy()))


def _tar(reader: Reader) -> Iterator[Member]:
    yield from tar.members(tar.Ranges(reader))


LISTED: Mapping[str, Callable[[Reader], Iterable[Member]]] = {"application/zip": _zip, "application/x-tar": _tar}
TYPES = tuple(LISTED)


def listing(source: Source) -> list[Made]:
    """listing.json: `{"entries": [{"name", "size"}, …], "is_whole"}`. Names are data: never build a path from one."""
    path = source.folder / "listing.json"
    try:
        found = list(islice(LISTED[source.content_type](source.reader), MOST + 1))
    except (Malformed, OverBudget) as error:
        raise NotMade(str(error)) from error
    entries = [{"name": each.name, "size": each.size} for each in found[:MOST]]
    told = {"entries": entries, "is_whole": len(found) <= MOST}
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8", errors="backslashreplace")
    return [Made("listing.json", path, "application/json", {"entries": len(entries)})]
