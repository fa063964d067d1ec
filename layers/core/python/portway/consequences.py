"""What a move entails, derived from the record before and after it: quota given back, risk points, the event owed.

Stores write all of it in the transaction of the move, so that nothing can be forgotten or done twice. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from portway.decisions import Action, last
from portway.media_types import DOUBTS
from portway.model import RETAINED, Status, Upload
from portway.published import file_of
from portway.quotas import Account, QuotaChange
from portway.rates import day_of
from portway.verdicts import Reason

REMOVED, DERIVED = "REMOVED", "DERIVED"
"""What the removal of a file, and that something was made of it, is called where events are named by states: its upload
stays what it was."""
EVENT_TYPES: Mapping[str, str] = {
    Status.CREATING: "upload.created",
    Status.STORED: "upload.stored",
    Status.PUBLISHED: "file.published",
    Status.QUARANTINED: "file.quarantined",
    Status.ABORTED: "upload.failed",
    Status.EXPIRED: "upload.expired",
    DERIVED: "file.derived",
    REMOVED: "file.deleted",
}
"""The states that the world hears of, and what it hears."""
POINTS: Mapping[tuple[Status, Reason | None], int] = {
    (Status.QUARANTINED, Reason.INFECTED): 20,  # one is enough to halve a rate: nobody sends malware often by mistake
    (Status.QUARANTINED, Reason.REJECTED): 5,  # a wrong file happens; four in two days are a habit, or a probe
    (Status.ABORTED, Reason.PARTS_CHANGED): 2,  # a client with a bug, or one who exchanges parts after they were listed
    (Status.EXPIRED, None): 1,  # lines break: only many abandoned uploads, which S3 keeps for a day, mean something
}
"""Risk points of an end. Every other end has none: published, cancelled, or our own trouble (not scanned, error)."""
BY_OPERATOR: Mapping[str, Action] = {
    Status.PUBLISHED: Action.RELEASE,
    Status.QUARANTINED: Action.REJECT,
    REMOVED: Action.REMOVE,
}
"""What the last decision of an operator must be for the event of this state to be his doing."""
BAD = frozenset({Reason.INFECTED.value, Reason.REJECTED.value})
JUDGED = BAD | {Reason.IN_REVIEW.value, Reason.NOT_SCANNED.value}
"""Codes of attempts after which it is known what a file is. What operators decide then is no new file."""
MISMATCH_POINTS = 2
"""More for a file whose type is not what it was declared to be, also where the policy lets it pass."""


def accounts(upload: Upload) -> tuple[Account, Account]:
    """Where an upload is counted, at its creation and whenever something is given back: its owner's, its tenant's."""
    return Account(upload.tenant, upload.owner), Account(upload.tenant)


def quota_change(before: Upload, after: Upload) -> QuotaChange | None:
    """What a write gives back to both accounts, or takes. A file of unknown size takes what is signed, and gives back
    what was not sent once it is complete. A retained file keeps its bytes counted until it is removed,
    so that another inspection takes an open upload only.
    """
    if after.removed_at and not before.removed_at:
        return QuotaChange(-after.size, 0)
    if after.is_terminal and not before.is_terminal:
        return QuotaChange(0 if after.status in RETAINED else -after.size, -1)
    if before.is_terminal and not after.is_terminal:
        return QuotaChange(0, 1)
    return QuotaChange(after.size - before.size, 0) if after.size != before.size else None


@dataclass(frozen=True, slots=True)
class RiskChange:
    """Points that a write adds to those of the upload's owner, on the UTC day of its end."""

    day: int
    points: int


def risk_change(before: Upload, after: Upload) -> RiskChange | None:
    """What a terminal move says about the owner. An upload that never came to be open was not abandoned by him, and a
    file that was found to be bad before is not held against him again.
    """
    if not after.is_terminal or before.is_terminal or any(attempt.code in BAD for attempt in after.attempts):
        return None
    was_open = any(step.status is Status.OPEN for step in after.history)
    points = POINTS.get((after.status, after.reason), 0) if was_open else 0
    was_judged = any(attempt.code in JUDGED for attempt in after.attempts)
    if after.verdict and not was_judged and any(finding.code in DOUBTS for finding in after.verdict.findings):
        points += MISMATCH_POINTS
    return RiskChange(day_of(after.history[-1].at), points) if points else None


