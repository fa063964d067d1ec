"""First bytes: programs in disguise, binaries behind text types; and what looks like one but is none."""

from __future__ import annotations

import pytest

from portway.content import Response, Trick
from portway.formats.signatures import MARKUP, contradiction_of, program_of
from portway.inspectors import leading_bytes
from tests.unit.sources import view

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROGRAMS = {
    "a Windows program": b"MZ\x90\0\x03\0\0\0\x04",
    "a Windows shortcut": b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F",
    "a Windows installer": OLE + bytes(600) + b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F",
    "a Windows cabinet": b"MSCF\0\0\0\0\x10",
    "a batch file": b"@echo off\r\ndel *",
    "a Linux program": b"\x7fELF\x02\x01\x01",
    "a Linux package": b"!<arch>\ndebian-binary",
    "a macOS program": b"\xcf\xfa\xed\xfe\x07\0\0\x01",
    "a Java class": b"\xca\xfe\xba\xbe\0\0\0\x41",
    "an Android program": b"dex\n035\0",
    "a WebAssembly program": b"\0asm\x01\0\0\0",
    "a Flash program": b"CWS\x0a\x10\x20\x30\0",
    "a script": b"#!/usr/bin/env python3\n",
    "an HTML application": b"<html><head><HTA:APPLICATION id=x>",
}
SHOWN = [
    "image/png",
    "image/x-unheard-of",
    "application/pdf",
    "text/csv",
    "text/html",
    "text/markdown",
    "image/svg+xml",
]
TEXTS = [
    "text/plain",
    "text/csv",
    "text/html",
    "text/x-python",
    "application/json",
    "image/svg+xml",
    "text/x-unheard-of",
]
BINARIES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF89a=1;alert(1)",
    "application/pdf": b"%PDF-1.7",
    "application/zip": b"PK\x03\x04\x14",
    "application/gzip": b"\x1f\x8b\x08",
    "application/msword": OLE,
    "image/avif": b"\0\0\0\x20ftypisom",
    "video/webm": b"\x1aE\xdf\xa3",
}


@pytest.mark.parametrize("what", PROGRAMS)
@pytest.mark.parametrize("declared", SHOWN)
def test_a_program_is_found_under_every_type(what: str, declared: str) -> None:
    """It contradicts what people open without fear, and is a finding of its own."""
    assert program_of(PROGRAMS[what]) == what
    found = list(leading_bytes.inspect(view(PROGRAMS[what], declared)))
    is_page = what == "an HTML application" and declared == "text/html"
    assert [each.code for each in found] == ["content_mismatch", "executable"] or is_page
    assert found[-1].detail == what


@pytest.mark.parametrize(
    "declared", ["application/octet-stream", "application/x-msdownload", "application/x-unheard-of"]
)
def test_the_policy_decides_about_programs_of_every_type(declared: str) -> None:
    """Also where nothing was claimed, or the truth: a category that takes programs says so."""
    seen = view(PROGRAMS["a Windows program"], declared)
    assert [each.code for each in leading_bytes.inspect(seen)] == ["executable"]
    seen.responses = {Trick.EXECUTABLE: Response.ALLOW}
    assert list(leading_bytes.inspect(seen)) == []


def test_a_script_is_plain_text_and_a_program() -> None:
    """Declaring it as text is no lie."""
    assert contradiction_of(b"#!/bin/sh\n", "text/plain") is None
    assert contradiction_of(b"#!/bin/sh\n", "text/x-sh") is None
    assert [each.code for each in leading_bytes.inspect(view(b"#!/bin/sh\n", "text/plain"))] == ["executable"]


@pytest.mark.parametrize("real", BINARIES)
@pytest.mark.parametrize("declared", TEXTS)
def test_no_text_begins_like_a_binary(real: str, declared: str) -> None:
    """Whatever its declared type, known to us or not."""
    assert f"{declared} was declared" in (contradiction_of(BINARIES[real], declared) or "")


@pytest.mark.parametrize(
    "text",
    [
        b"MZ;name;street\n1;2;3\n",
        b"BMW, Audi and others",
        b"ID3 tags explained",
        b"The free software definition",
        b"FWS,CWS\n1,2\n",
        b"L",
        b"# !/bin/sh is how scripts begin",
        b"<h1 align=center>A readme</h1>",
        b"<!-- markdownlint-disable -->",
        b"<headline>",
        b"",
    ],
)
@pytest.mark.parametrize("declared", ["text/plain", "text/markdown", "text/csv"])
def test_texts_that_begin_oddly_are_texts(text: bytes, declared: str) -> None:
    """No false alarm for letters that programs and media begin with as well."""
    assert list(leading_bytes.inspect(view(text, declared))) == []


@pytest.mark.parametrize(
    "head", [b"<html>", b"\xef\xbb\xbf\n <BODY onload=x>", b"<iframe/src=x>", b"<?xml version='1.0'?>"]
)
def test_pages_are_recognised_in_any_spelling(head: bytes) -> None:
    """Behind a byte order mark and blanks, in capitals."""
    assert MARKUP.match(head)
