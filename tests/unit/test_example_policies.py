"""The policies of examples/policies: each on its own, and each added to the policy that is shipped."""

from __future__ import annotations

import pytest

from dev.config import ROOT
from dev.policy import compile_policy
from portway import policy
from portway.content import Response, Trick
from portway.policy import Policies

SHIPPED = (ROOT / "policy.yaml").read_text("utf-8")
FOLDER = ROOT / "examples/policies"
NAMES = ("education", "exam-sheets", "student")
MIB = {
    "educational_content": 100,
    "student_submission": 50,
    "assessment": 25,
    "media_resource": 500,
    "avatar": 10,
    "administrative": 100,
    "temporary": 1024,
    "report": 50,
}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def example(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text("utf-8")


POLICIES = {name: policy.load(compile_policy(example(name))) for name in NAMES}


def faults(policies: Policies, category: str, name: str, content_type: str, **metadata: str) -> list[tuple[str, str]]:
    found = policy.faults(
        policies, category=category, name=name, size=1000, content_type=content_type, metadata=metadata
    )
    return [(fault.field, fault.code) for fault in found]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_can_be_added_to_what_is_shipped(name: str) -> None:
    """Its categories come beside those that are there, or in their place; the usual category and quotas stay."""
    alone, shipped = POLICIES[name], policy.load(compile_policy(SHIPPED))
    both = policy.load(compile_policy(SHIPPED, example(name)))
    assert both.categories.keys() == alone.categories.keys() | shipped.categories.keys()
    assert all(both.categories[each] == alone.categories[each] for each in alone.categories)
    assert (both.default_category, both.quotas) == (shipped.default_category, shipped.quotas)


def test_every_example_is_tested() -> None:
    """None is forgotten."""
    assert sorted(file.stem for file in FOLDER.glob("*.yaml")) == sorted(NAMES)


def test_education_has_its_categories_and_sizes() -> None:
    """Eight of them, in MiB."""
    assert {name: each.max_size >> 20 for name, each in POLICIES["education"].categories.items()} == MIB


@pytest.mark.parametrize(
    ("category", "name", "content_type", "metadata", "expected"),
    [
        ("educational_content", "slides.pdf", "application/pdf", {}, []),
        (
            "educational_content",
            "slides.pdf",
            "application/pdf",
            {"course": "math"},
            [("metadata.course", "malformed")],
        ),
        ("student_submission", "essay.docx", DOCX, {"course": "MATH-101", "assignment": "3"}, []),
        (
            "student_submission",
            "essay.docx",
            DOCX,
            {"assignment": "0"},
            [("metadata.course", "missing"), ("metadata.assignment", "too_small")],
        ),
        ("student_submission", "run.exe", DOCX, {"course": "A-1"}, [("metadata.course", "malformed")]),
        ("assessment", "quiz.json", "application/json", {"course": "MATH-101", "kind": "quiz"}, []),
        (
            "assessment",
            "exam.pdf",
            "application/pdf",
            {"course": "MATH-101", "kind": "exam"},
            [("metadata.exam_date", "missing")],
        ),
        ("media_resource", "talk.mp4", "video/mp4", {}, []),
        ("media_resource", "talk.pdf", "application/pdf", {}, [("content_type", "not_allowed")]),
        ("avatar", "me.webp", "image/webp", {}, []),
        ("avatar", "me.gif", "image/gif", {}, [("content_type", "not_allowed")]),
        ("administrative", "budget.ods", "application/vnd.oasis.opendocument.spreadsheet", {}, []),
        ("temporary", "whatever.xyz", "x/y", {}, []),
        ("report", "report.csv", "text/csv", {}, []),
    ],
)
def test_education_takes_what_it_should(
    category: str, name: str, content_type: str, metadata: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    """Types by category, and metadata where somebody needs them."""
    found = faults(POLICIES["education"], category, name, content_type, **metadata)
    assert set(expected) <= set(found)
    assert bool(expected) == bool(found)


@pytest.mark.parametrize(
    ("category", "name", "content_type", "metadata", "expected"),
    [
        ("zip_with_qr", "scan.zip", "application/zip", {}, []),
        ("zip_no_qr", "scan.zip", "application/zip", {}, [("metadata.task_id", "missing")]),
        ("zip_no_qr", "scan.zip", "application/zip", {"task_id": "1234567"}, [("metadata.task_id", "malformed")]),
        ("zip_no_qr", "scan.zip", "application/zip", {"task_id": "12345678"}, []),
        ("images", "page1.tif", "image/tiff", {"task_id": "00000001"}, []),
        ("images", "page1.tif", "image/tiff", {}, [("metadata.task_id", "missing")]),
        ("images", "scan.zip", "application/zip", {"task_id": "1" * 9}, [("metadata.task_id", "malformed")]),
    ],
)
def test_exam_sheets_know_their_task(
    category: str, name: str, content_type: str, metadata: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    """By a code on each sheet, or by a number of eight digits."""
    found = faults(POLICIES["exam-sheets"], category, name, content_type, **metadata)
    assert [fault for fault in found if fault[0].startswith("metadata")] == expected


def test_what_students_hand_in_keeps_to_their_profile() -> None:
    """Consent is asked for, places are left out, and nothing stays longer than a year."""
    work = POLICIES["student"].categories["student_work"]
    assert [profile.name for profile in work.profiles] == ["student"]
    assert faults(POLICIES["student"], "student_work", "a.pdf", "application/pdf") == [("metadata.consent", "missing")]
    assert faults(POLICIES["student"], "student_work", "a.pdf", "application/pdf", consent="guardian") == []
    assert work.content[Trick.LOCATION] is Response.STRIP
    assert (work.retention.published_days, work.retention.quarantined_days) == (365, 30)
