"""The first bytes sent with create: what they contradict is told before anything is sent."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from dev.policy import compile_policy
from dev.policy_page import SOURCE
from portway import policy
from portway.heads import head_faults, head_warnings
from portway.reader import HEAD_BYTES
from portway.verdicts import Severity

IMAGES = policy.load(compile_policy(SOURCE.read_text("utf-8"))).categories["images"]
PNG, ELF, TEXT = b"\x89PNG\r\n\x1a\n".ljust(600), b"\x7fELF".ljust(600), b"hello".ljust(600)


def codes(head: bytes, content_type: str = "image/png", size: int | None = 100_000) -> list[tuple[str, str]]:
    text = b64encode(head).decode()
    return [(fault.field, fault.code) for fault in head_faults(IMAGES, text, size, content_type)]


@pytest.mark.parametrize("head", [PNG, PNG.ljust(HEAD_BYTES), PNG[:512]])
def test_a_head_that_fits_changes_nothing(head: bytes) -> None:
    """From 512 bytes to 16 KiB, whether the size is known or not."""
    assert codes(head) == codes(head, size=None) == codes(head, "image/x-png") == []


def test_a_small_file_is_its_own_head() -> None:
    """All of it, and no byte more."""
    assert codes(PNG[:40], size=40) == []
    assert codes(b"", size=0) == []
    assert codes(PNG[:41], size=40) == [("head", "too_large")]


@pytest.mark.parametrize(
    ("head", "content_type", "expected"),
    [
        (TEXT, "image/png", [("content_type", "content_mismatch")]),
        (PNG, "image/jpeg", [("content_type", "content_mismatch")]),
        (ELF, "image/png", [("content_type", "content_mismatch"), ("head", "executable")]),
        (PNG, "application/octet-stream", []),
    ],
)
def test_a_contradiction_is_told_before_a_byte_is_sent(
    head: bytes, content_type: str, expected: list[tuple[str, str]]
) -> None:
    """What would be quarantined after hours of sending is refused at once."""
    assert codes(head, content_type) == expected


@pytest.mark.parametrize(
    ("head", "code", "limit"),
    [
        ("no base64!", "malformed", None),
        ("A", "malformed", None),
        ("é" * 4, "malformed", None),
        (b64encode(PNG[:511]).decode(), "too_short", 512),
        (b64encode(bytes(HEAD_BYTES + 1)).decode(), "too_large", HEAD_BYTES),
        ("A" * 5_000_000, "too_large", HEAD_BYTES),
    ],
)
def test_a_head_that_is_none_is_a_fault(head: str, code: str, limit: int | None) -> None:
    """Nobody may believe in a check that does not happen; a long one is not even decoded."""
    (fault,) = head_faults(IMAGES, head, 100_000, "image/png")
    assert (fault.field, fault.code, fault.limit) == ("head", code, limit)


@pytest.mark.parametrize(("severity", "refused", "warned"), [("reject", 1, 0), ("warning", 0, 1), ("note", 0, 0)])
def test_the_category_says_how_bad_it_is(severity: str, refused: int, warned: int) -> None:
    """As for a name that contradicts the type: refused, warned of, or left to the verdict."""
    lenient, head = replace(IMAGES, on_mismatch=Severity(severity)), b64encode(TEXT).decode()
    assert len(list(head_faults(lenient, head, 100_000, "image/png"))) == refused
    assert len(list(head_warnings(lenient, head, "image/png"))) == warned


def test_nothing_is_asked_of_who_sends_no_head() -> None:
    """It is optional; and what nobody knows the category of has other faults."""
    assert list(head_faults(IMAGES, None, 1, "image/png")) == list(head_warnings(IMAGES, None, "image/png")) == []
    assert list(head_faults(None, b64encode(TEXT).decode(), 100_000, "image/png")) == []
