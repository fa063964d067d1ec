"""The categories that come with Portway: what each of them takes, and what it does not."""

from __future__ import annotations

import pytest

from dev.policy import compile_policy
from dev.policy_page import SOURCE
from portway import policy

POLICIES = policy.load(compile_policy(SOURCE.read_text("utf-8")))
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MACROS = "application/vnd.ms-word.document.macroEnabled.12"


def codes(category: str, name: str, content_type: str, size: int = 1000) -> list[str]:
    found = policy.faults(
        POLICIES, category=category, name=name, size=size, content_type=content_type, metadata={"by": "a test"}
    )
    return [fault.code for fault in found]


@pytest.mark.parametrize(
    ("category", "name", "content_type"),
    [
        ("anything", "setup.pdf.exe", "application/octet-stream"),
        ("anything", ".htaccess", "x/y"),
        ("images", "holiday.PNG", "image/png"),
        ("images", "holiday.jpg", "image/jpg"),
        ("images", "IMG 001.jpeg", "image/pjpeg"),
        ("images", "a.heic", "image/heic"),
        ("images", "a.avif", "image/avif"),
        ("images", "10:30 o'clock.webp", "image/webp"),
        ("documents", "letter.pdf", "application/pdf"),
        ("documents", "Vertrag v1.2 (final).docx", WORD),
        ("documents", "table.ods", "application/vnd.oasis.opendocument.spreadsheet"),
        ("documents", "notes.md", "text/markdown"),
        ("documents", "www.example.com.pdf", "application/pdf"),
        ("documents", "list.csv", "text/csv; charset=utf-8"),
    ],
)
def test_usual_files_are_taken(category: str, name: str, content_type: str) -> None:
    """People are not bothered with rules that were made for attackers."""
    assert codes(category, name, content_type) == []


@pytest.mark.parametrize(
    ("category", "name", "content_type", "expected"),
    [
        ("images", "logo.svg", "image/svg+xml", ["not_allowed", "extension_not_allowed"]),
        ("images", "shell.php.jpg", "image/jpeg", ["double_extension"]),
        ("images", "a.png", "image/jpeg", ["extension_mismatch"]),
        ("images", "a.png", "application/octet-stream", ["not_allowed"]),
        ("images", "a.png.exe", "image/png", ["executable", "double_extension", "extension_not_allowed"]),
        ("documents", "letter.docm", MACROS, ["not_allowed", "extension_not_allowed"]),
        ("documents", "letter.docm", WORD, ["extension_not_allowed"]),
        ("documents", "page.html", "text/html", ["not_allowed", "extension_not_allowed"]),
        ("documents", "letter.pdf", "text/plain", ["extension_mismatch"]),
        ("documents", "letter.pdf.js", "application/pdf", ["executable", "double_extension", "extension_not_allowed"]),
    ],
)
def test_what_does_not_belong_is_refused(category: str, name: str, content_type: str, expected: list[str]) -> None:
    """Scripts, macros and disguises, before a byte is sent."""
    found = codes(category, name, content_type)
    assert set(found) >= set(expected)
    assert set(found) - set(expected) <= {"extension_mismatch"}


@pytest.mark.parametrize("category", ["images", "documents"])
def test_an_empty_picture_or_document_is_none(category: str) -> None:
    """It would be inspected as nothing and shown as broken."""
    name, content_type = {"images": ("a.png", "image/png"), "documents": ("a.pdf", "application/pdf")}[category]
    assert codes(category, name, content_type, size=0) == ["too_small"]
    limit = POLICIES.categories[category].max_size
    assert codes(category, name, content_type, size=limit) == []
    assert codes(category, name, content_type, size=limit + 1) == ["too_large"]
