"""What every SessionStore promises about manifests, lists, due times and the outbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.consequences import announcement
from portway.errors import Conflict, Exists, Refused, Unavailable
from portway.model import ManifestRef, Principal, Status, Upload, Word
from portway.ports import SessionStore
from portway.quotas import Quota, Room
from portway.verdicts import Reason
from tests.contracts.conftest import SessionBackend
from tests.contracts.journeys import added, published
from tests.fakes.clock import START
from tests.fakes.uploads import OWNER, an_upload, some_parts

ROOM = Room(owner=Quota(size=1 << 50, uploads=1000), tenant=Quota(size=1 << 50, uploads=1000))
UPLOAD_ID = an_upload().id


@pytest.fixture
def store(sessions: SessionBackend) -> SessionStore:
    return sessions.store


def ended(store: SessionStore, number: int, at: int) -> Upload:
    """An upload that was aborted at that time, so that its events wait in the outbox."""
    upload = an_upload(number, status=Status.OPEN)
    store.add(upload, ROOM)
    aborting = store.save(upload, upload.moved(Status.ABORTING, at))
    return store.save(aborting, aborting.moved(Status.ABORTED, at, reason=Reason.CANCELLED))


@pytest.mark.parametrize("count", [1, 2000, 2001, 10_000])
def test_a_manifest_comes_back_whole(store: SessionStore, count: int) -> None:
    """The list of parts that goes to S3 is read back in order, number by number, up to the largest upload."""
    parts = some_parts(count)
    manifest = store.put_manifest(UPLOAD_ID, parts)
    assert manifest.count == count
    assert store.get_manifest(UPLOAD_ID, manifest) == tuple(replace(part, stored_at=None) for part in parts)


def test_the_same_parts_make_the_same_manifest(store: SessionStore) -> None:
    """Two completers that listed the same parts agree, whenever these were stored; one byte more is another list."""
    parts = some_parts(3)
    first = store.put_manifest(UPLOAD_ID, parts)
    assert store.put_manifest(UPLOAD_ID, [replace(part, stored_at=None) for part in parts]) == first
    assert store.put_manifest(UPLOAD_ID, [*parts[:2], replace(parts[2], size=1)]) != first
    assert store.put_manifest(UPLOAD_ID, [*parts[:2], replace(parts[2], checksum=None)]) != first
    assert len(store.get_manifest(UPLOAD_ID, first)) == 3


def test_a_missing_manifest_is_no_empty_one(store: SessionStore) -> None:
    """Completing with fewer parts than were recorded would lose bytes: a manifest that is not there is an error."""
    with pytest.raises(Unavailable):
        store.get_manifest(UPLOAD_ID, ManifestRef("0" * 64, 3))


def test_owned_uploads_come_newest_first(store: SessionStore) -> None:
    """Pages follow each other without gaps or repeats, newest upload first, those of one moment by id."""
    for number in range(1, 8):
        store.add(an_upload(number, created_at=START + number // 2), ROOM)
    seen: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = store.list_owned(OWNER, None, cursor, 3)
        seen, cursor, pages = seen + [upload.id for upload in page.uploads], page.cursor, pages + 1
    assert seen == [an_upload(number).id for number in range(7, 0, -1)]
    assert pages == 3


def test_a_list_shows_only_ones_own(store: SessionStore) -> None:
    """Neither a colleague's uploads nor those of another tenant appear."""
    store.add(an_upload(1), ROOM)
    for number, other in enumerate([Principal("acme", "bob"), Principal("other", "ann"), Principal("acme#ann", "")], 2):
        store.add(an_upload(number, other), ROOM)
    assert store.list_owned(OWNER, None, None, 10).uploads == (an_upload(1),)
    assert store.list_owned(Principal("acme", "nobody"), None, None, 10).uploads == ()


def test_a_list_can_be_narrowed_to_one_word(store: SessionStore) -> None:
    """Asking for one public status gives just those; a page may be short or empty although more follow."""
    for number in range(1, 5):
        upload = an_upload(number, created_at=START + number)
        store.add(upload, ROOM)
        if number == 1:
            store.save(upload, upload.moved(Status.ABORTING, START + 9))
    newest = store.list_owned(OWNER, Word.CANCELLED, None, 2)
    assert newest.uploads == ()
    rest = store.list_owned(OWNER, Word.CANCELLED, newest.cursor, 2)
    assert [upload.id for upload in rest.uploads] == [an_upload(1).id]


@pytest.mark.parametrize("cursor", ["x", "!!!!", "e30=", "MTIz", "é", "a" * 500])
def test_a_foreign_cursor_is_refused(store: SessionStore, cursor: str) -> None:
    """A cursor that we did not make is the caller's mistake and is told so."""
    with pytest.raises(Refused) as refused:
        store.list_owned(OWNER, None, cursor, 10)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("cursor", "bad_cursor")]


