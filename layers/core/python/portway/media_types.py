"""Media types: one spelling for each, and what a file name's extension stands for. Pure tables."""

from __future__ import annotations

from mimetypes import MimeTypes

UNKNOWN = "application/octet-stream"
"""Says nothing about the content, and so contradicts nothing."""
EXTENSION_MISMATCH, CONTENT_MISMATCH = "extension_mismatch", "content_mismatch"
DOUBTS = frozenset({EXTENSION_MISMATCH, CONTENT_MISMATCH})
"""Codes of findings that say that a type is not what it was declared to be."""
UNTRUSTED = DOUBTS | {"malformed", "trailing_data", "second_format", "script", "executable"}
"""Codes of findings after which the declared type is not repeated to anybody: the file is served as UNKNOWN."""
ALIASES = {
    "application/bzip2": "application/x-bzip2",
    "application/x-bzip": "application/x-bzip2",
    "application/x-compressed-tar": "application/gzip",
    "application/x-gzip": "application/gzip",
    "application/x-rar": "application/vnd.rar",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-tgz": "application/gzip",
    "application/x-zip": "application/zip",
    "application/x-zip-compressed": "application/zip",
    "application/xz": "application/x-xz",
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
EXTENSIONS = {
    **MimeTypes().types_map[1],  # the standard library's own table, not this machine's
    ".7z": "application/x-7z-compressed",
    ".bz2": "application/x-bzip2",
    ".flac": "audio/flac",
    ".gz": "application/gzip",
    ".heic": "image/heic",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".ogg": "audio/ogg",
    ".rar": "application/vnd.rar",
    ".tgz": "application/gzip",
    ".webp": "image/webp",
    ".xz": "application/x-xz",
}
"""The last ones are not known to every supported Python."""


def canonical(content_type: str) -> str:
    """The type without parameters, in lower case, in its usual spelling."""
    essence = content_type.partition(";")[0].strip().lower()
    return ALIASES.get(essence, essence)


def contradiction(content_type: str, extension: str) -> str | None:
    """What the extension stands for, where that is another type than this one; None where nothing contradicts."""
    expected = EXTENSIONS.get(f".{extension}")
    if expected is None or canonical(content_type) in (UNKNOWN, canonical(expected)):
        return None
    return canonical(expected)
