"""What every SessionStore promises about quota: owner and tenant are counted with the record, in one write, or not."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from portway.errors import Conflict, Exists, QuotaExceeded
from portway.model import Principal, Status
from portway.ports import SessionStore
from portway.quotas import Account, Quota, Room
from portway.verdicts import Reason
from tests.contracts.conftest import SessionBackend
from tests.contracts.journeys import ROOM, aborted, added, opened, published, quarantined, retried
from tests.fakes.clock import START
from tests.fakes.uploads import MIB, OWNER, an_upload

AMPLE = Quota(size=1 << 50, uploads=1000)
MINE, OURS = Account(OWNER.tenant, OWNER.owner), Account(OWNER.tenant)


def both(sessions: SessionBackend) -> list[tuple[int, int]]:
    """What is counted for the owner, and for his tenant."""
    return [sessions.counted(MINE), sessions.counted(OURS)]


def owner_room(size: int, uploads: int) -> Room:
    return Room(Quota(size, uploads), AMPLE)


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
    assert both(sessions) == [(40 * MIB, 1)] * 2


def test_add_says_exists_rather_than_exceeded(store: SessionStore) -> None:
    """A repeated create of the upload that filled the quota is a repeat, not an excess."""
    first = an_upload()
    room = Room(Quota(first.size, 1), Quota(first.size, 1))
    store.add(first, room)
    with pytest.raises(Exists):
        store.add(first, room)


def test_add_counts_bytes_up_to_the_limit(sessions: SessionBackend) -> None:
    """The quota may be used to the last byte; one more is refused, with the figures, and changes nothing."""
    room = owner_room(40 * MIB + 5, 10)
    sessions.store.add(an_upload(1), room)
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(an_upload(2, size=6), room)
    error = exceeded.value
    assert (error.what, error.used, error.limit, error.wanted) == ("bytes", 40 * MIB, 40 * MIB + 5, 6)
    assert sessions.store.get(an_upload(2).id) is None
    sessions.store.add(an_upload(3, size=5), room)
    assert both(sessions) == [(40 * MIB + 5, 2)] * 2


def test_add_counts_open_uploads(sessions: SessionBackend) -> None:
    """An owner with as many open uploads as allowed must finish one first, even for an empty file."""
    room = owner_room(1 << 40, 2)
    sessions.store.add(an_upload(1), room)
    sessions.store.add(an_upload(2), room)
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(an_upload(3, size=0), room)
    error = exceeded.value
    assert (error.what, error.used, error.limit, error.wanted) == ("open_uploads", 2, 2, 1)
    assert both(sessions) == [(80 * MIB, 2)] * 2


@pytest.mark.parametrize("quota", [Quota(size=40 * MIB - 1, uploads=1), Quota(size=1 << 40, uploads=0)])
@pytest.mark.parametrize("scope", ["owner", "tenant"])
def test_add_refuses_what_can_never_fit(sessions: SessionBackend, quota: Quota, scope: str) -> None:
    """A file above the whole quota is refused for an account that holds nothing yet."""
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(an_upload(), Room(quota, AMPLE) if scope == "owner" else Room(AMPLE, quota))
    assert exceeded.value.scope == scope
    assert sessions.store.get(an_upload().id) is None
    assert both(sessions) == [(0, 0)] * 2


def test_owners_do_not_share_a_quota(sessions: SessionBackend) -> None:
    """However tenant and owner are spelt, they cannot spell another's account."""
    room = owner_room(40 * MIB, 1)
    owners = [Principal("a#b", "c"), Principal("a", "b#c"), Principal("a%23b", "c"), Principal("ä", "c/ d")]
    for number, owner in enumerate(owners):
        sessions.store.add(an_upload(number, owner), room)
    assert [sessions.counted(Account(owner.tenant, owner.owner)) for owner in owners] == [(40 * MIB, 1)] * 4


def test_abort_gives_everything_back_once(sessions: SessionBackend) -> None:
    """Bytes and the open upload return with the last move, and a repeat of it does not return them twice."""
    other = added(sessions.store, number=2)
    upload = opened(sessions.store)
    aborting = sessions.store.save(upload, upload.moved(Status.ABORTING, START + 20))
    assert both(sessions) == [(upload.size + other.size, 2)] * 2
    last = aborting.moved(Status.ABORTED, START + 21, reason=Reason.CANCELLED)
    assert [sessions.store.save(aborting, last) for _ in range(2)] == [last, last]
    assert sessions.store.get(upload.id) == last
    assert both(sessions) == [(other.size, 1)] * 2


def test_a_published_file_keeps_its_bytes_counted(sessions: SessionBackend) -> None:
    """Publishing ends the open upload; the bytes come back when the file is removed."""
    upload = published(sessions.store)
    assert both(sessions) == [(upload.size, 0)] * 2
    removed = sessions.store.save(upload, replace(upload, removing_at=START + 30, removed_at=START + 31))
    assert both(sessions) == [(0, 0)] * 2
    assert sessions.store.get(upload.id) == removed


def test_another_inspection_takes_an_open_upload(sessions: SessionBackend) -> None:
    """Its bytes were counted all the time; the open upload comes back with its next end."""
    upload = quarantined(sessions.store)
    again = sessions.store.save(upload, retried(upload), owner_room(0, 1))
    assert both(sessions) == [(upload.size, 1)] * 2
    sessions.store.save(again, again.moved(Status.QUARANTINED, START + 50))
    assert both(sessions) == [(upload.size, 0)] * 2


