"""The categories that come with Portway: what each of them takes, and what it does not."""

from __future__ import annotations

import pytest

from dev.policy import compile_policy
from dev.policy_page import SOURCE
from portway import policy
from portway.content import Response, Trick
from portway.retention import Retention

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
        ("documents", "book.epub", "application/epub+zip"),
        ("audio", "song.mp3", "audio/mp3"),
        ("audio", "song.mp3", "audio/mpeg"),
        ("audio", "memo.m4a", "audio/x-m4a"),
        ("audio", "memo.opus", "audio/ogg; codecs=opus"),
        ("audio", "memo.opus", "audio/opus"),
        ("audio", "take 1.wav", "audio/wav"),
        ("video", "clip.mov", "video/quicktime"),
        ("video", "clip.m4v", "video/x-m4v"),
        ("video", "clip.mkv", "video/x-matroska"),
        ("video", "clip.mkv", "video/matroska"),
        ("archives", "backup.tar.gz", "application/gzip"),
        ("archives", "backup.tgz", "application/x-gzip"),
        ("archives", "photos.zip", "application/x-zip-compressed"),
        ("archives", "photos.rar", "application/x-rar-compressed"),
        ("archives", "photos.7z", "application/x-7z-compressed"),
        ("data", "table.csv", "text/csv"),
        ("data", "table.tsv", "text/tab-separated-values"),
        ("data", "rows.jsonl", "application/jsonl"),
        ("data", "rows.json", "application/json"),
        ("data", "feed.xml", "application/xml"),
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
        ("documents", "letter.docx", "application/pdf", ["extension_mismatch"]),
        ("audio", "song.mp3", "audio/x-wav", ["extension_mismatch"]),
        ("audio", "clip.mp4", "video/mp4", ["not_allowed", "extension_not_allowed"]),
        ("video", "clip.mov", "audio/mp4", ["not_allowed", "extension_mismatch"]),
        ("video", "clip.avi", "video/x-msvideo", ["not_allowed", "extension_not_allowed"]),
        ("archives", "setup.zip.exe", "application/zip", ["executable", "double_extension", "extension_not_allowed"]),
        (
            "archives",
            "image.iso",
            "application/x-iso9660-image",
            ["not_allowed", "executable", "extension_not_allowed"],
        ),
        ("data", "page.xhtml", "application/xhtml+xml", ["not_allowed", "extension_not_allowed"]),
        ("data", "logo.svg", "image/svg+xml", ["not_allowed", "extension_not_allowed"]),
        ("documents", "letter.pdf.js", "application/pdf", ["executable", "double_extension", "extension_not_allowed"]),
    ],
)
def test_what_does_not_belong_is_refused(category: str, name: str, content_type: str, expected: list[str]) -> None:
    """Scripts, macros and disguises, before a byte is sent."""
    found = codes(category, name, content_type)
    assert set(found) >= set(expected)
    assert set(found) - set(expected) <= {"extension_mismatch"}


USUAL = {
    "images": ("a.png", "image/png"),
    "documents": ("a.pdf", "application/pdf"),
    "audio": ("a.mp3", "audio/mpeg"),
    "video": ("a.mp4", "video/mp4"),
    "archives": ("a.zip", "application/zip"),
    "data": ("a.csv", "text/csv"),
}


def test_these_categories_come_with_portway() -> None:
    """One for any file, and one for each family of files."""
    assert POLICIES.categories.keys() == {"anything", *USUAL}


@pytest.mark.parametrize("category", USUAL)
def test_a_file_that_is_empty_or_too_large_is_refused(category: str) -> None:
    """An empty one would be inspected as nothing and shown as broken; limits are inclusive."""
    name, content_type = USUAL[category]
    assert codes(category, name, content_type, size=0) == ["too_small"]
    limit = POLICIES.categories[category].max_size
    assert codes(category, name, content_type, size=limit) == []
    assert codes(category, name, content_type, size=limit + 1) == ["too_large"]


def test_positions_leave_pictures() -> None:
    """Nobody tells where he lives because he shows his cat; sound and film, which are not changed, are flagged."""
    assert POLICIES.categories["images"].content[Trick.LOCATION] is Response.STRIP
    assert POLICIES.categories["video"].content[Trick.LOCATION] is Response.FLAG


@pytest.mark.parametrize("category", USUAL)
def test_what_is_built_to_harm_is_never_published(category: str) -> None:
    """Bombs, scripts, macros and second formats are rejected, whatever else a category takes."""
    content = POLICIES.categories[category].content
    harmful = {trick for trick in Trick if trick.value.endswith("_bomb")}
    harmful |= {Trick.MALFORMED, Trick.SECOND_FORMAT, Trick.SCRIPT, Trick.MACROS, Trick.ARCHIVE_OVERLAP}
    assert {content[trick] for trick in harmful} == {Response.REJECT}
    assert content[Trick.EXECUTABLE] in (Response.REJECT, Response.REVIEW)
    assert content[Trick.ENCRYPTED] is Response.REVIEW


@pytest.mark.parametrize("category", ["anything", *USUAL])
def test_files_stay_until_they_are_deleted_and_quarantined_ones_for_a_quarter(category: str) -> None:
    """Nobody loses a file that he did not delete; what nobody may read is not paid for for ever."""
    assert POLICIES.categories[category].retention == Retention(None, 90)
