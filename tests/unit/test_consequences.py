"""What a move entails: quota given back and the event that is owed, each exactly once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from portway.consequences import RiskChange, accounts, announcement, quota_change, risk_change
from portway.decisions import Action, Decision
from portway.model import MOVES, Principal, PublishedObject, Status, Step, StoredObject, Upload
from portway.quotas import Account, QuotaChange
from portway.retries import again
from portway.verdicts import Finding, Reason, Severity, Verdict
from tests.fakes.clock import START
from tests.fakes.uploads import OWNER, an_upload
from tests.unit.world import at

MOVES_OF_TABLE = [(before, after) for before, moves in MOVES.items() for after in sorted(moves)]
SIZE = an_upload().size
BACK = {
    Status.ABORTED: QuotaChange(-SIZE, -1),
    Status.EXPIRED: QuotaChange(-SIZE, -1),
    Status.PUBLISHED: QuotaChange(0, -1),
    Status.QUARANTINED: QuotaChange(0, -1),
}
AGAIN = (Status.QUARANTINED, Status.PROCESSING)
TOLD = {
    Status.STORED: "upload.stored",
    Status.PUBLISHED: "file.published",
    Status.QUARANTINED: "file.quarantined",
    Status.ABORTED: "upload.failed",
    Status.EXPIRED: "upload.expired",
}


def move(before: Status, after: Status) -> tuple[Upload, Upload]:
    upload = at(an_upload(), before, lease=2)
    return upload, upload.moved(after, START + 9)


@pytest.mark.parametrize(("before", "after"), MOVES_OF_TABLE)
def test_only_an_end_gives_quota_back(before: Status, after: Status) -> None:
    """An open upload counts from create to its end; the bytes of a file that is kept go on counting.

    Another inspection makes it an open upload again, and counts no byte twice.
    """
    wanted = QuotaChange(0, 1) if (before, after) == AGAIN else BACK.get(after)
    assert quota_change(*move(before, after)) == wanted


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.QUARANTINED])
def test_removing_a_file_gives_its_bytes_back_once(status: Status) -> None:
    """The announcement of a removal frees nothing, the removal frees all, a later write frees nothing again."""
    kept = at(an_upload(), status)
    removing = replace(kept, removing_at=START)
    removed = replace(removing, removed_at=START + 1)
    assert quota_change(kept, removing) is None
    assert quota_change(removing, removed) == QuotaChange(-SIZE, 0)
    assert quota_change(removed, replace(removed, due_at=None)) is None


@pytest.mark.parametrize(("before", "after"), MOVES_OF_TABLE)
def test_what_others_act_on_is_told_and_nothing_else(before: Status, after: Status) -> None:
    """One event when the file is whole and one for each end; its id is the same however often it is sent."""
    event = announcement(*move(before, after))
    if before is Status.CREATING:
        assert event == announcement(None, move(before, after)[0].moved(Status.OPEN, START))
        return
    if after not in TOLD:
        assert event is None
        return
    assert event is not None
    assert (event.type, event.at, event.upload_id) == (TOLD[after], START + 9, an_upload().id)
    assert event.id == f"{an_upload().id}#{after}#2"


@pytest.mark.parametrize(
    ("status", "action"), [(Status.PUBLISHED, Action.RELEASE), (Status.QUARANTINED, Action.REJECT)]
)
def test_the_end_says_whether_an_operator_decided_it(status: Status, action: Action) -> None:
    """Not who, and not why; and not when he only read the file, or had it inspected again."""
    held = at(an_upload(), Status.PROCESSING, lease=2)
    for last in (None, *Action):
        decisions = [Decision(START, "olga", each, "seen", 1, None) for each in (last, Action.READ) if each]
        told = announcement(held, replace(held, decisions=tuple(decisions)).moved(status, START))
        assert told is not None
        assert told.detail["by_operator"] is (last is action)
        assert "olga" not in json.dumps(told.detail)


@pytest.mark.parametrize("action", [None, Action.RELEASE, Action.REMOVE])
def test_a_removal_says_so_too(action: Action | None) -> None:
    """Whether the file was taken away by an operator, or by its owner."""
    decisions = (Decision(START, "olga", action, "asked to", 1, None),) if action else ()
    kept = at(an_upload(), Status.PUBLISHED, decisions=decisions, removing_at=START)
    told = announcement(kept, replace(kept, removed_at=START + 1))
    assert told is not None
    assert told.detail["by_operator"] is (action is Action.REMOVE)


def test_a_new_upload_is_told() -> None:
    """Owed by the first write that leaves it open or ends it, under the time of its creation; there is nothing to read
    yet."""
    assert announcement(None, an_upload()) is None
    event = announcement(None, at(an_upload(), Status.OPEN))
    assert event is not None
    assert (event.type, event.id, event.at) == ("upload.created", f"{an_upload().id}#CREATING#0", START)
    assert (event.detail["status"], event.detail["reason"], event.detail["file"]) == ("initiated", None, None)


def test_a_size_that_nobody_knows_yet_is_not_told() -> None:
    """What is reserved for an upload of unknown length is no size of a file; what was measured at complete is."""
    upload = an_upload(is_open_ended=True, size=5, part_count=1)
    event = announcement(upload, upload.moved(Status.OPEN, START))
    assert event is not None
    assert event.detail["size"] is None
    sealed = at(upload, Status.COMPLETING, is_open_ended=False, size=7)
    stored = announcement(sealed, sealed.moved(Status.STORED, START))
    assert stored is not None
    assert stored.detail["size"] == 7


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.QUARANTINED])
def test_a_removal_is_told_once_it_is_done(status: Status) -> None:
    """Not when it is meant, and not again by the sweeper's last look; it says where the file was."""
    published = PublishedObject("files", "files/x", "v2", "audio/wav") if status is Status.PUBLISHED else None
    kept = at(an_upload(), status, lease=3, published=published)
    removing = replace(kept, removing_at=START)
    removed = replace(removing, removed_at=START + 1)
    assert announcement(kept, removing) is None
    event = announcement(removing, removed)
    assert event is not None
    assert (event.type, event.id, event.at) == ("file.deleted", f"{kept.id}#REMOVED#3", START + 1)
    assert (event.detail["file"] is None) == (published is None)
    assert announcement(removed, replace(removed, due_at=None)) is None


