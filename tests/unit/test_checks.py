"""A team's own checks: they may object, and whatever goes wrong with them keeps the file back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.policy import compile_policy
from dev.policy_documents import Invalid
from dev.policy_schema import MOST_CHECKS
from portway import pipeline
from portway.checks import MOST_BYTES, MOST_FINDINGS, MOST_WORDS, Check, CheckFailed
from portway.inspectors import checks
from portway.policy import load
from portway.verdicts import INSPECTION_FAILED, Finding, Reason, Severity
from tests.fakes.uploads import an_upload
from tests.unit.sources import view
from tests.unit.test_policy_document import GOOD as DOCUMENT
from tests.unit.world import World

CHECK = Check("invoices", "invoices", 5, Severity.REVIEW)
GOOD = {"code": "no_order", "severity": "reject", "words": "Say which order."}


def answer(*findings: Any) -> bytes:
    return json.dumps({"findings": findings}).encode()


class Asked:
    """A Checker that remembers what it was asked."""

    def __init__(self, says: bytes | None) -> None:
        self.says, self.told = says, list[Mapping[str, Any]]()

    def call(self, check: Check, told: Mapping[str, Any]) -> bytes:
        self.told.append(told)
        if self.says is None:
            raise CheckFailed("ReadTimeoutError")
        return self.says


def test_a_check_objects_in_its_own_name() -> None:
    """Code, severity and words as the team wrote them; no code can be mistaken for one of ours."""
    assert CHECK.findings(answer()) == []
    warning = {**GOOD, "code": "infected", "severity": "warning"}
    assert CHECK.findings(answer(GOOD, warning)) == [
        Finding("invoices.no_order", Severity.REJECT, "Say which order."),
        Finding("invoices.infected", Severity.WARNING, "Say which order."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"findings"',
        b'{"findings": null}',
        b'{"findings": {}}' + b" " * MOST_BYTES,
        b"[" * 30_000,
        b"\xff",
        json.dumps({"findings": {"a": GOOD}}).encode(),
        answer(None),
        answer({}),
        answer({**GOOD, "more": 1}),
        answer({**GOOD, "code": "No Order"}),
        answer({**GOOD, "code": 7}),
        answer({**GOOD, "severity": "fatal"}),
        answer({**GOOD, "severity": None}),
        answer({**GOOD, "words": " "}),
        answer({**GOOD, "words": 7}),
        answer({**GOOD, "words": "w" * (MOST_WORDS + 1)}),
        answer({**GOOD, "words": "\ud800"}),
        answer(*[GOOD] * (MOST_FINDINGS + 1)),
    ],
)
def test_an_answer_in_another_form_is_no_answer(text: bytes) -> None:
    """Nothing in it is believed, not even the good half."""
    with pytest.raises(CheckFailed):
        CHECK.findings(text)


def test_all_that_checks_may_say_fits_into_one_event() -> None:
    """EventBridge takes 256 KB; a character may become six bytes there, and there is more to say than findings."""
    most = answer(*[{**GOOD, "code": "c" * 64, "words": "\u8a9e" * MOST_WORDS}] * MOST_FINDINGS)
    assert len(most) <= MOST_BYTES
    found = CHECK.findings(most) * MOST_CHECKS
    assert len(json.dumps([asdict(each) for each in found])) < 200_000


@given(st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(answer))
def test_no_answer_breaks_anything(text: bytes) -> None:
    """Random bytes and random JSON: findings, or a check that failed."""
    try:
        assert CHECK.findings(text) == []
    except CheckFailed:
        return


@pytest.mark.parametrize(("on_error", "reason"), [(Severity.REVIEW, Reason.IN_REVIEW), (Severity.REJECT, Reason.ERROR)])
def test_a_check_that_fails_keeps_the_file_back(on_error: Severity, reason: Reason) -> None:
    """For an operator to look at, or as an error; the cause is for operators."""
    asked = view(b"", "text/plain", checks=(replace(CHECK, on_error=on_error),), call=Asked(None).call)
    (finding,) = checks.inspect(asked)
    assert (finding.code, finding.detail) == (INSPECTION_FAILED, "check invoices: ReadTimeoutError")
    assert pipeline.verdict(an_upload(), "7", [finding]).reason is reason


def test_a_check_learns_what_the_others_learnt() -> None:
    """The declaration, the facts, and which version it is; each check is asked once."""
    asked = Asked(answer(GOOD))
    shown = view(b"12345", "text/plain", checks=(CHECK, replace(CHECK, name="again")), call=asked.call)
    shown.facts["pages"] = 2
    assert [finding.code for finding in checks.inspect(shown)] == ["invoices.no_order", "again.no_order"]
    told = asked.told[0]
    assert (told["size"], told["facts"], told["tenant"], told["id"]) == (5, {"pages": 2}, "acme", shown.upload.id)
    assert len(asked.told) == 2
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("checker", "reason"),
    [
        (Asked(answer()), None),
        (Asked(answer(GOOD)), Reason.REJECTED),
        (Asked(None), Reason.IN_REVIEW),
        (None, Reason.IN_REVIEW),
    ],
)
def test_a_file_is_published_when_its_checks_say_nothing(checker: Asked | None, reason: Reason | None) -> None:
    """By the policy of its category; where nobody can call a check, it failed."""
    world = World()
    inspection = world.processing.inspection
    category = replace(inspection.policies.categories["anything"], checks=(CHECK,))
    policies = replace(inspection.policies, categories={"anything": category})
    made = replace(inspection, inspectors={"checks": checks.inspect}, policies=policies, checker=checker)
    world.processing = replace(world.processing, inspection=made)
    assert world.ended().reason is reason


def test_a_check_by_url_is_read_as_it_was_written() -> None:
    """With the same defaults as one by lambda."""
    written = "    scan: required\n    checks: [{name: photos, url: 'https://checks.example.com/photos'}]\n"
    read = load(compile_policy(DOCUMENT.replace("    scan: required\n", written)))
    (check,) = read.categories["pictures"].checks
    assert check == Check("photos", "", 10, Severity.REVIEW, "https://checks.example.com/photos")


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("[{name: a}]", "has a lambda or a url, one of them"),
        ("[{name: a, lambda: f, url: 'https://x/'}]", "has a lambda or a url, one of them"),
        ("[{name: a, url: 'http://x/'}]", "does not match"),
        ("[{name: a, url: 'https://user@x/'}]", "does not match"),
        ("[{name: A, lambda: f}]", "does not match"),
        ("[{name: a, lambda: f, deadline_seconds: 61}]", "61 is greater"),
        ("[{name: a, lambda: f, on_error: allow}]", "'allow' is not one of"),
        ("[{name: a, lambda: f}, {name: a, lambda: g}]", "two have one name"),
        ("[{name: a, lambda: f}, {name: b, lambda: f}, {name: c, lambda: f}, {name: d, lambda: f}]", "too long"),
        ("[{name: a, lambda: f, deadline_seconds: 40}, {name: b, lambda: g, deadline_seconds: 40}]", "60 seconds"),
    ],
)
def test_a_check_is_written_completely(written: str, complaint: str) -> None:
    """A check that could never answer in time, or lets a file through when it fails, cannot be written."""
    with pytest.raises(Invalid, match=complaint):
        compile_policy(DOCUMENT.replace("    scan: required\n", f"    scan: required\n    checks: {written}\n"))
