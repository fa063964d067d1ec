"""A smaller copy of a PDF: equal objects kept once, streams packed. The pages stay as they are."""

from __future__ import annotations

from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from portway.results import Made, NotMade, Source, smaller

LEAST, MOST = 100 << 10, 64 << 20
"""Below there is nothing to gain, above the whole document would not fit into memory."""


def compact(source: Source) -> list[Made]:
    """compact.pdf, where a tenth is saved."""
    if not LEAST <= source.size <= MOST:
        return []
    path = source.folder / "compact.pdf"
    try:
        pages = _write(source, path)
    except (PyPdfError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise NotMade(f"{type(error).__name__}: {error}") from error
    return smaller(source, Made("compact.pdf", path, "application/pdf", {"pages": pages}))


def _write(source: Source, path: Path) -> int:
    writer = PdfWriter(clone_from=PdfReader(source.path, strict=False))
    for page in writer.pages:
        page.compress_content_streams()
    writer.compress_identical_objects(remove_duplicates=True, remove_unreferenced=True)
    writer.write(path)
    return len(writer.pages)
