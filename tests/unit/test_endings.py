"""Moves that anybody may finish: what is due is done, and done once, whoever comes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from portway.errors import Stray, Unavailable
from portway.model import Status, Upload
from portway.verdicts import Reason
from tests.unit.world import CONTENT, DAY, HOUR, OWNER, World, no_answer


def swept(world: World, upload: Upload) -> Upload:
    """The record after a sweep of what is due for it now."""
    record = world.record(upload)
    is_open = record.status in (Status.CREATING, Status.OPEN)
    (world.expiry.look if is_open else world.endings.sweep)(record)
    return world.record(upload)


def an_object_of(world: World, upload: Upload, session: str, content: bytes = CONTENT) -> None:
    """Somebody puts an object under the key of this upload."""
    multipart_id = world.objects.start(upload.key, "x/y", upload.checksum_algorithm, session)
    part = world.objects.upload_part(upload.key, multipart_id, 1, content)
    world.objects.complete(upload.key, multipart_id, [part], len(content), upload.checksum_algorithm, None)


def test_nothing_happens_before_it_is_due(world: World) -> None:
    """A sweep in time reads and leaves everything alone."""
    for upload in (world.create(), world.sealed(), world.ended()):
        world.clock.pass_seconds(1)
        assert world.script.effects(partial(swept, world, upload)) == []


@pytest.mark.parametrize("status", [Status.CREATING, Status.OPEN])
def test_a_session_that_ran_out_expires(world: World, status: Status) -> None:
    """Its parts go, its quota comes back, the bus is told; with no reason, since nothing went wrong."""
    if status is Status.CREATING:
        world.script.after("objects.start", no_answer)
        with pytest.raises(Unavailable):
            world.create(upload_id="0" * 26)
        (upload,) = world.sessions.uploads.values()
    else:
        upload = world.sent()
    world.clock.pass_seconds(DAY)
    record = swept(world, upload)
    assert (record.status, record.reason) == (Status.EXPIRED, None)
    assert world.objects.uploads == {}
    assert world.used() == (0, 0)
    assert world.told() == [f"{upload.id}#EXPIRED#0"]


@pytest.mark.parametrize(
    ("moment", "nth"),
    [("sessions.save", 1), ("objects.abort", 1), ("objects.open_uploads", 1), ("sessions.save", 2)],
)
@pytest.mark.parametrize("side", ["before", "after"])
def test_an_expiry_that_stopped_goes_on(world: World, moment: str, nth: int, side: str) -> None:
    """A sweeper that dies leaves an intent with a due time of its own: the next one ends it."""
    upload = world.sent()
    world.clock.pass_seconds(DAY)
    getattr(world.script, side)(moment, no_answer, nth)
    with pytest.raises(Unavailable):
        swept(world, upload)
    world.clock.pass_seconds(60)
    assert swept(world, upload).status is Status.EXPIRED
    assert world.used() == (0, 0)
    assert world.objects.uploads == {}


def test_expiry_loses_against_completing(world: World) -> None:
    """Sealed in the last moment: the file comes into being."""
    upload = world.sent()
    world.clock.pass_seconds(DAY)
    world.script.before("sessions.save", lambda: world.uploads.complete(OWNER, upload.id))
    assert swept(world, upload).status is Status.STORED
    assert len(world.objects.created) == 1


def test_expiry_loses_against_renewal(world: World) -> None:
    """A record that was renewed meanwhile is left alone."""
    upload = world.create()
    world.clock.pass_seconds(DAY)
    fresh = replace(upload, expires_at=upload.expires_at + 1, due_at=upload.expires_at + 1)
    world.script.before("sessions.save", lambda: world.sessions.uploads.update({upload.id: fresh}))
    assert swept(world, upload) == fresh


def test_expiry_that_meets_a_cancellation_keeps_its_last_look(world: World) -> None:
    """Cancelled in the same moment: an hour later somebody still looks for uploads that were created late."""
    upload = world.create()
    world.clock.pass_seconds(DAY)
    world.script.before("sessions.save", lambda: world.uploads.abort(OWNER, upload.id))
    record = swept(world, upload)
    assert record.status is Status.ABORTED
    assert record.due_at == world.clock() + HOUR * 1000


def test_a_complete_that_nobody_waits_for_is_finished(world: World) -> None:
    """A minute after the completer wrote his intent, the sweeper takes over with the same manifest."""
    upload = world.sealed()
    world.clock.pass_seconds(60)
    assert swept(world, upload).status is Status.STORED
    assert len(world.objects.created) == 1


def test_a_stored_upload_waits_for_its_event_first(world: World) -> None:
    """Ten minutes for S3's event; only then is the sweeper the one who processes it."""
    assert world.stored().due_at == world.clock() + 600_000


