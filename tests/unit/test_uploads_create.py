"""Creating an upload: refused before anything exists, or there exactly once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.errors import KeyReused, QuotaExceeded, Refused, Unavailable
from portway.model import Status, Upload
from portway.presign import Credentials
from portway.quotas import Quota, Quotas, Room
from portway.status import snapshot
from tests.fakes.clock import START
from tests.unit.world import AMPLE, COLLEAGUE, CONTENT, DAY, OWNER, STRANGER, World, declared, no_answer

ID = "0" * 26


def test_a_created_upload_is_open_and_its_first_window_is_signed(world: World) -> None:
    """One request, and the client can send: the URLs in the answer are accepted by S3 as they are."""
    created = world.uploads.create(OWNER, declared(window=2))
    assert created.upload.status is Status.OPEN
    assert created.window is not None
    assert [part.number for batch in created.window.batches for part in batch.parts] == [1, 2]
    world.put(created.window)
    assert snapshot(created.upload, world.sealing.stored_parts(created.upload)).bytes_stored == 8


def test_the_record_comes_first_and_s3_second(world: World) -> None:
    """Whatever fails on the way, the sweeper finds a record that leads to everything in S3; and the world is told
    before the record stops to owe that.
    """
    effects = ["limiter.take", "sessions.add", "objects.start", "announcer.send", "sessions.save_told"]
    assert world.script.effects(world.create) == effects
    assert world.sessions.outbox == {}


def test_a_create_is_told_and_a_bus_that_is_down_does_not_fail_it(world: World) -> None:
    """One try; the upload is there either way, and the sweeper tells of it a minute later, under the same id."""
    first = world.create()
    world.announcer.refusals = 1
    calls = world.script.effects(world.create)
    assert calls == ["limiter.take", "sessions.add", "objects.start", "announcer.send", "sessions.save"]
    world.clock.pass_seconds(61)
    assert world.sweeper.sweep().sent == 1
    second = world.announcer.events[-1].upload_id
    assert [event.id for event in world.announcer.events] == [f"{each}#CREATING#0" for each in (first.id, second)]


def test_a_repeated_create_is_told_once(world: World) -> None:
    """Whoever asks again with the same key gets his upload, and the world hears nothing new; a refusal is no news."""
    for _ in range(2):
        world.create(upload_id=ID)
    with pytest.raises(QuotaExceeded):
        world.create(size=91)
    assert [event.id for event in world.announcer.events] == [f"{ID}#CREATING#0"]


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_a_create_that_died_is_told_before_its_end(world: World, end: str) -> None:
    """Nobody came back for it: whoever ends it tells that there was such an upload, as it was declared."""
    world.script.before("objects.start", no_answer)
    with pytest.raises(Unavailable):
        world.create(upload_id=ID)
    assert world.announcer.events == []
    world.clock.pass_seconds(DAY)
    if end == "cancelled":
        world.uploads.abort(OWNER, ID)
    world.sweeper.sweep()
    created, ended = world.announcer.events
    assert (created.id, created.at, created.detail["status"]) == (f"{ID}#CREATING#0", START, "initiated")
    assert ended.detail["status"] == end


def test_a_create_that_died_after_it_was_told_tells_again(world: World) -> None:
    """Under the same id and in the same words, so that a consumer drops the second."""
    world.script.before("sessions.save_told", no_answer)
    with pytest.raises(Unavailable):
        world.create(upload_id=ID)
    world.clock.pass_seconds(5)
    world.create(upload_id=ID)
    first, second = world.announcer.events
    assert first == second


def test_the_window_holds_the_checksums_that_were_declared(world: World) -> None:
    """S3 will take no other bytes for those parts."""
    sums = {1: "rosUhgp5mIg="}
    created = world.uploads.create(OWNER, declared(window=2, part_checksums=sums))
    assert created.window is not None
    signed = {part.number: part.checksum for batch in created.window.batches for part in batch.parts}
    assert signed == {1: "rosUhgp5mIg=", 2: None}


def test_no_window_is_signed_when_none_is_asked_for(world: World) -> None:
    """A client that does not know its checksums yet asks for 0 parts first."""
    assert world.uploads.create(OWNER, declared(window=0)).window is None


def test_a_refusal_names_all_faults_and_creates_nothing(world: World) -> None:
    """Everything that can refuse runs before anything that changes the world."""
    with pytest.raises(Refused) as caught:
        world.create(name="", size=-1, content_type="?", part_checksums={1: "x"}, window=-1)
    assert {fault.field for fault in caught.value.faults} >= {"name", "size", "content_type", "window"}
    assert world.script.calls == []


@pytest.mark.parametrize(
    ("quota", "what", "used"),
    [(Quota(9, 3), "bytes", 0), (Quota(19, 3), "bytes", 10), (Quota(100, 1), "open_uploads", 1)],
)
def test_a_full_quota_refuses_and_changes_nothing(quota: Quota, what: str, used: int) -> None:
    """The error says what is full and by how much; S3 is not asked."""
    world = World(quota=quota)
    if used:
        world.create()
    before = world.used()
    with pytest.raises(QuotaExceeded) as caught:
        world.create()
    assert (caught.value.what, caught.value.used) == (what, used)
    assert world.used() == before
    assert len(world.objects.uploads) == before[1]


def test_quota_counts_each_owner_alone(world: World) -> None:
    """A colleague's uploads take nothing from mine."""
    for _ in range(3):
        world.create(COLLEAGUE)
    world.create()
    assert (world.used(), world.used(COLLEAGUE)) == ((10, 1), (30, 3))


