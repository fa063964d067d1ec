"""What every SessionStore promises about records, their owner's quota and conditional writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from portway.errors import Conflict, Exists, QuotaExceeded
from portway.model import (
    FENCE,
    Attempt,
    Finding,
    ManifestRef,
    Principal,
    PublishedObject,
    Reason,
    Report,
    Severity,
    Status,
    Step,
    StoredObject,
    Upload,
    Verdict,
)
from portway.ports import Quota, SessionStore
from tests.contracts.conftest import SessionBackend
from tests.fakes.clock import START
from tests.fakes.uploads import MIB, OWNER, an_upload

ROOM = Quota(size=1 << 40, uploads=100)
VERDICT = Verdict(
    version_id="v1",
    policy_version="1",
    reason=Reason.REJECTED,
    content_type="audio/wav",
    findings=(Finding("type_differs", Severity.REJECT, "It says “wav” and is a PDF."),),
    bytes_read=64,
    milliseconds=3,
)
EVERYTHING: Mapping[str, Any] = {
    "name": "Grüße 文件 🎵.wav",
    "metadata": {"title": "Été", "empty": ""},
    "checksum": "rosUhgp5mIg=",
    "auto_complete": True,
    "attempts": (Attempt(1, "complete", "unavailable", True, START),),
    "upload_id": "u" * 130,
    "reported": 0b1010 | 1 << 10_000,
    "reports": (Report(START, 5 * MIB), Report(START + 1, 9 * MIB)),
    "manifest": ManifestRef("a" * 64, 3),
    "stored": StoredObject("v1", "etag-3", 40 * MIB, None, "id"),
    "lease": 3,
    "holder": "worker",
    "verdict": VERDICT,
    "published": PublishedObject("published", "files/x", "v2", "audio/wav"),
    "reason": Reason.REJECTED,
    "removing_at": START + 5,
    "removed_at": START + 6,
}
ANOTHER: Mapping[str, Any] = {
    "status": Status.ABORTING,
    "upload_id": "another",
    "lease": 7,
    "due_at": START + 7,
    "verdict": VERDICT,
    "removing_at": START + 7,
    "removed_at": START + 7,
}


@pytest.fixture
def store(sessions: SessionBackend) -> SessionStore:
    return sessions.store


def added(store: SessionStore, **changes: Any) -> Upload:
    upload = an_upload(**changes)
    store.add(upload, ROOM)
    return upload


def opened(store: SessionStore, **changes: Any) -> Upload:
    upload = added(store, **changes)
    return store.save(upload, upload.moved(Status.OPEN, START + 1, upload_id="u1"))


def published(store: SessionStore, **changes: Any) -> Upload:
    """A record that went the whole way to PUBLISHED."""
    upload = opened(store, **changes)
    stored = StoredObject("v1", "e-1", upload.size)
    for status, more in (
        (Status.COMPLETING, {}),
        (Status.STORED, {"stored": stored}),
        (Status.PROCESSING, {"lease": 1, "holder": "w"}),
        (Status.PUBLISHED, {"published": PublishedObject("b", "k", "v", "audio/wav")}),
    ):
        upload = store.save(upload, upload.moved(status, START + 10, **more))
    return upload


def aborted(store: SessionStore, upload: Upload) -> Upload:
    aborting = store.save(upload, upload.moved(Status.ABORTING, START + 20))
    return store.save(aborting, aborting.moved(Status.ABORTED, START + 21, reason=Reason.CANCELLED))


def test_add_keeps_every_field(store: SessionStore) -> None:
    """What is read is what was written, to the last field and character."""
    full = an_upload(**EVERYTHING)
    store.add(full, ROOM)
    bare = an_upload(2, due_at=None, history=())
    store.add(bare, ROOM)
    assert store.get(full.id) == full
    assert store.get(bare.id) == bare


def test_get_knows_nothing_of_unknown_ids(store: SessionStore) -> None:
    """An id that was never given is None, not an error."""
    assert store.get("0" * 26) is None


def test_add_refuses_a_taken_id(sessions: SessionBackend) -> None:
    """A repeated create gets the first record back, and is not counted again."""
    first = added(sessions.store)
    with pytest.raises(Exists) as exists:
        sessions.store.add(replace(first, name="other.wav"), ROOM)
    assert exists.value.current == first
    assert sessions.store.get(first.id) == first
    assert sessions.counted(OWNER) == (40 * MIB, 1)


def test_add_says_exists_rather_than_exceeded(store: SessionStore) -> None:
    """A repeated create of the upload that filled the quota is a repeat, not an excess."""
    first = an_upload()
    store.add(first, Quota(size=first.size, uploads=1))
    with pytest.raises(Exists):
        store.add(first, Quota(size=first.size, uploads=1))


def test_add_counts_bytes_up_to_the_limit(sessions: SessionBackend) -> None:
    """The quota may be used to the last byte; one more is refused, with the figures, and changes nothing."""
    quota = Quota(size=40 * MIB + 5, uploads=10)
    sessions.store.add(an_upload(1), quota)
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(an_upload(2, size=6), quota)
    error = exceeded.value
    assert (error.what, error.used, error.limit, error.wanted) == ("bytes", 40 * MIB, 40 * MIB + 5, 6)
    assert sessions.store.get(an_upload(2).id) is None
    sessions.store.add(an_upload(3, size=5), quota)
    assert sessions.counted(OWNER) == (40 * MIB + 5, 2)


def test_add_counts_open_uploads(sessions: SessionBackend) -> None:
    """An owner with as many open uploads as allowed must finish one first, even for an empty file."""
    quota = Quota(size=1 << 40, uploads=2)
    sessions.store.add(an_upload(1), quota)
    sessions.store.add(an_upload(2), quota)
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(an_upload(3, size=0), quota)
    error = exceeded.value
    assert (error.what, error.used, error.limit, error.wanted) == ("open_uploads", 2, 2, 1)
    assert sessions.counted(OWNER) == (80 * MIB, 2)


@pytest.mark.parametrize("quota", [Quota(size=40 * MIB - 1, uploads=1), Quota(size=1 << 40, uploads=0)])
def test_add_refuses_what_can_never_fit(sessions: SessionBackend, quota: Quota) -> None:
    """A file above the whole quota is refused for an owner who has nothing yet."""
    with pytest.raises(QuotaExceeded):
        sessions.store.add(an_upload(), quota)
    assert sessions.store.get(an_upload().id) is None
    assert sessions.counted(OWNER) == (0, 0)


def test_owners_do_not_share_a_quota(sessions: SessionBackend) -> None:
    """However tenant and owner are spelt, they cannot spell another's account."""
    quota = Quota(size=40 * MIB, uploads=1)
    owners = [Principal("a#b", "c"), Principal("a", "b#c"), Principal("a%23b", "c"), Principal("ä", "c/ d")]
    for number, owner in enumerate(owners):
        sessions.store.add(an_upload(number, owner), quota)
    assert [sessions.counted(owner) for owner in owners] == [(40 * MIB, 1)] * 4


