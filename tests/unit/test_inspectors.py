"""What looks at every file: size, declared type, leading bytes. They can contradict a claim, never prove one."""

from __future__ import annotations

import contextlib

import pytest

from portway import pipeline
from portway.content import MOST_DETAIL, Bounds, Malformed
from portway.formats.stripping import STRIPS
from portway.inspectors import INSPECTORS, declared_type, leading_bytes, size, structure
from portway.pipeline import Inspector, View
from portway.verdicts import Severity
from tests.unit.sources import reader, unheard, view

ISO = b"\0\0\0\x20ftyp"
SAMPLES = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "image/gif": b"GIF89a\x01\0\x01\0",
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "image/tiff": b"II*\0\x08\0\0\0",
    "image/bmp": b"BM\x36\0\0\0\0\0",
    "image/avif": ISO + b"avif\0\0\0\0",
    "image/heic": ISO + b"heic\0\0\0\0",
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3",
    "application/zip": b"PK\x03\x04\x14\0\0\0",
    "application/gzip": b"\x1f\x8b\x08\0\0\0\0\0",
    "application/x-7z-compressed": b"7z\xbc\xaf\x27\x1c\0\x04",
    "application/vnd.rar": b"Rar!\x1a\x07\x01\0",
    "audio/x-wav": b"RIFF\x24\0\0\0WAVEfmt ",
    "audio/flac": b"fLaC\0\0\0\x22",
    "audio/ogg": b"OggS\0\x02\0\0",
    "audio/mpeg": b"\xff\xfb\x90\x44\0\0\0\0",
    "audio/mp4": ISO + b"M4A \0\0\0\0",
    "video/mp4": ISO + b"isom\0\0\x02\0",
    "video/quicktime": ISO + b"qt  \0\0\0\0",
    "video/webm": b"\x1aE\xdf\xa3\x01\0\0\0",
    "video/x-matroska": b"\x1aE\xdf\xa3\x01\0\0\0",
}
"""How files of these types really begin, from the formats' specifications."""
FAMILIES = [
    {"image/avif", "image/heic", "audio/mp4", "video/mp4", "video/quicktime"},
    {"video/webm", "video/x-matroska"},
]
"""Types that share their first bytes: leading bytes cannot tell them apart."""
CONFUSED = [
    (declared, real)
    for declared in SAMPLES
    for real in SAMPLES
    if declared != real and not any({declared, real} <= family for family in FAMILIES)
]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def codes(inspector: Inspector, seen: View) -> list[str]:
    found = list(inspector(seen))
    assert all(finding.words for finding in found)
    return [finding.code for finding in found]


@pytest.mark.parametrize("content_type", SAMPLES)
def test_a_file_that_is_what_it_says_has_no_finding(content_type: str) -> None:
    """Also in capitals and with parameters."""
    data = SAMPLES[content_type]
    assert codes(leading_bytes.inspect, view(data, content_type)) == []
    assert codes(leading_bytes.inspect, view(data, content_type.upper() + "; x=1")) == []


@pytest.mark.parametrize(("declared", "real"), CONFUSED)
def test_every_confusion_of_two_known_types_is_found(declared: str, real: str) -> None:
    """A file of one type under the name of another: contradicted whenever the first bytes can tell."""
    assert codes(leading_bytes.inspect, view(SAMPLES[real], declared)) == ["content_mismatch"]


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"GIF87a\x01\0", "image/gif"),
        (b"MM\0*\0\0\0\x08", "image/tiff"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (b"PK\x05\x06" + bytes(18), "application/zip"),
        (b"\0\0\0\x08wide\0\0", "video/quicktime"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"\xff\xd8\xff\xe1", "image/jpg"),
        (b"PK\x03\x04", DOCX),
        (b"PK\x03\x04", "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04", "application/epub+zip"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<!DOCTYPE html>", "text/html"),
        (b"<?xml version='1.0'?>", "text/xml"),
        (b"anything", "application/x-unheard-of"),
        (b"a < b", "text/plain"),
        (b"", "image/png"),
    ],
)
def test_what_nobody_can_contradict_passes(data: bytes, content_type: str) -> None:
    """Other beginnings of the same type, unknown types, mere bytes, and the empty file."""
    assert codes(leading_bytes.inspect, view(data, content_type)) == []


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"MZ\x90\0\x03", "image/x-unheard-of"),
        (b"\x7fELF\x02\x01", "video/x-unheard-of"),
        (b"#!/bin/sh\n", "text/csv"),
        (b"MZ\x90\0", "application/json"),
        (b"<html><script>", "text/plain"),
        (b"\xef\xbb\xbf  \r\n<!DocType HTML>", "text/csv"),
        (b"<?php system($_GET[0]);", "image/x-unheard-of"),
        (b"<svg onload=alert(1)>", "image/png"),
        (b"<svg onload=alert(1)>", "image/x-unheard-of"),
        (b"<script>alert(1)</script>", "text/plain"),
        (b"MZ\x90\0", "image/svg+xml"),
        (b"not an archive", DOCX),
        (b"P", "application/zip"),
        (b"\x89PNG\r\n", "image/png"),
    ],
)
def test_programs_and_markup_in_disguise_are_found(data: bytes, content_type: str) -> None:
    """What a browser or a desktop would run, behind a type that nobody fears; and what is cut off too early."""
    assert codes(leading_bytes.inspect, view(data, content_type))[0] == "content_mismatch"


