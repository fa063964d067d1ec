"""Profiles in the verdict: which of them a file was inspected under, and what of them nobody can vouch for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portway.content import Anatomy, Bounds, Trick
from portway.inspectors import compliance, structure
from portway.profiles import Profile, load
from portway.reader import Reader
from portway.verdicts import Severity
from tests.fakes.uploads import an_upload
from tests.unit import sources

CONSENT = {"consent": {"type": "boolean", "about": "Who agreed", "required": True}}
COMPILED: dict[str, Any] = {
    "student": {"content": {"location": "strip"}, "fields": CONSENT, "unproven": "review"},
}
(STUDENT,) = load(COMPILED)


def doubts(is_understood: bool = True, profile: Profile = STUDENT, **metadata: str) -> list[tuple[str, Severity]]:
    shown = sources.view(b"x", "image/png", profiles=(profile,), is_understood=is_understood)
    shown.upload = replace(an_upload(), metadata=metadata)
    found = [(finding.code, finding.severity) for finding in compliance.inspect(shown)]
    assert shown.facts == {"profiles": ["student"]}
    return found


def test_a_file_that_keeps_to_its_profile_is_told_so() -> None:
    """The verdict names the profile, and nothing else."""
    assert doubts(consent="true") == []


def test_a_file_from_before_the_profile_is_reviewed() -> None:
    """It was created when nobody asked for consent: an operator decides."""
    assert doubts() == [("profile_unmet", Severity.REVIEW)]
    assert doubts(consent="perhaps") == [("profile_unmet", Severity.REVIEW)]


def test_a_file_that_nobody_can_look_into_is_reviewed() -> None:
    """Whether it says where it was taken is not known: that is no proof that it does not."""
    assert doubts(is_understood=False, consent="true") == [("profile_unproven", Severity.REVIEW)]


def test_a_profile_that_asks_for_nothing_inside_needs_no_look() -> None:
    """Only what is asked for has to be proven."""
    assert doubts(is_understood=False, profile=replace(STUDENT, content={}), consent="true") == []


@pytest.mark.parametrize(
    ("unproven", "severity"), [("flag", Severity.WARNING), ("review", Severity.REVIEW), ("reject", Severity.REJECT)]
)
def test_the_policy_says_how_bad_a_doubt_is(unproven: str, severity: Severity) -> None:
    """From a warning to a refusal."""
    (profile,) = load({"student": {**COMPILED["student"], "unproven": unproven}})
    assert doubts(profile=profile) == [("profile_unmet", severity)]


def test_a_category_without_profiles_says_nothing_of_them() -> None:
    """Neither a finding nor a fact."""
    shown = sources.view(b"x", "image/png")
    assert (list(compliance.inspect(shown)), shown.facts) == ([], {})


@pytest.mark.parametrize(
    ("trick", "is_understood"), [(None, True), (Trick.UNSUPPORTED, False), (Trick.ENCRYPTED, False)]
)
def test_what_is_hidden_was_not_looked_into(
    trick: Trick | None, is_understood: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walker that could not open a part of the file proves nothing about it."""

    def walk(reader: Reader, bounds: Bounds) -> Anatomy:
        anatomy = Anatomy()
        if trick:
            anatomy.mark(trick)
        return anatomy

    monkeypatch.setitem(structure.WALKERS, "image/png", walk)
    shown = sources.view(b"x", "image/png")
    list(structure.inspect(shown))
    assert shown.is_understood is (trick in (None, Trick.LOCATION))
