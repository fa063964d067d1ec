"""What every SessionStore promises about records and conditional writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.decisions import Action, Decision
from portway.errors import Conflict
from portway.model import (
    FENCE,
    Attempt,
    Capability,
    Report,
    Status,
    Step,
)
from portway.ports import SessionStore
from portway.scans import Says, ScanResult
from tests.contracts.conftest import SessionBackend
from tests.contracts.journeys import ANOTHER, EVERYTHING, ROOM, VERDICT, added, opened, published
from tests.fakes.clock import START
from tests.fakes.uploads import an_upload


@pytest.fixture
def store(sessions: SessionBackend) -> SessionStore:
    return sessions.store


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


def test_save_writes_what_differs(store: SessionStore) -> None:
    """A move is stored whole: new values, values that went away, and the rest as it was."""
    upload = added(store)
    after = upload.moved(Status.OPEN, START + 1, multipart_id="u1", due_at=None, metadata={"a": "b"})
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


def test_a_token_that_was_taken_back_stays_so(store: SessionStore) -> None:
    """The write that gave it comes a second time, late: nothing that happened since is undone by it."""
    upload = opened(store)
    given = store.save(upload, replace(upload, capability=Capability(1, "a" * 64, START + 9)))
    ended = store.save(given, replace(given, capability=Capability(2)))
    for late in (upload, given):
        with pytest.raises(Conflict):
            store.save(late, replace(late, capability=Capability(late.capability.number + 1, "a" * 64, START + 9)
                                     if late.capability else given.capability))  # fmt: skip
    assert store.get(upload.id) == ended
    assert ended.capability == Capability(2)


def test_a_scan_result_is_seen_by_whoever_writes_beside_it(store: SessionStore) -> None:
    """A worker that begins to wait learns of the result that came meanwhile; a second result does not replace it."""
    upload = opened(store)
    result = ScanResult("v1", "etag", Says.INFECTED, "Example")
    store.save(upload, replace(upload, scan=result))
    waiting = store.save(upload, replace(upload, holder=None, due_at=START + 9))
    assert (waiting.scan, waiting.due_at) == (result, START + 9)
    with pytest.raises(Conflict):
        store.save(upload, replace(upload, scan=ScanResult("v1", "etag", Says.CLEAN)))
    assert store.get(upload.id) == waiting


def test_of_two_decisions_at_once_one_is_written(store: SessionStore) -> None:
    """The second learns of the first, also when neither moves the record on."""
    upload = opened(store)
    olga, oscar = (Decision(START, who, Action.READ, "", 1, None) for who in ("olga", "oscar"))
    store.save(upload, replace(upload, decisions=(olga,)))
    with pytest.raises(Conflict) as conflict:
        store.save(upload, replace(upload, decisions=(oscar,)))
    assert conflict.value.current.decisions == (olga,)


def test_a_token_is_given_beside_everything_else(store: SessionStore) -> None:
    """Whoever read the record before can still write what he is at; the token stays."""
    upload = opened(store)
    given = store.save(upload, replace(upload, capability=Capability(1, "a" * 64, START + 9)))
    assert store.save(upload, replace(upload, lease=1, holder="me")).capability == given.capability
    repeat = replace(given, lease=1, holder="me")
    assert store.save(given, repeat) == repeat == store.get(upload.id)


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


def test_a_lost_lease_is_not_regained_by_agreement(store: SessionStore) -> None:
    """A worker that lost its lease must not pass for the new holder because both came to the same verdict."""
    upload = opened(store)
    first = store.save(upload, replace(upload, lease=1, holder="me"))
    second = store.save(first, replace(first, lease=2, holder="you"))
    judged = store.save(second, replace(second, verdict=VERDICT))
    with pytest.raises(Conflict) as conflict:
        store.save(first, replace(first, verdict=VERDICT))
    assert conflict.value.current == judged


def test_an_empty_change_still_checks(store: SessionStore) -> None:
    """Saving without a difference changes nothing, and still notices that the record moved on."""
    upload = opened(store)
    assert store.save(upload, upload) == upload
    store.save(upload, replace(upload, lease=1))
    with pytest.raises(Conflict):
        store.save(upload, upload)


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
