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
    "application/csv": "text/csv",
    "application/javascript": "text/javascript",
    "application/jsonl": "application/x-ndjson",
    "application/jsonlines": "application/x-ndjson",
    "application/ndjson": "application/x-ndjson",
    "application/ogg": "audio/ogg",
    "application/x-7z": "application/x-7z-compressed",
    "application/x-bzip": "application/x-bzip2",
    "application/x-compressed-tar": "application/gzip",
    "application/x-gzip": "application/gzip",
    "application/x-javascript": "text/javascript",
    "application/x-jsonlines": "application/x-ndjson",
    "application/x-pdf": "application/pdf",
    "application/x-rar": "application/vnd.rar",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-tgz": "application/gzip",
    "application/x-zip": "application/zip",
    "application/x-zip-compressed": "application/zip",
    "application/xml": "text/xml",
    "application/xz": "application/x-xz",
    "audio/aacp": "audio/aac",
    "audio/aiff": "audio/x-aiff",
    "audio/m4a": "audio/mp4",
    "audio/matroska": "audio/x-matroska",
    "audio/mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/vnd.wave": "audio/x-wav",
    "audio/wav": "audio/x-wav",
    "audio/wave": "audio/x-wav",
    "audio/x-aac": "audio/aac",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/x-ogg": "audio/ogg",
    "audio/x-pn-wav": "audio/x-wav",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/svg": "image/svg+xml",
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/x-png": "image/png",
    "text/comma-separated-values": "text/csv",
    "text/json": "application/json",
    "text/tsv": "text/tab-separated-values",
    "text/x-csv": "text/csv",
    "text/x-json": "application/json",
    "text/x-markdown": "text/markdown",
    "video/matroska": "video/x-matroska",
    "video/x-m4v": "video/mp4",
}
"""Other spellings of one type, each with the spelling that is compared."""
OOXML, OPEN_DOCUMENT = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
EPUB = "application/epub+zip"
OFFICE = {
    ".docx": OOXML + "wordprocessingml.document",
    ".dotx": OOXML + "wordprocessingml.template",
    ".docm": "application/vnd.ms-word.document.macroenabled.12",
    ".dotm": "application/vnd.ms-word.template.macroenabled.12",
    ".xlsx": OOXML + "spreadsheetml.sheet",
    ".xltx": OOXML + "spreadsheetml.template",
    ".xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    ".xltm": "application/vnd.ms-excel.template.macroenabled.12",
    ".xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    ".xlam": "application/vnd.ms-excel.addin.macroenabled.12",
    ".pptx": OOXML + "presentationml.presentation",
    ".potx": OOXML + "presentationml.template",
    ".ppsx": OOXML + "presentationml.slideshow",
    ".pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    ".potm": "application/vnd.ms-powerpoint.template.macroenabled.12",
    ".ppsm": "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
    ".ppam": "application/vnd.ms-powerpoint.addin.macroenabled.12",
    ".odt": OPEN_DOCUMENT + "text",
    ".ott": OPEN_DOCUMENT + "text-template",
    ".ods": OPEN_DOCUMENT + "spreadsheet",
    ".ots": OPEN_DOCUMENT + "spreadsheet-template",
    ".odp": OPEN_DOCUMENT + "presentation",
    ".otp": OPEN_DOCUMENT + "presentation-template",
    ".odg": OPEN_DOCUMENT + "graphics",
    ".otg": OPEN_DOCUMENT + "graphics-template",
    ".epub": "application/epub+zip",
}
EXTENSIONS = {
    **MimeTypes().types_map[1],  # the standard library's own table, not this machine's
    **OFFICE,
    ".3g2": "video/3gpp2",
    ".3gp": "video/3gpp",
    ".7z": "application/x-7z-compressed",
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".bz2": "application/x-bzip2",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".gz": "application/gzip",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jsonl": "application/x-ndjson",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mka": "audio/x-matroska",
    ".mkv": "video/x-matroska",
    ".ndjson": "application/x-ndjson",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".tgz": "application/gzip",
    ".weba": "audio/webm",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xz": "application/x-xz",
}
"""The last ones are not known to every supported Python."""
SHARED = {
    ".3gp": {"audio/3gpp"},
    ".3g2": {"audio/3gpp2"},
    ".mp4": {"audio/mp4"},
    ".ogg": {"video/ogg", "application/ogg"},
    ".webm": {"audio/webm"},
}
"""Containers whose extension does not tell sound from video: browsers name recordings of sound `.webm` or `.mp4`."""


def canonical(content_type: str) -> str:
    """The type without parameters, in lower case, in its usual spelling."""
    essence = content_type.partition(";")[0].strip().lower()
    return ALIASES.get(essence, essence)


def contradiction(content_type: str, extension: str) -> str | None:
    """What the extension stands for, where that is another type than this one; None where nothing contradicts."""
    expected, declared = EXTENSIONS.get(f".{extension}"), canonical(content_type)
    if expected is None or declared in (UNKNOWN, canonical(expected)) or declared in SHARED.get(f".{extension}", ()):
        return None
    return canonical(expected)
