"""Documents and texts: the walker of each of their types. Those of offices are in the table of extensions, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portway.formats import Walker, later
from portway.media_types import EPUB, EXTENSIONS, OOXML, OPEN_DOCUMENT


def _of_offices() -> Iterator[tuple[str, Walker]]:
    for extension, declared in EXTENSIONS.items():
        kind = extension.lstrip(".")
        if declared.startswith(OOXML) or declared.endswith("macroenabled.12"):
            yield declared, later("ooxml", declared=declared, kind=kind)
        elif declared.startswith(OPEN_DOCUMENT) or declared == EPUB:
            yield declared, later("opendocument", declared=declared, kind=kind)


WALKERS: Mapping[str, Walker] = {
    **dict(_of_offices()),
    "application/json": later("json"),
    "application/msword": later("ole", kind="doc"),
    "application/pdf": later("pdf"),
    "application/vnd.ms-excel": later("ole", kind="xls"),
    "application/vnd.ms-powerpoint": later("ole", kind="ppt"),
    "application/x-ndjson": later("json", "walk_lines"),
    "application/xhtml+xml": later("html"),
    "image/svg+xml": later("svg"),
    "text/csv": later("csv"),
    "text/html": later("html"),
    "text/tab-separated-values": later("csv"),
    "text/xml": later("xml"),
}