def test_a_full_tenant_refuses_every_owner() -> None:
    """Nobody of the tenant gets in until something of it ends; another tenant does not notice."""
    world = World(tenant_quota=Quota(29, 30))
    first = world.create(COLLEAGUE)
    world.create()
    with pytest.raises(QuotaExceeded) as caught:
        world.create()
    assert (caught.value.scope, caught.value.what, caught.value.used) == ("tenant", "bytes", 20)
    world.create(STRANGER)
    world.uploads.abort(COLLEAGUE, first.id)
    world.create()
    assert (world.used(), world.used(COLLEAGUE)) == ((20, 2), (0, 0))


def test_a_tenant_of_its_own_kind_has_its_own_room(world: World) -> None:
    """The quotas that the policy names for one tenant hold for this one, and for no other."""
    none = Quotas(Room(AMPLE, AMPLE), {STRANGER.tenant: Room(Quota(9, 1), AMPLE)})
    rules = replace(world.rules, policies=replace(world.rules.policies, quotas=none))
    uploads = replace(world.uploads, rules=rules)
    uploads.create(OWNER, declared())
    with pytest.raises(QuotaExceeded):
        uploads.create(STRANGER, declared())


def test_the_record_holds_the_name_that_the_category_keeps(world: World) -> None:
    """A category that cleans stores the cleaned name and says so; the same request again is the same upload."""
    wanted = declared(name=".so?ng.png", content_type="image/png", category="pictures")
    created = world.uploads.create(OWNER, wanted, ID)
    assert (created.upload.name, [warning.code for warning in created.warnings]) == ("song.png", ["cleaned"])
    again = world.uploads.create(OWNER, wanted, ID)
    assert (again.upload, again.warnings) == (created.upload, created.warnings)
    assert world.create(name=".so?ng.png").name == ".so?ng.png"


def test_a_signer_role_that_is_not_given_leaves_nothing_behind(world: World) -> None:
    """Without credentials there are no URLs: the client tries again, and no upload that it never heard of is open.

    Who asks for no URLs yet needs no signer yet.
    """

    def refused() -> Credentials:
        raise Unavailable("AssumeRole: AccessDenied")

    uploads = replace(world.uploads, signer=replace(world.signer, credentials=refused))
    with pytest.raises(Unavailable):
        uploads.create(OWNER, declared(window=1))
    assert not world.sessions.uploads
    assert uploads.create(OWNER, declared(window=0)).upload.status is Status.OPEN


