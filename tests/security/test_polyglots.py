"""Files of two types: whatever is put before or behind a good file, it is not clean any more."""

from __future__ import annotations

import pytest

from dev.corpus.judging import judge
from dev.corpus.samples import Sample
from portway.formats.signatures import is_text
from portway.media_types import OOXML, OPEN_DOCUMENT
from tests.security.effort import tries
from tests.security.seeds import SAMPLES, TYPES, good_of, made

EXTENSIONS = {each.content_type: each.extension for each in SAMPLES if not each.is_hostile}
WHOLE = [kind for kind in EXTENSIONS if good_of(kind)]
"""Types of which the corpus has a small good file."""
PAYLOADS = {
    "a page": b"<html><script>alert(1)</script></html>",
    "a server script": b"<?php system($_GET[0]); ?>",
    "a program": b"MZ\x90\0\x03" + bytes(60) + b"PE\0\0" + bytes(200),
    "a shell script": b"#!/bin/sh\nrm -rf /\n",
}


def minded(declared: str, data: bytes) -> set[str]:
    return judge(Sample("a polyglot", declared, EXTENSIONS[declared], lambda: data)).minded


@pytest.mark.parametrize("declared", WHOLE)
def test_two_files_in_one_are_never_clean(declared: str) -> None:
    """A good file with a good file of any other type before it or behind it; two texts are one text."""
    first = good_of(declared)
    assert first
    assert minded(declared, first) == set()
    for other in WHOLE:
        second = good_of(other)
        if other == declared or second is None or (is_text(declared) and is_text(other)) or second == first:
            continue
        assert minded(declared, first + second), f"{other} behind {declared}"
        assert minded(declared, second + first), f"{other} before {declared}"


@pytest.mark.parametrize("declared", [kind for kind in WHOLE if not is_text(kind)])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_active_rides_on_no_file(declared: str, payload: str) -> None:
    """Pages, scripts and programs before or behind a good file that is not a text itself."""
    first, second = good_of(declared), PAYLOADS[payload]
    assert first
    assert minded(declared, first + second)
    assert minded(declared, second + first)


EXACT = [
    kind
    for kind in WHOLE
    if kind.startswith((OOXML, OPEN_DOCUMENT))
    or kind.partition("/")[2] in ("zip", "epub+zip", "x-tar", "gzip", "x-bzip2", "x-xz", "x-7z-compressed", "vnd.rar")
]
"""Formats each byte of which belongs to something: nothing can be put between."""


@pytest.mark.parametrize("declared", EXACT)
def test_nothing_can_be_put_into_an_archive(declared: str) -> None:
    """A program, a page or a script somewhere in the middle: it is not clean any more."""
    whole = good_of(declared)
    assert whole
    places = tries(12)
    for number in range(1, places):
        at = len(whole) * number // places
        for payload in PAYLOADS.values():
            assert minded(declared, whole[:at] + payload + whole[at:]), at


def test_every_type_of_the_corpus_takes_part() -> None:
    """No type is left out because its samples are too large."""
    assert {
        kind
        for kind in TYPES
        if any(each.content_type == kind and not each.is_hostile and made(each) for each in SAMPLES)
    } <= set(WHOLE)
