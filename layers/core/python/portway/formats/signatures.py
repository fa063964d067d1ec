"""First bytes: what they contradict, and which programs begin with them. Agreeing proves nothing; walkers do that.

Sources of the signatures: the formats' own specifications (PNG 5.2, JPEG B.1, RFC 1952, PDF 7.5.2, APPNOTE 4.3, MS-CFB
2.2, MS-SHLLINK 2.1, PE "MS-DOS Stub", ELF "ELF Header", JVM 4.1, …).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from portway.media_types import OOXML, OPEN_DOCUMENT, UNKNOWN

ZIP, OLE = r"PK(\x03\x04|\x05\x06)", r"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ISO, EBML = r"\0.{3}ftyp", r"\x1aE\xdf\xa3"
SOURCES = {
    "image/png": r"\x89PNG\r\n\x1a\n",
    "image/jpeg": r"\xff\xd8\xff",
    "image/gif": r"GIF8[79]a",
    "image/webp": r"RIFF.{4}WEBP",
    "image/tiff": r"II[*+]\0|MM\0[*+]",
    "image/bmp": r"BM",
    "image/avif": ISO,
    "image/heic": ISO,
    "image/heif": ISO,
    "image/jxl": r"\xff\x0a|\0\0\0\x0cJXL ",
    "image/vnd.adobe.photoshop": r"8BPS",
    "application/pdf": r"%PDF-",
    "application/rtf": r"\{\\rtf",
    "application/zip": ZIP,
    "application/java-archive": ZIP,
    "application/gzip": r"\x1f\x8b",
    "application/x-bzip2": r"BZh[1-9]",
    "application/x-xz": r"\xfd7zXZ\0",
    "application/zstd": r"[\x25-\x28]\xb5\x2f\xfd",
    "application/x-7z-compressed": r"7z\xbc\xaf\x27\x1c",
    "application/vnd.rar": r"Rar!\x1a\x07",
    "application/vnd.sqlite3": r"SQLite format 3\0",
    "application/msword": OLE,
    "application/vnd.ms-excel": OLE,
    "application/vnd.ms-powerpoint": OLE,
    "audio/x-wav": r"(RIFF|RF64|BW64).{4}WAVE",
    "audio/x-aiff": r"FORM.{4}AIF[FC]",
    "audio/flac": r"fLaC|ID3",
    "audio/ogg": r"OggS",
    "video/ogg": r"OggS",
    "application/ogg": r"OggS",
    "audio/mpeg": r"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]",
    "audio/aac": r"ID3|\xff[\xf0\xf1\xf8\xf9]",
    "audio/mp4": ISO,
    "audio/3gpp": ISO,
    "audio/3gpp2": ISO,
    "video/mp4": ISO,
    "video/3gpp": ISO,
    "video/3gpp2": ISO,
    "video/quicktime": ISO + r"|\0.{3}(wide|free|skip)|.{4}(moov|mdat)",
    "audio/webm": EBML,
    "audio/x-matroska": EBML,
    "video/webm": EBML,
    "video/x-matroska": EBML,
}
SIGNATURES: Mapping[str, re.Pattern[bytes]] = {
    kind: re.compile(source.encode(), re.DOTALL) for kind, source in SOURCES.items()
}
"""How a file of each type begins, by its canonical name."""
PACKAGES = ((OOXML, ZIP + "|" + OLE), (OPEN_DOCUMENT, ZIP), ("application/epub+zip", ZIP))
"""Documents by the beginning of their type: zips; behind a password Microsoft's are compound files (MS-OFFCRYPTO)."""
LIKE_TEXT = {"image/bmp", "audio/flac", "audio/mpeg", "audio/aac", "video/quicktime"}
"""Signatures with which a text may begin as well, such as `BM` and `ID3`."""
PROGRAMS: Mapping[str, re.Pattern[bytes]] = {
    what: re.compile(source.encode(), re.DOTALL)
    for what, source in {
        "a Windows program": r"MZ(?=.{0,62}\0)",
        "a Windows shortcut": r"L\0\0\0\x01\x14\x02\0",
        "a Windows installer": OLE + r"(?=.*\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F)",
        "a Windows cabinet": r"MSCF\0{4}",
        "a batch file": r"@echo off\b",
        "a Linux program": r"\x7fELF",
        "a Linux package": r"!<arch>\ndebian|\xed\xab\xee\xdb",
        "a macOS program": r"\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe\0\0\0[\x01-\x2c]",
        "a Java class": r"\xca\xfe\xba\xbe..\0[\x2d-\xff]",
        "an Android program": r"dex\n0\d\d\0",
        "a WebAssembly program": r"\0asm",
        "a Flash program": r"[FCZ]WS[\x01-\x3f].{3}\0",
        "a script": r"(\xef\xbb\xbf)?#!",
        "an HTML application": r"(?i:[^\0]{0,2048}<hta:application)",
    }.items()
}
"""What some system runs. DOS ends the first word of a program with a number: text that begins with MZ has no NUL."""
MARKUP = re.compile(
    rb"(\xef\xbb\xbf)?[ \t\r\n\f]*"
    rb"<(!doctype html|html|head|body|title|style|script|iframe|svg|\?xml|\?php)(?![a-z0-9-])",
    re.IGNORECASE,
)
"""A beginning that browsers take for a page whatever it is called (WHATWG MIME Sniffing, 7.1)."""