def test_save_writes_what_differs(store: SessionStore) -> None:
    """A move is stored whole: new values, values that went away, and the rest as it was."""
    upload = added(store)
    after = upload.moved(Status.OPEN, START + 1, upload_id="u1", due_at=None, metadata={"a": "b"})
    assert store.save(upload, after) == after
    assert store.get(upload.id) == after
    closing = replace(after, metadata={})
    assert store.save(after, closing) == closing


@pytest.mark.parametrize("field", FENCE)
def test_save_refuses_when_the_fence_moved(store: SessionStore, field: str) -> None:
    """Two want to change a record: the second must lose, learn how it is now, and have written nothing."""
    upload = added(store)
    current = store.save(upload, replace(upload, **{field: ANOTHER[field]}))
    with pytest.raises(Conflict) as conflict:
        store.save(upload, replace(upload, holder="late"))
    assert conflict.value.current == current == store.get(upload.id)


def test_save_refuses_a_missing_record(store: SessionStore) -> None:
    """A record that is gone is not made again."""
    upload = an_upload()
    with pytest.raises(Conflict) as conflict:
        store.save(upload, upload.moved(Status.OPEN, START + 1))
    assert conflict.value.current is None
    assert store.get(upload.id) is None


def test_save_keeps_what_others_wrote_beside_it(store: SessionStore) -> None:
    """Fields outside the fence that this write does not touch keep the value that another write gave them."""
    upload = opened(store)
    store.save(upload, replace(upload, reported=6, reports=(Report(START, 5),)))
    merged = store.save(upload, replace(upload, attempts=(Attempt(1, "complete", "busy", True, START),)))
    assert (merged.reported, len(merged.reports), len(merged.attempts)) == (6, 1, 1)
    assert store.get(upload.id) == merged


