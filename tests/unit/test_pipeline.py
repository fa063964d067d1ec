"""The view that an inspector gets, and how findings become a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from portway import pipeline
from portway.errors import Unavailable
from portway.media_types import canonical
from portway.model import Status, StoredObject, Upload
from portway.pipeline import Inspector, Seen, View
from portway.verdicts import INSPECTION_FAILED, Finding, Reason, Risk, Severity, reason_of, risk_of
from tests.fakes.uploads import an_upload
from tests.unit.sources import view
from tests.unit.world import at

NOTE = Finding("note", Severity.NOTE, "By the way.")
WARNING = Finding("warning", Severity.WARNING, "Mind this.")
REVIEW = Finding("review", Severity.REVIEW, "Somebody has to look.")
REJECT = Finding("bad", Severity.REJECT, "No.")
MISMATCH = Finding("content_mismatch", Severity.WARNING, "It is not what it says.")
UPLOAD: Upload = at(an_upload(), Status.PROCESSING, stored=StoredObject("v1", "etag", 40 << 20))


def test_findings_are_all_collected_in_order() -> None:
    """No inspector stops the others: the user hears everything at once."""

    def first(seen: View) -> Iterator[Finding]:
        yield REJECT

    def second(seen: View) -> Iterator[Finding]:
        yield NOTE
        yield WARNING

    def silent(seen: View) -> tuple[Finding, ...]:
        return ()

    inspectors = {"first": first, "silent": silent, "second": second}
    assert look(inspectors).findings == (REJECT, NOTE, WARNING)


def look(inspectors: Mapping[str, Inspector], data: bytes = b"0123456789", reported: list[str] | None = None) -> Seen:
    def report(inspector: str, bug: Exception) -> None:
        if reported is None:
            raise AssertionError(inspector) from bug
        reported.append(inspector)

    return pipeline.inspect(view(data, "image/png"), inspectors, lambda: 0, report)


def test_a_bug_of_an_inspector_is_a_verdict() -> None:
    """The file is kept back for the reason `error`, operators hear of the bug, and the others look all the same."""

    def broken(seen: View) -> Iterator[Finding]:
        raise RecursionError

    def second(seen: View) -> Iterator[Finding]:
        yield NOTE

    reported: list[str] = []
    found = look({"broken": broken, "second": second}, reported=reported).findings
    assert [finding.code for finding in found] == [INSPECTION_FAILED, "note"]
    assert pipeline.verdict(UPLOAD, "policy 7", found).reason is Reason.ERROR
    assert reported == ["broken"]


def test_what_costs_too_much_is_not_scanned() -> None:
    """A file that would take more than its budget is kept back, and nobody calls it clean."""

    def greedy(seen: View) -> Iterator[Finding]:
        seen.reader.unpack(1 << 40)
        yield NOTE

    assert pipeline.verdict(UPLOAD, "policy 7", look({"greedy": greedy}).findings).reason is Reason.NOT_SCANNED


def test_an_answer_of_a_store_is_no_verdict() -> None:
    """When S3 does not answer, the file is inspected later."""

    def unlucky(seen: View) -> Iterator[Finding]:
        raise Unavailable("no answer")

    with pytest.raises(Unavailable):
        look({"unlucky": unlucky})


def test_it_is_known_what_each_inspector_cost() -> None:
    """Its name and the bytes that it had read; what others had read before costs nothing."""

    def reads(seen: View) -> Iterator[Finding]:
        assert seen.head
        return iter(())

    assert [(each.inspector, each.bytes_read) for each in look({"a": reads, "b": reads}).inspections] == [
        ("a", 10),
        ("b", 0),
    ]


@pytest.mark.parametrize(
    ("found", "reason", "risk"),
    [
        ([], None, Risk.LOW),
        ([NOTE], None, Risk.LOW),
        ([WARNING], None, Risk.MEDIUM),
        ([WARNING] * 4, Reason.IN_REVIEW, Risk.HIGH),
        ([REVIEW], Reason.IN_REVIEW, Risk.HIGH),
        ([REVIEW, REJECT], Reason.REJECTED, Risk.HIGH),
        ([REJECT, replace(REJECT, code="infected")], Reason.INFECTED, Risk.HIGH),
        ([replace(REJECT, code="not_scanned")], Reason.NOT_SCANNED, Risk.HIGH),
        ([replace(REJECT, code="not_scanned"), replace(REJECT, code="inspection_failed")], Reason.ERROR, Risk.HIGH),
    ],
)
def test_the_worst_reason_counts(found: list[Finding], reason: Reason | None, risk: Risk) -> None:
    """Malware before rules, rules before our own trouble; a file of high risk is never published unseen."""
    assert (reason_of(found), risk_of(found)) == (reason, risk)


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
    verdict = pipeline.verdict(UPLOAD, "policy 7", found, bytes_read=99, milliseconds=5)
    assert (verdict.reason, verdict.content_type, verdict.findings) == (reason, content_type, tuple(found))


def test_a_verdict_is_bound_to_version_and_policy() -> None:
    """It says which bytes were looked at, by which rules, and what that cost."""
    verdict = pipeline.verdict(UPLOAD, "policy 7", [], bytes_read=99, milliseconds=5)
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