def contradiction_of(head: bytes, declared: str) -> str | None:
    """Why the first 16 KiB cannot be of the declared type (canonical), in words for the owner; None if they may be."""
    if declared == UNKNOWN or not head:
        return None
    expected = signature_of(declared)
    if expected and not expected.match(head):
        return f"The content does not begin like {declared}. Declare the real type."
    what = _disguised(head, declared)
    return f"The content is {what}, but {declared} was declared. Declare the real type." if what else None


def signature_of(declared: str) -> re.Pattern[bytes] | None:
    """How files of this type begin, where that is known."""
    package = next((source for prefix, source in PACKAGES if declared.startswith(prefix)), None)
    return SIGNATURES.get(declared) or (re.compile(package.encode()) if package else None)


def program_of(head: bytes) -> str | None:
    """Which program begins so, whatever it was declared to be; None for no known one."""
    return next((what for what, mark in PROGRAMS.items() if mark.match(head)), None)


def binary_of(head: bytes) -> str | None:
    """The type of which these are surely the first bytes, although they were taken for text."""
    return next((kind for kind, mark in SIGNATURES.items() if kind not in LIKE_TEXT and mark.match(head)), None)


def is_text(declared: str) -> bool:
    """Types whose files are text, so that no binary signature may stand at their beginning."""
    kinds = ("application/json", "application/x-ndjson", "application/x-yaml", "application/toml", "application/sql")
    return declared.startswith("text/") or declared in kinds or declared.endswith(("+xml", "+json"))


def _disguised(head: bytes, declared: str) -> str | None:
    """Programs, markup and binaries behind a type that browsers show, or that nobody expects to be active."""
    is_shown, is_words = declared.startswith(("image/", "audio/", "video/", "application/pdf")), is_text(declared)
    program = program_of(head) if is_shown or is_words else None
    if program and not (program in WRITTEN and _may_be_written(declared)):
        return program
    if (declared in PLAIN or is_shown) and declared != "image/svg+xml" and MARKUP.match(head):
        return "markup"
    return binary_of(head) if is_words else None


PLAIN = ("text/plain", "text/csv", "text/markdown", "text/tab-separated-values")
WRITTEN = ("a script", "a batch file")


def _may_be_written(declared: str) -> bool:
    """Programs that are text contradict neither plain text nor the types of source code."""
    return declared == "text/plain" or declared.startswith(("text/x-", "text/javascript"))