def test_later_writes_to_an_ended_upload_tell_nothing() -> None:
    """Removing a published file does not announce it a second time."""
    published = at(an_upload(), Status.PUBLISHED)
    assert announcement(published, replace(published, removing_at=START)) is None


def test_the_event_of_a_published_file_says_where_it_is() -> None:
    """A consumer needs no second call: bucket, key, version, type and checksum are in it, as plain JSON."""
    upload = at(
        an_upload(metadata={"title": "Été"}),
        Status.PROCESSING,
        stored=StoredObject("v1", "etag", SIZE, "rosUhgp5mIg="),
    )
    published = PublishedObject("files", "files/x", "v2", "audio/wav")
    event = announcement(upload, upload.moved(Status.PUBLISHED, START, published=published))
    assert event is not None
    assert json.loads(json.dumps(event.detail)) == {
        "schema": 1,
        "id": upload.id,
        "tenant": "acme",
        "owner": upload.owner,
        "status": "completed",
        "reason": None,
        "name": "summer.wav",
        "size": SIZE,
        "category": "anything",
        "metadata": {"title": "Été"},
        "at_ms": START,
        "retained_until_ms": None,
        "file": {
            "bucket": "files",
            "key": "files/x",
            "version_id": "v2",
            "content_type": "audio/wav",
            "size": SIZE,
            "checksum_algorithm": "crc64nvme",
            "checksum": "rosUhgp5mIg=",
        },
        "by_operator": False,
        "verdict": None,
    }


@pytest.mark.parametrize(
    ("status", "end", "reason", "word"),
    [
        (Status.PROCESSING, Status.QUARANTINED, Reason.REJECTED, "failed"),
        (Status.COMPLETING, Status.ABORTED, Reason.PARTS_CHANGED, "failed"),
        (Status.COMPLETING, Status.EXPIRED, Reason.UPLOAD_GONE, "failed"),
        (Status.ABORTING, Status.ABORTED, Reason.CANCELLED, "cancelled"),
        (Status.EXPIRING, Status.EXPIRED, None, "expired"),
    ],
)
def test_the_event_of_a_failure_says_why(status: Status, end: Status, reason: Reason | None, word: str) -> None:
    """Status and reason are the words of the API, and there is no file in it."""
    upload = at(an_upload(), status)
    event = announcement(upload, upload.moved(end, START, reason=reason))
    assert event is not None
    assert (event.detail["status"], event.detail["reason"], event.detail["file"]) == (word, reason, None)


