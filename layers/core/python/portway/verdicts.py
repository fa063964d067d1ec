"""What inspection says of a file: findings, and the verdict that they add up to.

A verdict is bound to one version of the object and stored before anything is done about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FACTS = frozenset({
    "audio_codec", "bit_rate", "bit_rate_mode", "channels", "columns", "container", "delimiter", "duration_ms",
    "elements", "encoding", "entries", "frame_rate", "frames", "height", "is_animated", "is_estimated",
    "is_partial", "lines", "listing", "office_kind", "pages", "ragged_rows", "records", "rows", "sample_rate",
    "unpacked_bytes", "video_codec", "width",
})  # fmt: skip
"""Names of facts that the owner of a file is shown; all others are for operators."""


class Severity(StrEnum):
    """How bad a finding is: to be known, to be minded, to be looked at by an operator first, or to be refused."""

    NOTE = "note"
    WARNING = "warning"
    REVIEW = "review"
    REJECT = "reject"


class Reason(StrEnum):
    """Why an upload ended without a published file."""

    INFECTED = "infected"
    REJECTED = "rejected"
    NOT_SCANNED = "not_scanned"
    IN_REVIEW = "in_review"
    ERROR = "error"
    PARTS_CHANGED = "parts_changed"
    UPLOAD_GONE = "upload_gone"
    CANCELLED = "cancelled"


class Risk(StrEnum):
    """What all findings together amount to. A file of high risk is looked at by an operator before anybody gets it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Finding:
    """What an inspector objects to: a stable code, how bad it is, and words that a user can act on.

    `detail` is for operators only: what exactly was found, and where, would help an attacker to try again.
    """

    code: str
    severity: Severity
    words: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one inspector did: its name, and what it cost."""

    inspector: str
    milliseconds: int
    bytes_read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What inspection found, bound to one version of the object and one version of the policy.

    `reason` is None when the file is clean. `content_type` is what the file may be served as. `facts` is what was
    learnt on the way, by name: width, pages, duration_ms …; `strip` says that its metadata are left out of what is
    published.
    """

    version_id: str
    policy_version: str
    reason: Reason | None
    content_type: str
    findings: tuple[Finding, ...] = ()
    bytes_read: int = 0
    milliseconds: int = 0
    risk: Risk = Risk.LOW
    facts: Mapping[str, Any] = field(default_factory=dict)
    inspections: tuple[Inspection, ...] = ()
    strip: bool = False

    @property
    def is_clean(self) -> bool:
        return self.reason is None

    @property
    def owners_facts(self) -> dict[str, Any]:
        """Those of the facts that the file's owner is shown."""
        return {name: value for name, value in self.facts.items() if name in FACTS}


INFECTED, NOT_SCANNED, INSPECTION_FAILED = "infected", "not_scanned", "inspection_failed"
"""Codes of findings that are no objection to what the file is, but say that it is dangerous or that nobody knows."""
REASONS: Mapping[str, Reason] = {
    INFECTED: Reason.INFECTED,
    NOT_SCANNED: Reason.NOT_SCANNED,
    INSPECTION_FAILED: Reason.ERROR,
}
"""Why a file is kept back for a finding with one of these codes; for any other that rejects, it is rejected."""
ORDER = (Reason.INFECTED, Reason.REJECTED, Reason.ERROR, Reason.NOT_SCANNED, Reason.IN_REVIEW)
"""Of several reasons the first one counts."""
MEDIUM_WARNINGS, HIGH_WARNINGS = 1, 4
"""From so many warnings on the risk is medium or high."""


def risk_of(found: Sequence[Finding]) -> Risk:
    """What all findings together amount to; many small things are a big one."""
    severities = [finding.severity for finding in found]
    warnings = severities.count(Severity.WARNING)
    if Severity.REJECT in severities or Severity.REVIEW in severities or warnings >= HIGH_WARNINGS:
        return Risk.HIGH
    return Risk.MEDIUM if warnings >= MEDIUM_WARNINGS else Risk.LOW


def reason_of(found: Sequence[Finding]) -> Reason | None:
    """Why a file with these findings is kept back; None when it is clean."""
    reasons = {REASONS.get(f.code, Reason.REJECTED) for f in found if f.severity is Severity.REJECT}
    if risk_of(found) is Risk.HIGH:
        reasons.add(Reason.IN_REVIEW)
    return next((reason for reason in ORDER if reason in reasons), None)
