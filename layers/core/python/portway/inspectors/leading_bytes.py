"""The first bytes do not contradict the declared type. They can only contradict: agreeing proves nothing.

Sources of the signatures: the formats' own specifications (PNG 5.2, JPEG B.1, RFC 1952, PDF 7.5.2, APPNOTE 4.3, …).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from portway import media_types
from portway.pipeline import View
from portway.verdicts import Finding

SIGNATURES: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/gif": ((0, b"GIF87a"), (0, b"GIF89a")),
    "image/webp": ((8, b"WEBP"),),
    "image/tiff": ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
    "image/bmp": ((0, b"BM"),),
    "image/avif": ((4, b"ftyp"),),
    "image/heic": ((4, b"ftyp"),),
    "application/pdf": ((0, b"%PDF-"),),
    "application/zip": ((0, b"PK\x03\x04"), (0, b"PK\x05\x06")),
    "application/gzip": ((0, b"\x1f\x8b"),),
    "application/x-7z-compressed": ((0, b"7z\xbc\xaf\x27\x1c"),),
    "application/vnd.rar": ((0, b"Rar!\x1a\x07"),),
    "audio/x-wav": ((8, b"WAVE"),),
    "audio/flac": ((0, b"fLaC"), (0, b"ID3")),
    "audio/ogg": ((0, b"OggS"),),
    "audio/mpeg": ((0, b"ID3"), *((0, bytes((0xFF, mark))) for mark in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3))),
    "audio/mp4": ((4, b"ftyp"),),
    "video/mp4": ((4, b"ftyp"),),
    "video/quicktime": ((4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (4, b"wide"), (4, b"free"), (4, b"skip")),
    "video/webm": ((0, b"\x1aE\xdf\xa3"),),
    "video/x-matroska": ((0, b"\x1aE\xdf\xa3"),),
}
OFFICE = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
    "application/epub+zip",
)
PROGRAMS = {"a Windows program": b"MZ", "a Linux program": b"\x7fELF", "a script": b"#!"}
"""What a file that claims to be a picture, a document or text must not be."""
MARKUP = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml", b"<?php")


def inspect(view: View) -> Iterator[Finding]:
    declared = view.declared_type
    if declared == media_types.UNKNOWN or not view.size:
        return
    expected = SIGNATURES.get(declared) or (SIGNATURES["application/zip"] if declared.startswith(OFFICE) else ())
    if expected and not any(view.head[at : at + len(mark)] == mark for at, mark in expected):
        yield _finding(view, f"The content does not begin like {declared}. Declare the real type.")
        return
    for what in chain(_programs(view, declared), _markup(view, declared)):
        yield _finding(view, f"The content is {what}, but {declared} was declared. Declare the real type.")


def _programs(view: View, declared: str) -> Iterator[str]:
    if declared.startswith(("image/", "audio/", "video/", "text/csv", "application/pdf", "application/json")):
        yield from (what for what, mark in PROGRAMS.items() if view.head.startswith(mark))


def _markup(view: View, declared: str) -> Iterator[str]:
    """Markup behind a type that browsers show, or that nobody expects to be active."""
    if declared.startswith(("image/", "audio/", "video/", "text/plain", "text/csv", "application/pdf")):
        if declared == "image/svg+xml":
            return
        if view.head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
            yield "markup"


def _finding(view: View, words: str) -> Finding:
    return Finding(media_types.CONTENT_MISMATCH, view.on_mismatch, words)