WAS_OPEN = (Step(Status.CREATING, START), Step(Status.OPEN, START))
ENDS = {
    (Status.PROCESSING, Status.QUARANTINED, Reason.INFECTED): 20,
    (Status.PROCESSING, Status.QUARANTINED, Reason.REJECTED): 5,
    (Status.PROCESSING, Status.QUARANTINED, Reason.NOT_SCANNED): 0,
    (Status.PROCESSING, Status.QUARANTINED, Reason.ERROR): 0,
    (Status.PROCESSING, Status.PUBLISHED, None): 0,
    (Status.COMPLETING, Status.ABORTED, Reason.PARTS_CHANGED): 2,
    (Status.COMPLETING, Status.EXPIRED, Reason.UPLOAD_GONE): 0,
    (Status.ABORTING, Status.ABORTED, Reason.CANCELLED): 0,
    (Status.EXPIRING, Status.EXPIRED, None): 1,
}
DAY_OF_START = START // 86_400_000


@pytest.mark.parametrize(("before", "after", "reason"), ENDS)
def test_what_an_end_says_about_the_owner(before: Status, after: Status, reason: Reason | None) -> None:
    """Bad files and abandoned uploads count against him; success, cancelling and our own trouble do not."""
    upload = at(an_upload(), before, history=WAS_OPEN)
    ended = upload.moved(after, START + 86_400_000, reason=reason)
    points = ENDS[before, after, reason]
    assert risk_change(upload, ended) == (RiskChange(DAY_OF_START + 1, points) if points else None)
    assert risk_change(ended, replace(ended, due_at=None)) is None


@pytest.mark.parametrize(("before", "after"), MOVES_OF_TABLE)
def test_what_never_came_to_be_open_counts_against_nobody(before: Status, after: Status) -> None:
    """Neither does a move on the way: an owner does not pay for creates that we did not finish."""
    assert risk_change(*move(before, after)) is None


@pytest.mark.parametrize(("first", "points"), [(Reason.REJECTED, None), (Reason.INFECTED, None), (Reason.ERROR, 20)])
def test_a_second_inspection_holds_nothing_against_an_owner_twice(first: Reason, points: int | None) -> None:
    """An operator may have files looked at again as often as he likes; what nobody could inspect counts when it is."""
    upload = at(an_upload(), Status.PROCESSING, history=WAS_OPEN)
    retried = again(upload.moved(Status.QUARANTINED, START, reason=first), START + 1)
    change = risk_change(retried, retried.moved(Status.QUARANTINED, START + 2, reason=Reason.INFECTED))
    assert change == (RiskChange(DAY_OF_START, points) if points else None)


@pytest.mark.parametrize(("code", "points"), [("extension_mismatch", 2), ("content_mismatch", 2), ("size_mismatch", 0)])
@pytest.mark.parametrize("end", [Status.PUBLISHED, Status.QUARANTINED])
def test_a_type_that_is_not_what_it_says_counts(code: str, points: int, end: Status) -> None:
    """Also where the policy lets such a file pass; once for a file, however many doubts there are."""
    doubts = (Finding(code, Severity.WARNING, ""), Finding(code, Severity.WARNING, ""))
    verdict = Verdict(version_id="v", policy_version="1", reason=None, content_type="a/b", findings=doubts)
    upload = at(an_upload(), Status.PROCESSING, history=WAS_OPEN, verdict=verdict)
    reason, more = (Reason.REJECTED, 5) if end is Status.QUARANTINED else (None, 0)
    change = risk_change(upload, upload.moved(end, START, reason=reason))
    assert change == (RiskChange(DAY_OF_START, points + more) if points + more else None)


def test_an_upload_is_counted_for_its_owner_and_its_tenant() -> None:
    """Both from the record, which has them from the token; a colleague's differs only in the owner's."""
    mine, colleagues = accounts(an_upload()), accounts(an_upload(2, Principal(OWNER.tenant, "colleague")))
    assert mine == (Account(OWNER.tenant, OWNER.owner), Account(OWNER.tenant))
    assert [account.scope for account in mine] == ["owner", "tenant"]
    assert (mine[0] != colleagues[0], mine[1]) == (True, colleagues[1])