@dataclass(frozen=True, slots=True)
class Event:
    """An outbox record. `id` is `upload#state#lease`, so that a consumer can drop repeats; `detail` is plain JSON."""

    id: str
    upload_id: str
    type: str
    at: int
    detail: Mapping[str, Any]


def announcement(before: Upload | None, after: Upload) -> Event | None:
    """The event that a write owes the world, where it owes one; `before` is None for the first write of an upload.

    It is stored in the transaction of the write and sent afterwards. At most one for an upload, state and lease.
    CREATING needs none of it: the record is the debt itself, which whoever moves it on from there has to settle.
    """
    state, at = _reached(before, after)
    if state not in EVENT_TYPES:
        return None
    told = before or after if state is Status.CREATING else after  # what was declared, wherever the move leads
    more = MORE[state](told) if state in MORE else {}
    detail = {**_detail(told, at), **_whose(told, state), **more}
    return Event(f"{told.id}#{state}#{told.lease}", told.id, EVENT_TYPES[state], at, detail)


def _reached(before: Upload | None, after: Upload) -> tuple[str, int]:
    """The state that the world hears of, and when; "" for a write that owes nothing."""
    if before is None or before.status is Status.CREATING:
        return ("", 0) if after.status is Status.CREATING else (Status.CREATING, after.created_at)
    if after.removed_at and not before.removed_at:
        return REMOVED, after.removed_at
    if after.derived_at and not before.derived_at:
        return DERIVED, after.derived_at
    return (after.status, after.history[-1].at) if after.status is not before.status else ("", 0)


def _whose(after: Upload, state: str) -> dict[str, bool]:
    """Where an operator may have brought a state about: whether one did. Who, and why, is for operators."""
    decision = last(after.decisions)
    is_his = decision is not None and decision.action is BY_OPERATOR.get(state)
    return {"by_operator": is_his} if state in BY_OPERATOR else {}


def _detail(after: Upload, at: int) -> dict[str, Any]:
    """What every event says of its upload; events/schemas has a schema for each type."""
    file = file_of(after)
    return {
        "schema": 1,
        "id": after.id,
        "tenant": after.tenant,
        "owner": after.owner,
        "status": after.word.value,
        "reason": after.reason.value if after.reason else None,
        "name": after.name,
        "size": None if after.is_open_ended else after.size,
        "category": after.category,
        "metadata": dict(after.metadata),
        "at_ms": at,
        "retained_until_ms": after.retained_until,
        "file": file
        and {
            "bucket": file.bucket,
            "key": file.key,
            "version_id": file.version_id,
            "content_type": file.content_type,
            "size": file.size,
            "checksum_algorithm": file.checksum_algorithm and file.checksum_algorithm.value,
            "checksum": file.checksum,
        },
    }


def _results(after: Upload) -> dict[str, Any]:
    """What was made of the file, beside it in the same bucket."""
    return {"results": [asdict(each) for each in after.derived]}


def _judged(after: Upload) -> dict[str, Any]:
    """What inspection found and learnt, in the words that the file's owner sees."""
    verdict = after.verdict
    return {
        "verdict": verdict
        and {
            "policy_version": verdict.policy_version,
            "risk": verdict.risk.value,
            "findings": [
                {"code": each.code, "severity": each.severity.value, "words": each.words} for each in verdict.findings
            ],
            "facts": dict(verdict.facts),
        }
    }


MORE: Mapping[str, Callable[[Upload], dict[str, Any]]] = {
    Status.PUBLISHED: _judged,
    Status.QUARANTINED: _judged,
    DERIVED: _results,
}
"""What some events say besides."""
