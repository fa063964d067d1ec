"""Several documents as one policy, and profiles laid over categories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dev.policy import compile_policy, main
from dev.policy_documents import Invalid
from portway import policy
from portway.content import Response, Trick
from portway.verdicts import Severity
from tests.unit.test_policy_document import GOOD

FILMS = """
default_category: films
categories:
  films:
    about: Films.
    min_size: 1 B
    max_size: 3 MiB
    content_types: ["video/*"]
    extensions: [mp4]
    on_mismatch: reject
    scan: none
quotas:
  owner: {bytes: 1 B, open_uploads: 1}
  tenant: {bytes: 1 B, open_uploads: 1}
"""
MORE = "categories:" + FILMS.partition("categories:")[2].partition("quotas:")[0].replace("films:", "pictures:")
STUDENT = """
profiles:
  student:
    about: Of students.
    content: {location: strip, script: flag}
    metadata: {fields: {consent: {type: boolean, about: Who agreed, required: true}}}
    retention: {published_days: 365}
"""


def with_profile(category: str = "", profiles: str = STUDENT) -> dict[str, Any]:
    """The pictures of GOOD, compiled under the profile; `category` is added to them."""
    written = GOOD.replace("    names:", f"    profiles: [student]\n    {category}\n    names:")
    pictures: dict[str, Any] = json.loads(compile_policy(written + profiles))["categories"]["pictures"]
    return pictures


def test_a_document_adds_its_categories() -> None:
    """The first one says the rest: what is usual, and who may hold how much."""
    both = policy.load(compile_policy(GOOD, FILMS))
    assert both.categories.keys() == {"pictures", "films"}
    assert both.default_category == "pictures"
    assert both.quotas == policy.load(compile_policy(GOOD)).quotas


def test_a_document_may_consist_of_what_it_adds() -> None:
    """A category of the same name is replaced whole: nothing of the old one shines through."""
    pictures = policy.load(compile_policy(GOOD, MORE)).categories["pictures"]
    assert pictures == policy.load(compile_policy(GOOD, FILMS)).categories["films"]


def test_a_mistake_says_in_which_document_it_is() -> None:
    """All of them at once."""
    with pytest.raises(Invalid) as caught:
        compile_policy(GOOD.replace("2 MiB", "much"), FILMS.replace("3 MiB", "more"), "[")
    first, second, third = str(caught.value).splitlines()[:3]
    assert first.startswith("document 1: categories.pictures.max_size")
    assert second.startswith("document 2: categories.films.max_size")
    assert third.startswith("document 3: not YAML")


def test_the_command_tells_what_was_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On purpose or not: whoever deploys sees it."""
    paths = [tmp_path / name for name in ("one.yaml", "two.yaml", "out.json")]
    for path, text in zip(paths, (GOOD, MORE), strict=False):
        path.write_text(text, encoding="utf-8")
    assert main(*map(str, paths)) == 0
    assert capsys.readouterr().err == "categories.pictures was written before; the later one counts\n"
    assert json.loads(paths[2].read_text("utf-8")) == json.loads(compile_policy(GOOD, MORE))


def test_of_two_rules_the_stricter_one_counts() -> None:
    """A profile never makes a category take more, and a category never less of what its profile asks."""
    content = with_profile("content: {location: allow, script: review}")["content"]
    assert (content["location"], content["script"]) == ("strip", "review")
    assert with_profile("content: {location: reject}")["content"]["location"] == "reject"


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("", (365, 90)),
        ("retention: {published_days: 30}", (30, 90)),
        ("retention: {published_days: 1000, quarantined_days: forever}", (365, None)),
        ("retention: {published_days: forever, quarantined_days: 7}", (365, 7)),
    ],
)
def test_files_are_kept_for_the_shorter_time(written: str, days: tuple[int | None, int | None]) -> None:
    """Quarantined ones for 90 days where nobody says anything else."""
    kept = with_profile(written)["retention"]
    assert (kept["published_days"], kept["quarantined_days"]) == days


@pytest.mark.parametrize(
    "written",
    [
        "",
        "metadata: {fields: {consent: {type: boolean, about: It is agreed}}}",
        "metadata: {fields: {x: {type: text, about: X}, "
        "consent: {type: boolean, about: It, required_if: {field: x, present: true}}}}",
    ],
)
def test_what_a_profile_needs_is_needed(written: str) -> None:
    """Whether the category knows the field or not."""
    assert with_profile(written)["metadata"]["fields"]["consent"]["required"] is True
    assert "required_if" not in with_profile(written)["metadata"]["fields"]["consent"]


def test_a_profile_is_loaded_with_its_name_and_demands() -> None:
    """What a verdict says of it comes from there."""
    written = GOOD.replace("    names:", "    profiles: [student]\n    names:") + STUDENT
    (profile,) = policy.load(compile_policy(written)).categories["pictures"].profiles
    assert (profile.name, profile.severity) == ("student", Severity.REVIEW)
    assert profile.content == {Trick.LOCATION: Response.STRIP, Trick.SCRIPT: Response.FLAG}
    assert profile.metadata.fields["consent"].is_required


@pytest.mark.parametrize(
    ("category", "profiles", "complaint"),
    [
        ("", "profiles: {}", "categories.pictures.profiles: there is no profile 'student'"),
        ("", STUDENT.replace("about: Of students.", ""), "profiles.student: 'about' is a required property"),
        ("", STUDENT.replace("strip", "drop"), "profiles.student.content.location"),
        ("", STUDENT.replace("365", "0"), "profiles.student.retention.published_days"),
        ("", STUDENT.replace("student:", "Student:"), "profiles: 'Student' does not match"),
        ("retention: {published_days: 1.5}", STUDENT, "categories.pictures.retention.published_days"),
        ("retention: {published_days: never}", STUDENT, "categories.pictures.retention.published_days"),
        (
            "metadata: {fields: {consent: {type: text, about: It}}}",
            STUDENT,
            "categories.pictures: metadata.fields.consent is not the field of profile 'student'",
        ),
    ],
)
def test_a_mistake_about_profiles_is_named(category: str, profiles: str, complaint: str) -> None:
    """With its place."""
    with pytest.raises(Invalid) as caught:
        with_profile(category, profiles)
    assert complaint in str(caught.value)
