"""The declared type and the extension say the same, as far as both are known (the table is the standard library's)."""

from __future__ import annotations

from collections.abc import Iterator
from mimetypes import MimeTypes

from portway.model import Finding
from portway.pipeline import UNTRUSTED_TYPE, View, canonical

EXTRA = {
    ".7z": "application/x-7z-compressed",
    ".flac": "audio/flac",
    ".gz": "application/gzip",
    ".heic": "image/heic",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".ogg": "audio/ogg",
    ".webp": "image/webp",
}
"""Types of extensions that not every supported Python knows."""
TYPES = {**MimeTypes().types_map[1], **EXTRA}


def inspect(view: View) -> Iterator[Finding]:
    expected = TYPES.get(f".{view.extension}")
    if view.declared_type == UNTRUSTED_TYPE or expected is None or canonical(expected) == view.declared_type:
        return
    words = f"A name that ends in .{view.extension} is {expected}, but {view.declared_type} was declared."
    yield Finding("extension_mismatch", view.on_mismatch, f"{words} Declare the real type.")
