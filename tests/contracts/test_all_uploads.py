"""What every SessionStore promises about the list of everybody's uploads: all of them, in order, page by page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.errors import Refused
from portway.model import Principal, Status, Upload, Word
from portway.ports import SessionStore
from portway.verdicts import Reason
from tests.contracts.conftest import SessionBackend
from tests.contracts.journeys import ROOM, aborted, opened
from tests.fakes.clock import START
from tests.fakes.uploads import OWNER, an_upload

OTHERS = [OWNER, Principal("acme", "bob"), Principal("globex", "ann")]


@pytest.fixture
def store(sessions: SessionBackend) -> SessionStore:
    return sessions.store


def filled(store: SessionStore, count: int) -> list[Upload]:
    """Uploads of three owners in turns, two in each millisecond; newest first."""
    uploads = [an_upload(n, OTHERS[n % 3], size=1, created_at=START + n // 2) for n in range(count)]
    for upload in uploads:
        store.add(upload, ROOM)
    return sorted(uploads, key=lambda upload: (upload.created_at, upload.id), reverse=True)


def pages(store: SessionStore, tenant: str | None, word: Word | None, limit: int) -> list[list[Upload]]:
    found, cursor = list[list[Upload]](), None
    while not found or cursor:
        page = store.list_all(tenant, word, cursor, limit)
        found.append(list(page.uploads))
        cursor = page.cursor
    return found


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_everybodys_uploads_come_newest_first(store: SessionStore, limit: int) -> None:
    """Pages follow each other without gaps or repeats over all tenants, however the index is cut into shards."""
    expected = filled(store, 20)
    found = pages(store, None, None, limit)
    assert [upload for page in found for upload in page] == expected
    assert all(len(page) <= limit for page in found)


def test_one_tenant_alone(store: SessionStore) -> None:
    """A page may hold fewer, or none, although more follow."""
    expected = [upload for upload in filled(store, 20) if upload.tenant == "globex"]
    found = pages(store, "globex", None, 4)
    assert [upload for page in found for upload in page] == expected
    assert len(found) >= 5
    assert pages(store, "nobody", None, 100) == [[]]


def test_one_word_alone_as_it_is_now(store: SessionStore) -> None:
    """The records decide, not the index: an upload appears under the word it has at this moment."""
    first, second = opened(store, number=1), opened(store, number=2)
    ended = aborted(store, second)
    assert pages(store, None, Word.CANCELLED, 10) == [[ended]]
    assert pages(store, None, Word.INITIATED, 10) == [[first]]
    assert pages(store, "acme", Word.COMPLETED, 10) == [[]]


def kept(store: SessionStore, number: int, owner: Principal = OWNER) -> Upload:
    """In quarantine."""
    upload = opened(store, number=number, owner=owner, size=1, created_at=START + number)
    for status in (Status.STORED, Status.PROCESSING):
        upload = store.save(upload, upload.moved(status, START, lease=1))
    return store.save(upload, upload.moved(Status.QUARANTINED, START, reason=Reason.IN_REVIEW))


def kept_pages(store: SessionStore, tenant: str | None, limit: int) -> list[list[Upload]]:
    found, cursor = list[list[Upload]](), None
    while not found or cursor:
        page = store.list_kept(tenant, cursor, limit)
        found.append(list(page.uploads))
        cursor = page.cursor
    return found


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_what_is_in_quarantine_is_listed_alone(store: SessionStore, limit: int) -> None:
    """Newest first over all tenants, or of one; others make no page longer."""
    uploads = [kept(store, number, OTHERS[number % 3]) for number in range(1, 6)]
    opened(store, number=9)
    found = kept_pages(store, None, limit)
    assert [upload for page in found for upload in page] == uploads[::-1]
    assert len(found) <= len(uploads) // limit + 1
    of_one = [upload for page in kept_pages(store, "globex", limit) for upload in page]
    assert of_one == [upload for upload in uploads[::-1] if upload.tenant == "globex"]


def test_what_leaves_quarantine_leaves_the_list(store: SessionStore) -> None:
    """By a decision, until it comes back; for good when it was removed."""
    first, second = kept(store, 1), kept(store, 2)
    moved = store.save(first, first.moved(Status.PROCESSING, START, lease=2, reason=None))
    assert kept_pages(store, None, 10) == [[second]]
    back = store.save(moved, moved.moved(Status.QUARANTINED, START, reason=Reason.REJECTED))
    removing = store.save(second, replace(second, removing_at=START))
    assert kept_pages(store, None, 10) == [[removing, back]]
    store.save(removing, replace(removing, removed_at=START))
    assert kept_pages(store, None, 10) == [[back]]


def test_what_comes_meanwhile_does_not_disturb_the_pages(store: SessionStore) -> None:
    """New uploads are before the first page; those after a cursor stay where they are."""
    expected = filled(store, 6)
    first = store.list_all(None, None, None, 3)
    store.add(an_upload(99, size=1, created_at=START + 99), ROOM)
    rest = store.list_all(None, None, first.cursor, 10)
    assert [*first.uploads, *rest.uploads] == expected


@pytest.mark.parametrize("cursor", ["x", "!!!", "MTIz", "a" * 300, "ZA=="])
def test_only_our_cursors_are_taken(store: SessionStore, cursor: str) -> None:
    """Whatever else is sent is refused by name."""
    with pytest.raises(Refused) as refused:
        store.list_all(None, None, cursor, 10)
    assert [fault.field for fault in refused.value.faults] == ["cursor"]