@pytest.mark.parametrize(
    ("name", "content_type", "expected"),
    [
        ("a.png", "image/png", []),
        ("a.PNG", "image/png", []),
        ("a.jpg", "image/jpg", []),
        ("a.mp3", "audio/mp3", []),
        ("a.wav", "audio/wav", []),
        ("a.zip", "application/x-zip-compressed", []),
        ("a.tar.gz", "application/x-gzip", []),
        ("a.xml", "application/xml", []),
        ("a.js", "application/javascript", []),
        ("a.csv", "text/csv; charset=utf-8", []),
        ("a.heic", "image/heic", []),
        ("a.png", "application/octet-stream", []),
        ("a.unheardof", "image/png", []),
        ("README", "text/plain", []),
        ("png", "text/plain", []),
        (".zip", "text/plain", []),
        ("a.png", "image/jpeg", ["extension_mismatch"]),
        ("a.html", "image/png", ["extension_mismatch"]),
        ("a.exe", "image/png", ["extension_mismatch"]),
        ("a.png.html", "image/png", ["extension_mismatch"]),
        ("a.webp", "video/mp4", ["extension_mismatch"]),
        ("A.MKV", "video/mp4", ["extension_mismatch"]),
    ],
)
def test_extension_and_declared_type_say_the_same(name: str, content_type: str, expected: list[str]) -> None:
    """As far as both are known; a name without an extension says nothing."""
    assert codes(declared_type.inspect, view(b"", content_type, name)) == expected


@pytest.mark.parametrize(("real", "declared"), [(3, 4), (4, 3), (0, 1)])
def test_another_size_is_never_published(real: int, declared: int) -> None:
    """Rejected whatever the policy says about types; both figures are told."""
    (finding,) = size.inspect(view(bytes(real), "a/b", declared=declared))
    assert (finding.code, finding.severity) == ("size_mismatch", Severity.REJECT)
    assert f"{real} bytes; {declared} were declared" in finding.words


def test_the_policy_says_how_bad_a_mismatch_is() -> None:
    """A note, a warning or a rejection: the same finding, another severity."""
    for severity in Severity:
        seen = view(b"<html>", "image/png", "a.gif", on_mismatch=severity)
        found = [*declared_type.inspect(seen), *leading_bytes.inspect(seen)]
        assert [finding.severity for finding in found] == [severity] * 2


def test_all_inspectors_together_name_everything() -> None:
    """Size first, then the claims; one read of S3 serves all."""
    seen = view(b"<html>", "image/png", "a.gif", declared=7)
    found = pipeline.inspect(seen, INSPECTORS, lambda: 0, unheard).findings
    assert [each.code for each in found] == ["size_mismatch", "extension_mismatch", "content_mismatch", "malformed"]
    assert seen.reader.bytes_read == 6


def test_what_a_finding_quotes_of_a_file_is_bounded() -> None:
    """An attribute of a megabyte is found, and its verdict still fits into a record of the table (400 KB)."""
    data = b'<svg xmlns="http://www.w3.org/2000/svg" on' + b"a" * 1_000_000 + b'="1"/>'
    (found,) = structure.inspect(view(data, "image/svg+xml", "a.svg"))
    assert found.code == "script"
    assert len(found.detail) <= MOST_DETAIL


ROWS = {**structure.WALKERS, **structure.FAMILIES}


@pytest.mark.parametrize("declared", ROWS)
def test_a_walker_that_is_imported_when_it_is_needed_is_there(declared: str) -> None:
    """Each row of the table names a function that exists: it looks at an empty file, or says that it is none."""
    with contextlib.suppress(Malformed):
        assert ROWS[declared](reader(b""), Bounds())


@pytest.mark.parametrize("declared", STRIPS)
def test_what_leaves_metadata_out_is_there_when_it_is_needed(declared: str) -> None:
    """The same for the table of those who publish a file without its metadata."""
    with contextlib.suppress(Malformed):
        assert tuple(STRIPS[declared](reader(b"")))
