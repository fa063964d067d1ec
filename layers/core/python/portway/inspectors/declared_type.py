"""The declared type and the extension say the same, as far as both are known (the table is the standard library's)."""

from __future__ import annotations

from collections.abc import Iterator
from mimetypes import MimeTypes

from portway.model import Finding
from portway.pipeline import UNTRUSTED_TYPE, View

ALIASES = {
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/xml": "text/xml",
    "application/javascript": "text/javascript",
    "application/x-javascript": "text/javascript",
    "audio/mp3": "audio/mpeg",
    "audio/wav": "audio/x-wav",
    "audio/wave": "audio/x-wav",
    "audio/vnd.wave": "audio/x-wav",
    "audio/x-flac": "audio/flac",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "text/x-csv": "text/csv",
}
"""Other spellings of one type, each with the spelling that is compared."""
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
    declared = canonical(view.content_type)
    suffix = "." + view.name.rpartition(".")[2].lower()
    expected = TYPES.get(suffix)
    if declared == UNTRUSTED_TYPE or expected is None or canonical(expected) == declared:
        return
    words = f"The name ends in {suffix}, which is {expected}, but {declared} was declared. Declare the real type."
    yield Finding("extension_mismatch", view.on_mismatch, words)


def canonical(content_type: str) -> str:
    """The type without parameters, in lower case, in its usual spelling."""
    essence = content_type.partition(";")[0].strip().lower()
    return ALIASES.get(essence, essence)
