"""Cancelling an upload: nothing stays in S3, the quota comes back, and nobody loses a file by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.errors import Busy, NotFound, Unavailable, WrongState
from portway.model import Status, Upload
from portway.verdicts import Reason
from tests.unit.world import OWNER, World, disturbed, no_answer

ID = "0" * 26


def abort(world: World, upload: Upload) -> Upload:
    return world.uploads.abort(OWNER, upload.id)


def gone(world: World, upload: Upload) -> bool:
    """Cancelled, nothing in S3, nothing counted, and told under one id (a consumer drops repeats)."""
    record = world.record(upload)
    return (
        (record.status, record.reason) == (Status.ABORTED, Reason.CANCELLED)
        and (world.objects.uploads, world.objects.created) == ({}, [])
        and world.used() == (0, 0)
        and set(world.told()) == {f"{upload.id}#ABORTED#0"}
    )


def test_a_cancelled_upload_leaves_nothing(world: World) -> None:
    """Parts, quota and the place among the open uploads are free again; the bus is told."""
    upload = world.send(world.create(), [1, 2])
    assert abort(world, upload).status is Status.ABORTED
    assert gone(world, upload)


def test_the_intent_is_written_before_s3_is_asked(world: World) -> None:
    """From then on nobody can complete it, and whoever comes later can finish the cancellation."""
    upload = world.create()
    assert world.script.effects(lambda: abort(world, upload)) == [
        "sessions.get",
        "sessions.save",
        "objects.abort",
        "objects.open_uploads",
        "sessions.save",
        "announcer.send",
        "sessions.sent",
    ]


def test_cancelling_again_changes_nothing(world: World) -> None:
    """The same answer, one event, quota given back once."""
    upload = world.create()
    first = abort(world, upload)
    assert abort(world, upload) == first
    assert gone(world, upload)


def test_every_upload_under_the_key_is_ended(world: World) -> None:
    """Also one that a create left behind when it stopped between S3 and its record."""
    world.script.after("objects.start", no_answer)
    with pytest.raises(Unavailable):
        world.create(upload_id=ID)
    upload = world.create(upload_id=ID)
    assert len(world.objects.uploads) == 2
    abort(world, upload)
    assert gone(world, upload)


def test_a_part_in_flight_does_not_survive(world: World) -> None:
    """S3 may keep a part that arrived during the abort: it is looked at again until nothing is left."""
    upload = world.create()
    assert upload.multipart_id is not None
    world.objects.let_part_fly(upload.multipart_id)
    abort(world, upload)
    assert gone(world, upload)


def test_uploads_that_never_end_are_left_to_the_sweeper(world: World) -> None:
    """The request does not loop: it says that S3 is still at it, and the intent stays written."""
    upload = world.create()
    assert upload.multipart_id is not None

    def fly() -> None:
        world.objects.let_part_fly(upload.multipart_id or "")
        world.script.before("objects.abort", fly)

    world.script.before("objects.abort", fly)
    with pytest.raises(Unavailable):
        abort(world, upload)
    assert world.record(upload).status is Status.ABORTING


@pytest.mark.parametrize(
    "status", sorted(set(Status) - {Status.CREATING, Status.OPEN, Status.ABORTING, Status.ABORTED})
)
def test_what_is_completed_or_ended_cannot_be_cancelled(world: World, status: Status) -> None:
    """A file is deleted, not cancelled; nothing is touched."""
    upload = replace(world.sent(), status=status)
    world.sessions.uploads[upload.id] = upload
    with pytest.raises(WrongState) as caught:
        abort(world, upload)
    assert caught.value.state == status
    assert world.record(upload) == upload
    assert len(world.objects.uploads) == 1


@pytest.mark.parametrize(
    ("moment", "nth"),
    [("sessions.save", 1), ("objects.abort", 1), ("objects.open_uploads", 1), ("sessions.save", 2)],
)
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_cancellation_that_stopped_is_finished_by_its_repeat(world: World, moment: str, nth: int, side: str) -> None:
    """No answer at any call: the next DELETE ends it."""
    upload = world.send(world.create(), [1])
    getattr(world.script, side)(moment, no_answer, nth)
    with pytest.raises(Unavailable):
        abort(world, upload)
    abort(world, upload)
    if (moment, nth, side) == ("sessions.save", 2, "after"):
        world.outbox.resend(world.clock() + 120_000, 10)
    assert gone(world, upload)


def test_cancelling_loses_against_completing(world: World) -> None:
    """Sealed in the same moment: the file comes into being, and the cancellation says so."""
    upload = world.sent()
    world.script.before("sessions.save", lambda: world.uploads.complete(OWNER, upload.id))
    with pytest.raises(WrongState) as caught:
        abort(world, upload)
    assert caught.value.state == Status.STORED
    assert len(world.objects.created) == 1


def test_completing_loses_against_cancelling(world: World) -> None:
    """Cancelled in the same moment: no file comes into being."""
    upload = world.sent()
    world.script.before("sessions.save", lambda: abort(world, upload))
    with pytest.raises(WrongState) as caught:
        world.uploads.complete(OWNER, upload.id)
    assert caught.value.state == Status.ABORTED
    assert gone(world, upload)


@pytest.mark.parametrize("moment", ["sessions.save", "objects.abort", "objects.open_uploads"])
def test_two_cancellations_at_once_are_one(world: World, moment: str) -> None:
    """Both are told the same; the quota comes back once."""
    upload = world.create()
    world.script.before(moment, lambda: abort(world, upload))
    assert abort(world, upload).status is Status.ABORTED
    assert gone(world, upload)


def test_a_record_that_never_stands_still_is_answered_busy(world: World) -> None:
    """The request gives up after some rounds; repeating it is fine."""
    upload = world.create()
    disturbed(world, upload)
    with pytest.raises(Busy):
        abort(world, upload)


def test_a_record_that_stands_still_at_last_is_cancelled(world: World) -> None:
    """Two disturbances are everyday life."""
    upload = world.create()
    disturbed(world, upload, 2)
    assert abort(world, upload).status is Status.ABORTED


def test_a_record_that_vanished_is_unknown(world: World) -> None:
    """Collected between reading and writing: the answer is that of an unknown id."""
    upload = world.create()
    world.script.before("sessions.save", world.sessions.uploads.clear)
    with pytest.raises(NotFound):
        abort(world, upload)