def test_an_empty_file_can_be_uploaded(world: World) -> None:
    """It is one part of length 0, signed like any other."""
    created = world.uploads.create(OWNER, declared(size=0, window=100))
    world.put(created.window, b"")
    assert world.uploads.complete(OWNER, created.upload.id).status is Status.STORED


def test_the_same_request_again_gives_the_same_upload(world: World) -> None:
    """A client that heard no answer repeats: no second upload in S3, quota counted once, a fresh window."""
    first = world.uploads.create(OWNER, declared(window=1), ID)
    again = world.uploads.create(OWNER, declared(window=1), ID)
    assert again.upload == first.upload
    assert again.window is not None
    assert (len(world.objects.uploads), world.used()) == (1, (10, 1))


def test_a_repeat_finds_an_upload_that_went_on(world: World) -> None:
    """Stored meanwhile: the answer is the upload as it is, and there is nothing left to sign."""
    upload = world.send(world.create(upload_id=ID))
    world.uploads.complete(OWNER, upload.id)
    again = world.uploads.create(OWNER, declared(window=1), ID)
    assert (again.upload.status, again.window) == (Status.STORED, None)


def test_a_repeat_after_the_end_signs_nothing(world: World) -> None:
    """An upload past its expiry gives no more URLs, also before the sweeper came by."""
    world.create(upload_id=ID)
    world.clock.pass_seconds(DAY)
    again = world.uploads.create(OWNER, declared(window=1), ID)
    assert (again.upload.id, again.window) == (ID, None)


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    """Nobody gets an upload that he did not ask for; the first one stays as it is."""
    first = world.create(upload_id=ID)
    with pytest.raises(KeyReused):
        world.create(upload_id=ID, size=9, request_hash="another")
    assert world.record(first) == first
    assert world.used() == (10, 1)


@pytest.mark.parametrize("moment", ["sessions.add", "objects.start", "announcer.send", "sessions.save_told"])
def test_two_creates_that_race_make_one_upload(world: World, moment: str) -> None:
    """Wherever the second overtakes the first: both get the same upload, and S3 holds no other."""
    others: list[Upload] = []
    world.script.before(moment, lambda: others.append(world.create(upload_id=ID)))
    mine = world.create(upload_id=ID)
    assert mine == others[0] == world.record(mine)
    assert list(world.objects.uploads) == [mine.multipart_id]
    assert world.used() == (10, 1)


@pytest.mark.parametrize("call", ["objects.start", "sessions.save_told"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_create_that_stopped_half_way_is_finished_by_its_repeat(world: World, call: str, side: str) -> None:
    """Between record and S3, or between S3 and record: the repeat opens the upload, nothing is counted twice."""
    getattr(world.script, side)(call, no_answer)
    with pytest.raises(Unavailable):
        world.create(upload_id=ID)
    upload = world.create(upload_id=ID)
    assert upload.status is Status.OPEN
    assert upload.multipart_id in world.objects.uploads
    assert world.used() == (10, 1)


def test_a_create_that_meets_its_cancellation_leaves_nothing_in_s3(world: World) -> None:
    """The owner cancels while S3 is still asked: the late upload is taken away again."""
    world.script.before("sessions.save_told", lambda: world.uploads.abort(OWNER, ID))
    created = world.uploads.create(OWNER, declared(window=1), ID)
    assert (created.upload.status, created.window) == (Status.ABORTED, None)
    assert world.objects.uploads == {}
    assert world.used() == (0, 0)


def test_the_type_and_the_owner_go_along_to_s3(world: World) -> None:
    """What S3 keeps beside the bytes: the declared type, the algorithm, and the upload's id."""
    upload = world.create()
    assert upload.multipart_id is not None
    kept = world.objects.uploads[upload.multipart_id]
    assert (kept.key, kept.content_type, kept.algorithm, kept.session) == (
        upload.key,
        "audio/mpeg",
        upload.checksum_algorithm,
        upload.id,
    )
    assert upload.size == len(CONTENT)