def test_reports_do_not_overwrite_each_other(store: SessionStore) -> None:
    """Two bundles of reported parts at the same time: the second must read again, or it would unsay the first."""
    upload = opened(store)
    store.save(upload, replace(upload, reported=0b0010))
    with pytest.raises(Conflict) as conflict:
        store.save(upload, replace(upload, reported=0b0100))
    assert conflict.value.current.reported == 0b0010


def test_a_repeat_of_ones_own_save_succeeds(store: SessionStore) -> None:
    """The answer of a write got lost: the same write again finds its own success."""
    upload = opened(store)
    claimed = replace(upload, lease=1, holder="me", due_at=START + 9)
    assert store.save(upload, claimed) == claimed
    assert store.save(upload, claimed) == claimed


def test_the_same_wish_of_another_is_no_repeat(store: SessionStore) -> None:
    """Two workers take the same lease: the one whose name is not in the record has lost."""
    upload = opened(store)
    store.save(upload, replace(upload, lease=1, holder="me"))
    with pytest.raises(Conflict):
        store.save(upload, replace(upload, lease=1, holder="you"))


def test_an_empty_change_still_checks(store: SessionStore) -> None:
    """Saving without a difference changes nothing, and still notices that the record moved on."""
    upload = opened(store)
    assert store.save(upload, upload) == upload
    store.save(upload, replace(upload, lease=1))
    with pytest.raises(Conflict):
        store.save(upload, upload)


def test_abort_gives_everything_back_once(sessions: SessionBackend) -> None:
    """Bytes and the open upload return with the last move, and a repeat of it does not return them twice."""
    other = added(sessions.store, number=2)
    upload = opened(sessions.store)
    aborting = sessions.store.save(upload, upload.moved(Status.ABORTING, START + 20))
    assert sessions.counted(OWNER) == (upload.size + other.size, 2)
    last = aborting.moved(Status.ABORTED, START + 21, reason=Reason.CANCELLED)
    assert [sessions.store.save(aborting, last) for _ in range(2)] == [last, last]
    assert sessions.store.get(upload.id) == last
    assert sessions.counted(OWNER) == (other.size, 1)


def test_a_published_file_keeps_its_bytes_counted(sessions: SessionBackend) -> None:
    """Publishing ends the open upload; the bytes come back when the file is removed."""
    upload = published(sessions.store)
    assert sessions.counted(OWNER) == (upload.size, 0)
    removed = sessions.store.save(upload, replace(upload, removing_at=START + 30, removed_at=START + 31))
    assert sessions.counted(OWNER) == (0, 0)
    assert sessions.store.get(upload.id) == removed


def test_a_lost_race_to_the_end_releases_nothing(sessions: SessionBackend) -> None:
    """Quota and outbox move with the record or not at all."""
    upload = opened(sessions.store)
    stale = upload.moved(Status.ABORTING, START + 5)
    aborted(sessions.store, upload)
    with pytest.raises(Conflict):
        sessions.store.save(stale, stale.moved(Status.ABORTED, START + 6))
    assert sessions.counted(OWNER) == (0, 0)
    assert len(sessions.store.unsent(START + 1000, 10)) == 1


def test_many_creates_never_pass_the_limit(sessions: SessionBackend) -> None:
    """Fifty creates at once against one quota: as many win as there is room for, and each loser knows why."""
    quota = Quota(size=100, uploads=1000)

    def create(number: int) -> str:
        try:
            with sessions.guard:
                sessions.store.add(an_upload(number, size=7), quota)
        except QuotaExceeded as error:
            return error.what
        return "created"

    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(pool.map(create, range(50)))
    assert outcomes == {"created": 14, "bytes": 36}
    assert sessions.counted(OWNER) == (14 * 7, 14)


def test_history_is_kept_in_order(store: SessionStore) -> None:
    """Every state an upload went through can be read back with its time."""
    upload = published(store)
    assert [step.status for step in upload.history] == [
        Status.CREATING,
        Status.OPEN,
        Status.COMPLETING,
        Status.STORED,
        Status.PROCESSING,
        Status.PUBLISHED,
    ]
    assert upload.history[1] == Step(Status.OPEN, START + 1)
