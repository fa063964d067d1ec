"""The life of an upload: which states there are, which moves, and what the world is told about each."""

from __future__ import annotations

from itertools import product

import pytest

from portway.model import FENCE, HAS_OBJECT, MOVES, RETAINED, SETTLE_MS, TERMINAL, Status, Step, Word
from portway.verdicts import Reason, Verdict
from tests.fakes.clock import START
from tests.fakes.uploads import an_upload
from tests.unit.world import at

GRAPH = {
    "CREATING": "OPEN ABORTING EXPIRING",
    "OPEN": "COMPLETING STORED ABORTING EXPIRING",
    "COMPLETING": "STORED ABORTED EXPIRED",
    "STORED": "PROCESSING",
    "PROCESSING": "PROCESSING PUBLISHED QUARANTINED",
    "ABORTING": "ABORTED",
    "EXPIRING": "EXPIRED",
    "PUBLISHED": "",
    "QUARANTINED": "PROCESSING",
    "ABORTED": "",
    "EXPIRED": "",
}
PAIRS = list(product(Status, Status))


def reachable(start: Status) -> set[Status]:
    """Every state that can follow, in any number of moves."""
    found: set[Status] = set()
    ahead = set(MOVES[start])
    while ahead:
        status = ahead.pop()
        if status not in found:
            found.add(status)
            ahead |= MOVES[status]
    return found


def test_the_moves_are_exactly_the_documented_graph() -> None:
    """An upload goes nowhere else than where the fault model says it may go."""
    assert {status.value: {after.value for after in moves} for status, moves in MOVES.items()} == {
        status: set(after.split()) for status, after in GRAPH.items()
    }


def test_the_only_way_back_is_another_inspection() -> None:
    """Once a state is left it never comes again; only processing may begin anew, with a higher lease."""
    again = {status for status in Status if status in reachable(status)}
    assert again == {Status.PROCESSING, Status.QUARANTINED}
    assert [status for status in TERMINAL if MOVES[status]] == [Status.QUARANTINED]


def test_every_life_ends() -> None:
    """From every state one of the four ends can be reached."""
    assert {"PUBLISHED", "QUARANTINED", "ABORTED", "EXPIRED"} == TERMINAL
    assert all(status in TERMINAL or reachable(status) & TERMINAL for status in Status)


def test_a_file_is_never_cancelled_or_expired() -> None:
    """Once S3 may have put the parts together, neither abort nor expiry may begin."""
    assert not any(
        reachable(status) & {Status.ABORTING, Status.EXPIRING} for status in (Status.COMPLETING, *HAS_OBJECT)
    )
    assert {Status.PUBLISHED, Status.QUARANTINED} == RETAINED


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_record_makes_only_moves_of_the_table(before: Status, after: Status) -> None:
    """A new state is a new line of history, a new lease is not; any other move is a bug and says which."""
    upload = at(an_upload(), before, history=(Step(before, START),))
    if after in MOVES[before]:
        moved = upload.moved(after, START + 5, lease=7)
        line = () if after is before else (Step(after, START + 5),)
        assert (moved.status, moved.lease, moved.history) == (after, 7, (*upload.history, *line))
    else:
        with pytest.raises(ValueError, match=f"no move from {before} to {after}"):
            upload.moved(after, START)


def test_an_ended_upload_is_looked_at_once_more() -> None:
    """An hour later the sweeper looks for S3 uploads that were created late; a move may say otherwise."""
    upload = at(an_upload(), Status.ABORTING)
    assert upload.moved(Status.ABORTED, START).due_at == START + SETTLE_MS
    assert upload.moved(Status.ABORTED, START, due_at=None).due_at is None


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [
        (Status.CREATING, None, Word.INITIATED),
        (Status.OPEN, None, Word.INITIATED),
        (Status.COMPLETING, None, Word.COMPLETING),
        (Status.STORED, None, Word.PROCESSING),
        (Status.PROCESSING, None, Word.PROCESSING),
        (Status.PUBLISHED, None, Word.COMPLETED),
        (Status.QUARANTINED, Reason.INFECTED, Word.FAILED),
        (Status.QUARANTINED, Reason.REJECTED, Word.FAILED),
        (Status.QUARANTINED, Reason.NOT_SCANNED, Word.FAILED),
        (Status.QUARANTINED, Reason.ERROR, Word.FAILED),
        (Status.ABORTED, Reason.PARTS_CHANGED, Word.FAILED),
        (Status.EXPIRED, Reason.UPLOAD_GONE, Word.FAILED),
        (Status.ABORTING, None, Word.CANCELLED),
        (Status.ABORTED, Reason.CANCELLED, Word.CANCELLED),
        (Status.EXPIRING, None, Word.EXPIRED),
        (Status.EXPIRED, None, Word.EXPIRED),
    ],
)
def test_one_public_word_for_each_state(status: Status, reason: Reason | None, word: Word) -> None:
    """Clients see eight words; the difference between an expired and a failed upload is its reason."""
    assert at(an_upload(), status, reason=reason).word is word


def test_an_open_upload_is_in_progress_once_a_part_was_reported() -> None:
    """A list can say so without asking S3 about every upload."""
    assert at(an_upload(), Status.OPEN, reported=0b10).word is Word.IN_PROGRESS


def test_attempts_are_numbered_and_the_last_twenty_are_kept() -> None:
    """A user sees what was tried; a record that is tried for days does not grow without end."""
    upload = an_upload()
    for number in range(1, 26):
        upload = at(upload, upload.status, attempts=upload.tried("process", "lease_ended", True, START + number))
    assert [attempt.number for attempt in upload.attempts] == list(range(6, 26))
    assert (upload.attempts[-1].action, upload.attempts[-1].code, upload.attempts[-1].retryable) == (
        "process",
        "lease_ended",
        True,
    )


def test_a_verdict_is_clean_without_a_reason() -> None:
    """Notes and warnings do not keep a file back; only a reason does."""
    clean = Verdict(version_id="v", policy_version="1", reason=None, content_type="a/b")
    assert clean.is_clean
    assert not Verdict(version_id="v", policy_version="1", reason=Reason.REJECTED, content_type="a/b").is_clean


def test_a_write_is_fenced_by_state_lease_and_verdict() -> None:
    """Whoever read an older record cannot write: none of these may have moved meanwhile."""
    assert {"status", "multipart_id", "lease", "due_at", "verdict", "removing_at"} <= set(FENCE)