@pytest.mark.parametrize("scope", ["owner", "tenant"])
def test_another_inspection_needs_room(sessions: SessionBackend, scope: str) -> None:
    """With as many open uploads as allowed one has to end first; until then nothing is written."""
    upload, _ = quarantined(sessions.store), added(sessions.store, number=2)
    full = Quota(1 << 40, 1)
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.save(upload, retried(upload), Room(full, AMPLE) if scope == "owner" else Room(AMPLE, full))
    error = exceeded.value
    assert (error.scope, error.what, error.used, error.limit, error.wanted) == (scope, "open_uploads", 1, 1, 1)
    assert sessions.store.get(upload.id) == upload
    assert both(sessions) == [(2 * upload.size, 1)] * 2


def test_a_lost_race_is_a_lost_race_although_there_is_no_room(sessions: SessionBackend) -> None:
    """Who read an older record learns how it is now; one's own write, its answer lost, is a success."""
    upload = quarantined(sessions.store)
    again = retried(upload)
    full = owner_room(0, 1)
    assert [sessions.store.save(upload, again, full) for _ in range(2)] == [again, again]
    with pytest.raises(Conflict) as conflict:
        sessions.store.save(upload, replace(again, lease=9), full)
    assert conflict.value.current == again
    assert both(sessions) == [(upload.size, 1)] * 2


def test_a_lost_race_to_the_end_releases_nothing(sessions: SessionBackend) -> None:
    """Quota and outbox move with the record or not at all."""
    upload = opened(sessions.store)
    stale = upload.moved(Status.ABORTING, START + 5)
    aborted(sessions.store, upload)
    with pytest.raises(Conflict):
        sessions.store.save(stale, stale.moved(Status.ABORTED, START + 6))
    assert both(sessions) == [(0, 0)] * 2
    assert [event.type for event in sessions.store.unsent(START + 1000, 10)] == ["upload.created", "upload.failed"]


def test_many_creates_never_pass_the_limit(sessions: SessionBackend) -> None:
    """Fifty creates at once against one quota: as many win as there is room for, and each loser knows why."""
    room = owner_room(100, 1000)

    def create(number: int) -> str:
        try:
            with sessions.guard:
                sessions.store.add(an_upload(number, size=7), room)
        except QuotaExceeded as error:
            return error.what
        return "created"

    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(pool.map(create, range(50)))
    assert outcomes == {"created": 14, "bytes": 36}
    assert both(sessions) == [(14 * 7, 14)] * 2


def test_the_tenant_has_a_limit_over_all_its_owners(sessions: SessionBackend) -> None:
    """An owner with room is refused when his tenant has none; the answer says so, and neither account is counted."""
    colleague = Principal(OWNER.tenant, "colleague")
    room = Room(AMPLE, Quota(100, 10))
    sessions.store.add(an_upload(1, colleague, size=60), room)
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(an_upload(2, size=41), room)
    error = exceeded.value
    assert (error.scope, error.what, error.used, error.limit, error.wanted) == ("tenant", "bytes", 60, 100, 41)
    assert both(sessions) == [(0, 0), (60, 1)]
    sessions.store.add(an_upload(3, size=40), room)
    assert both(sessions) == [(40, 1), (100, 2)]


def test_the_tenant_has_a_limit_of_open_uploads(sessions: SessionBackend) -> None:
    """Open uploads of all owners count together; one that ends makes room for anybody of the tenant."""
    room = Room(AMPLE, Quota(1 << 40, 1))
    first = opened(sessions.store)
    another = an_upload(2, Principal(OWNER.tenant, "colleague"))
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(another, room)
    assert (exceeded.value.scope, exceeded.value.what) == ("tenant", "open_uploads")
    aborted(sessions.store, first)
    sessions.store.add(another, room)
    assert sessions.counted(OURS) == (another.size, 1)


def test_who_has_no_room_himself_is_told_so_first(sessions: SessionBackend) -> None:
    """When both accounts are full the owner hears of his own: that one he can do something about."""
    full = Room(Quota(40 * MIB, 9), Quota(40 * MIB, 9))
    sessions.store.add(an_upload(1), full)
    with pytest.raises(QuotaExceeded) as exceeded:
        sessions.store.add(an_upload(2), full)
    assert exceeded.value.scope == "owner"


def test_tenants_do_not_share_a_quota(sessions: SessionBackend) -> None:
    """However tenant and owner are spelt, nobody spells the account of a tenant."""
    owners = [Principal("a", ""), Principal("a#", ""), Principal("", "a"), Principal("a%23", "")]
    for number, owner in enumerate(owners):
        sessions.store.add(an_upload(number, owner, size=number + 1), Room(AMPLE, Quota(number + 1, 1)))
    assert [sessions.counted(Account(owner.tenant)) for owner in owners] == [(1, 1), (2, 1), (3, 1), (4, 1)]


def test_many_owners_never_pass_the_limit_of_their_tenant(sessions: SessionBackend) -> None:
    """Fifty creates at once by five owners: as many win as the tenant has room for, however they are spread."""
    owners = [Principal(OWNER.tenant, f"owner-{number}") for number in range(5)]
    room = Room(AMPLE, Quota(100, 1000))

    def create(number: int) -> str:
        try:
            with sessions.guard:
                sessions.store.add(an_upload(number, owners[number % 5], size=7), room)
        except QuotaExceeded as error:
            return f"{error.scope} {error.what}"
        return "created"

    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(pool.map(create, range(50)))
    assert outcomes == {"created": 14, "tenant bytes": 36}
    held = [sessions.counted(Account(owner.tenant, owner.owner)) for owner in owners]
    assert sessions.counted(OURS) == (14 * 7, 14) == tuple(map(sum, zip(*held, strict=True)))