@pytest.mark.parametrize("status", [Status.ABORTED, Status.EXPIRED, Status.PUBLISHED, Status.QUARANTINED])
def test_uploads_that_were_created_late_are_ended(world: World, status: Status) -> None:
    """A CreateMultipartUpload may reach S3 after its upload's end: an hour later it is found, then nothing is due."""
    upload = replace(world.create(), status=status, due_at=world.clock() + HOUR * 1000)
    world.sessions.uploads[upload.id] = upload
    world.clock.pass_seconds(HOUR)
    assert swept(world, upload).due_at is None
    assert world.objects.uploads == {}


@pytest.mark.parametrize("status", [Status.ABORTED, Status.EXPIRED])
def test_an_object_of_an_ended_upload_is_never_overlooked(world: World, status: Status) -> None:
    """It cannot be; if it is, an operator has to look, and the record stays due."""
    upload = replace(world.create(), status=status, due_at=world.clock())
    world.sessions.uploads[upload.id] = upload
    an_object_of(world, upload, upload.id)
    with pytest.raises(Stray):
        swept(world, upload)
    assert world.record(upload).due_at == world.clock()


@pytest.mark.parametrize(("session", "content"), [("another", CONTENT), (None, b"other size"[:5])])
def test_an_object_of_another_origin_is_not_adopted(world: World, session: str | None, content: bytes) -> None:
    """Neither another's object nor one of another size becomes this upload's file."""
    upload = world.sealed()
    an_object_of(world, upload, session or upload.id, content)
    with pytest.raises(Stray):
        world.endings.adopt(upload)
    world.objects.uploads.clear()
    with pytest.raises(Stray):
        world.endings.finish(upload)
    assert world.record(upload) == upload


def test_an_object_that_is_ours_is_adopted_once(world: World) -> None:
    """By the event or by the completer, whoever is first; the other finds it done."""
    upload = world.sealed()
    world.script.after("objects.complete", lambda: world.endings.adopt(upload))
    finished = world.endings.finish(upload)
    assert finished == world.record(upload)
    assert finished.status is Status.STORED
    assert [step.status for step in finished.history].count(Status.STORED) == 1


def test_without_an_object_nothing_is_adopted(world: World) -> None:
    """The event was wrong or too early."""
    assert world.endings.adopt(world.sealed()) is None


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_head_without_an_answer_decides_nothing(world: World, side: str) -> None:
    """Only a certain 404 means that there is no object: until then the upload is neither stored nor lost."""
    upload = world.sealed()
    world.objects.uploads.clear()
    getattr(world.script, side)("objects.head", no_answer)
    with pytest.raises(Unavailable):
        world.endings.finish(upload)
    assert world.record(upload) == upload
    assert world.endings.finish(upload).reason is Reason.UPLOAD_GONE


def test_a_refused_manifest_kills_its_upload_first(world: World) -> None:
    """Abort, then look, then write: the order that lets nobody complete it afterwards."""
    upload = world.sealed()
    world.overwrite(upload, 1, b"wxyz")
    assert world.script.effects(lambda: world.endings.finish(upload)) == [
        "sessions.get_manifest",
        "objects.complete",
        "objects.abort",
        "objects.head",
        "sessions.save",
        "announcer.send",
        "sessions.sent",
    ]


def test_the_incoming_copy_of_a_published_file_goes_an_hour_later(world: World) -> None:
    """Nobody pays for two copies for ever; the published one stays, and its removal works as before."""
    upload = world.ended()
    world.clock.pass_seconds(3599)
    world.sweeper.sweep()
    assert world.objects.versions[world.objects.incoming, upload.key]
    world.clock.pass_seconds(1)
    world.sweeper.sweep()
    assert not world.objects.versions.get((world.objects.incoming, upload.key))
    assert world.files_of(upload) == [CONTENT]
    assert world.record(upload).due_at is None


def test_the_incoming_copy_is_kept_for_as_long_as_the_policy_says(world: World) -> None:
    """Somebody may want to look at what was sent; a removal of the file does not wait for that."""
    pictures = {"name": "a.png", "content_type": "image/png", "category": "pictures"}
    upload, removed = world.ended(**pictures), world.ended(upload_id="1" * 26, **pictures)
    place = (world.objects.incoming, upload.key)
    world.clock.pass_seconds(48 * 3600 - 1)
    world.sweeper.sweep()
    assert world.objects.versions[place]
    world.files.delete(OWNER, removed.id)
    assert not world.objects.versions.get((world.objects.incoming, removed.key))
    world.clock.pass_seconds(1)
    world.sweeper.sweep()
    assert (world.objects.versions.get(place), world.files_of(upload)) == ((), [CONTENT])
    assert world.record(upload).due_at is None
