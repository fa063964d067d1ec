"""What every SessionStore promises about its owners' quota: counted with the record, in one write, or not at all."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from portway.errors import Conflict, Exists, QuotaExceeded
from portway.model import (
    Principal,
    Reason,
    Status,
)
from portway.ports import Quota, SessionStore
from tests.contracts.conftest import SessionBackend
from tests.contracts.journeys import ROOM, aborted, added, opened, published
from tests.fakes.clock import START
from tests.fakes.uploads import MIB, OWNER, an_upload


@pytest.fixture
def store(sessions: SessionBackend) -> SessionStore:
    return sessions.store


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