def test_anothers_cursor_opens_nothing(store: SessionStore) -> None:
    """With the cursor of somebody else one still sees only one's own uploads."""
    other = Principal("other", "eve")
    for number in (1, 2):
        store.add(an_upload(number, created_at=START + number), ROOM)
    store.add(an_upload(3, other, created_at=START), ROOM)
    cursor = store.list_owned(OWNER, None, None, 1).cursor
    assert [upload.owner for upload in store.list_owned(other, None, cursor, 10).uploads] == ["eve"]


def test_overdue_names_what_the_sweeper_may_touch(store: SessionStore) -> None:
    """Uploads whose time has come, longest waiting first, at most as many as asked for."""
    for number in range(1, 10):
        store.add(an_upload(number, due_at=START + 10 * number), ROOM)
    store.add(an_upload(10, due_at=None), ROOM)
    ids = [an_upload(number).id for number in range(1, 10)]
    assert store.overdue(START + 9, 100) == ()
    assert store.overdue(START + 50, 100) == tuple(ids[:5])
    assert store.overdue(START + 1000, 3) == tuple(ids[:3])


def test_overdue_follows_the_record(store: SessionStore) -> None:
    """A new due time counts at once, and a record without one is left alone."""
    upload = an_upload(due_at=START)
    store.add(upload, ROOM)
    later = store.save(upload, replace(upload, due_at=START + 100))
    assert store.overdue(START + 99, 10) == ()
    assert store.overdue(START + 100, 10) == (upload.id,)
    store.save(later, replace(later, due_at=None))
    assert store.overdue(START + 10_000, 10) == ()


def test_the_outbox_holds_what_the_world_must_hear(store: SessionStore) -> None:
    """A new upload and an end each leave exactly their event behind, oldest first, and only those before the time."""
    uploads = [ended(store, number, START + number) for number in range(1, 6)]
    new = store.unsent(START + 1, 10)
    assert [event.id for event in new] == [f"{upload.id}#CREATING#0" for upload in uploads]
    assert new[0] == announcement(None, an_upload(1, status=Status.OPEN))
    for event in new:
        store.sent(event)
    events = store.unsent(START + 4, 10)
    assert [event.upload_id for event in events] == [upload.id for upload in uploads[:3]]
    before = replace(uploads[0], status=Status.ABORTING)
    assert events[0] == announcement(before, uploads[0])
    assert len(store.unsent(START + 100, 2)) == 2


def test_each_state_that_is_told_leaves_its_event(store: SessionStore) -> None:
    """Declared, whole, published, removed: four events, each in the transaction of its write; a repeat adds none."""
    upload = published(store)
    store.save(upload, replace(upload, removing_at=START + 30, removed_at=START + 31))
    with pytest.raises(Exists):
        store.add(replace(upload, name="other"), ROOM)
    assert {event.id.partition("#")[2]: event.type for event in store.unsent(START + 1000, 10)} == {
        "CREATING#0": "upload.created",
        "STORED#0": "upload.stored",
        "PUBLISHED#1": "file.published",
        "REMOVED#1": "file.deleted",
    }


@pytest.mark.parametrize("after", [Status.OPEN, Status.ABORTING, Status.EXPIRING])
def test_who_moves_a_new_upload_on_owes_that_it_was_created(store: SessionStore, after: Status) -> None:
    """The record is the debt until then; wherever it goes, the event says what was declared."""
    upload = added(store)
    assert store.unsent(START + 1000, 10) == ()
    kept = store.save(upload, replace(upload, due_at=START + 500))
    assert store.unsent(START + 1000, 10) == ()
    store.save(kept, kept.moved(after, START + 1))
    assert store.unsent(START + 1000, 10) == (announcement(None, replace(upload, status=Status.OPEN)),)


def test_an_event_that_was_told_before_is_not_owed(store: SessionStore) -> None:
    """The move is written as ever, on the same conditions, and a repeat of it owes nothing either."""
    upload = added(store)
    after = upload.moved(Status.OPEN, START + 1, multipart_id="u1")
    assert store.save_told(upload, after) == after == store.get(upload.id)
    assert store.save_told(upload, after) == after
    with pytest.raises(Conflict):
        store.save_told(upload, upload.moved(Status.OPEN, START + 1, multipart_id="u2"))
    assert store.unsent(START + 1000, 10) == ()


def test_a_sent_event_is_not_sent_again(store: SessionStore) -> None:
    """Marking works once, twice, and for an event that is gone already."""
    upload = ended(store, 1, START)
    for event in store.unsent(START + 1, 10):
        store.sent(event)
        store.sent(event)
    store.sent(replace(event, id=f"{upload.id}#PUBLISHED#9"))
    assert store.unsent(START + 1000, 10) == ()


def test_events_are_not_uploads(store: SessionStore) -> None:
    """An event that waits does not show up as an overdue upload, nor the other way round."""
    upload = ended(store, 1, START)
    assert upload.due_at is not None
    assert store.overdue(START + 1, 10) == ()
    assert store.overdue(upload.due_at, 10) == (upload.id,)
    assert [event.type for event in store.unsent(upload.due_at + 1, 10)] == ["upload.failed", "upload.created"]
