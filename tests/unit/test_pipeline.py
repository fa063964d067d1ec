"""The view that an inspector gets, and how findings become a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portway import pipeline
from portway.media_types import canonical
from portway.model import Finding, Reason, Severity, Status, StoredObject, Upload
from portway.pipeline import HEAD_BYTES, View
from tests.fakes.uploads import an_upload
from tests.unit.world import at

NOTE = Finding("note", Severity.NOTE, "By the way.")
WARNING = Finding("warning", Severity.WARNING, "Mind this.")
REJECT = Finding("infected", Severity.REJECT, "No.")
MISMATCH = Finding("content_mismatch", Severity.WARNING, "It is not what it says.")
UPLOAD: Upload = at(an_upload(), Status.PROCESSING, stored=StoredObject("v1", "etag", 40 << 20))


class Source:
    """A file that remembers which ranges were read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.reads = data, list[tuple[int, int]]()

    def __call__(self, first: int, length: int) -> bytes:
        self.reads.append((first, length))
        return self.data[first : first + length]


def view(source: Source) -> View:
    return View("a.png", "png", "image/png", len(source.data), len(source.data), Severity.WARNING, source)


def test_the_head_is_read_once_for_all_inspectors() -> None:
    """One request of at most 16 KiB, however many look at it."""
    source = Source(bytes(100_000))
    seen = view(source)
    assert [len(seen.head), len(seen.head)] == [HEAD_BYTES, HEAD_BYTES]
    assert source.reads == [(0, HEAD_BYTES)]


@pytest.mark.parametrize(
    ("first", "length", "expected"),
    [(0, 3, b"012"), (8, 5, b"89"), (10, 1, b""), (50, 1, b""), (2, 0, b"")],
)
def test_reading_ends_with_the_file(first: int, length: int, expected: bytes) -> None:
    """Behind the end there is nothing, and nobody is asked for it."""
    source = Source(b"0123456789")
    seen = view(source)
    assert seen.read(first, length) == expected
    assert seen.bytes_read == len(expected)
    assert bool(source.reads) is bool(expected)


def test_an_empty_file_is_not_read() -> None:
    """There is nothing to ask S3 for."""
    source = Source(b"")
    assert view(source).head == b""
    assert source.reads == []


def test_findings_are_all_collected_in_order() -> None:
    """No inspector stops the others: the user hears everything at once."""

    def first(seen: View) -> Iterator[Finding]:
        yield REJECT

    def second(seen: View) -> Iterator[Finding]:
        yield NOTE
        yield WARNING

    def silent(seen: View) -> tuple[Finding, ...]:
        return ()

    assert pipeline.findings(view(Source(b"")), (first, silent, second)) == (REJECT, NOTE, WARNING)


@pytest.mark.parametrize(
    ("found", "reason", "content_type"),
    [
        ([], None, "audio/wav"),
        ([NOTE, WARNING], None, "audio/wav"),
        ([NOTE, REJECT], Reason.REJECTED, "audio/wav"),
        ([MISMATCH], None, "application/octet-stream"),
        ([replace(MISMATCH, code="extension_mismatch")], None, "application/octet-stream"),
        ([replace(MISMATCH, severity=Severity.REJECT)], Reason.REJECTED, "application/octet-stream"),
    ],
)
def test_a_verdict_follows_from_the_findings(found: list[Finding], reason: Reason | None, content_type: str) -> None:
    """Only a rejection keeps a file back; a type in doubt is published as mere bytes."""
    verdict = pipeline.verdict(UPLOAD, "policy 7", found, 99, 5)
    assert (verdict.reason, verdict.content_type, verdict.findings) == (reason, content_type, tuple(found))


def test_a_verdict_is_bound_to_version_and_policy() -> None:
    """It says which bytes were looked at, by which rules, and what that cost."""
    verdict = pipeline.verdict(UPLOAD, "policy 7", [], 99, 5)
    assert (verdict.version_id, verdict.policy_version) == ("v1", "policy 7")
    assert (verdict.bytes_read, verdict.milliseconds) == (99, 5)


@pytest.mark.parametrize(
    ("declared", "usual"),
    [
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("audio/mp3", "audio/mpeg"),
        ("Audio/MP3 ;x=1", "audio/mpeg"),
        ("image/jpg", "image/jpeg"),
        ("application/x-zip-compressed", "application/zip"),
    ],
)
def test_one_type_has_one_spelling(declared: str, usual: str) -> None:
    """Parameters, capitals and aliases make no other type."""
    assert canonical(declared) == usual
