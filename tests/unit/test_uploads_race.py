"""Completing when others do the same, when S3 does not answer, and when it answers no (docs/faults.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from portway.errors import Busy, Unavailable, WrongState
from portway.model import Status, Upload
from portway.verdicts import Reason
from tests.unit.world import CONTENT, OWNER, World, disturbed, no_answer

MOMENTS = [
    ("objects.list_parts", 1),
    ("sessions.put_manifest", 1),
    ("sessions.save", 1),
    ("sessions.get_manifest", 1),
    ("objects.complete", 1),
    ("sessions.save", 2),
]
"""Every call of a complete after its first read."""


def complete(world: World, upload: Upload) -> Upload:
    return world.uploads.complete(OWNER, upload.id)


@pytest.fixture(params=[False, True], ids=["forgets completes", "remembers completes"])
def world(request: pytest.FixtureRequest) -> World:
    """S3 answers a repeated Complete with success for a while, and with NoSuchUpload later: both are right."""
    return World(remembers_completes=request.param)


@pytest.mark.parametrize(("moment", "nth"), MOMENTS)
def test_two_completers_make_one_file(world: World, moment: str, nth: int) -> None:
    """Wherever the second overtakes the first: both are told the same, and there is one version."""
    upload = world.sent()
    world.script.before(moment, lambda: complete(world, upload), nth)
    assert complete(world, upload) == world.record(upload)
    assert world.record(upload).status is Status.STORED
    assert len(world.objects.created) == 1


@pytest.mark.parametrize(("moment", "nth"), MOMENTS)
@pytest.mark.parametrize("side", ["before", "after"])
def test_whoever_comes_later_finishes_a_complete_that_stopped(world: World, moment: str, nth: int, side: str) -> None:
    """No answer at any call: the next complete ends in the same file."""
    upload = world.sent()
    getattr(world.script, side)(moment, no_answer, nth)
    with pytest.raises(Unavailable):
        complete(world, upload)
    assert complete(world, upload).status is Status.STORED
    assert len(world.objects.created) == 1
    assert world.used() == (10, 1)


def test_s3_without_an_answer_leaves_the_upload_completing(world: World) -> None:
    """Nobody knows yet, so nothing is claimed and nothing is given up."""
    upload = world.sent()
    world.script.after("objects.complete", no_answer)
    with pytest.raises(Unavailable):
        complete(world, upload)
    assert world.record(upload).status is Status.COMPLETING
    assert world.used() == (10, 1)


def ended(world: World, upload: Upload, status: Status, reason: Reason) -> None:
    """The end is told, the quota is given back, S3 holds nothing."""
    with pytest.raises(WrongState) as caught:
        complete(world, upload)
    record = world.record(upload)
    assert (caught.value.state, record.status, record.reason) == (status, status, reason)
    assert [attempt.code for attempt in record.attempts] == [reason]
    assert world.used() == (0, 0)
    assert (world.objects.uploads, world.objects.created) == ({}, [])
    assert world.told() == [f"{upload.id}#{status}#0"]


def test_an_upload_that_s3_lost_is_expired(world: World) -> None:
    """NoSuchUpload and no object: the parts are gone, for good."""
    upload = world.sealed()
    world.objects.uploads.clear()
    ended(world, upload, Status.EXPIRED, Reason.UPLOAD_GONE)


def test_an_upload_that_s3_completed_unheard_is_stored(world: World) -> None:
    """NoSuchUpload, but the object is there: the answer had been lost, the file was not."""
    upload = world.sent()
    world.script.after("objects.complete", no_answer)
    with pytest.raises(Unavailable):
        complete(world, upload)
    world.objects.completed.clear()
    assert complete(world, upload).status is Status.STORED


SWAPS: dict[str, Callable[[World, Upload], object]] = {
    "other bytes": lambda world, upload: world.overwrite(upload, 1, b"wxyz"),
    "another length": lambda world, upload: world.overwrite(upload, 1, b"wxyz!"),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_part_swapped_after_the_listing_ends_the_upload(world: World, swap: str) -> None:
    """An upload id is used with one manifest only: S3 refuses, the id dies, and the client is told to start again."""
    upload = world.sealed()
    SWAPS[swap](world, upload)
    ended(world, upload, Status.ABORTED, Reason.PARTS_CHANGED)


def test_a_part_swapped_and_swapped_back_makes_no_file_of_a_dead_upload(world: World) -> None:
    """One completer is refused; before he ends the upload, the client restores the part and another completes."""
    upload = world.sealed()
    world.overwrite(upload, 1, b"wxyz")

    def restore_and_complete() -> None:
        world.overwrite(upload, 1, CONTENT[:4])
        assert complete(world, upload).status is Status.STORED

    world.script.before("objects.abort", restore_and_complete)
    assert complete(world, upload).status is Status.STORED
    assert len(world.objects.created) == 1


def test_a_part_swapped_back_too_late_makes_no_file(world: World) -> None:
    """Once the upload id is dead, no completer can use its manifest any more: one of them writes down the end."""
    upload = world.sealed()
    world.overwrite(upload, 1, b"wxyz")

    def complete_too() -> None:
        with pytest.raises(WrongState):
            complete(world, upload)

    world.script.before("objects.head", complete_too)
    ended(world, upload, Status.EXPIRED, Reason.UPLOAD_GONE)


def test_a_record_that_never_stands_still_is_answered_busy(world: World) -> None:
    """The request gives up after some rounds; repeating it ends in the same file."""
    upload = world.sent()
    disturbed(world, upload, 4)
    with pytest.raises(Busy):
        complete(world, upload)
    assert complete(world, upload).status is Status.STORED


def test_an_object_of_another_origin_decides_nothing(world: World) -> None:
    """Under keys of ours nobody else writes; if somebody did, an operator has to look before anything is claimed."""
    upload = world.sealed()
    world.objects.uploads.clear()
    foreign = world.objects.start(upload.key, "x/y", upload.checksum_algorithm, "another")
    part = world.objects.upload_part(upload.key, foreign, 1, CONTENT)
    world.objects.complete(upload.key, foreign, [part], 10, upload.checksum_algorithm, None)
    with pytest.raises(Unavailable):
        complete(world, upload)
    assert world.record(upload) == upload


@pytest.mark.parametrize("status", [Status.CREATING, Status.ABORTING, Status.ABORTED, Status.EXPIRING, Status.EXPIRED])
def test_what_ended_cannot_be_completed(world: World, status: Status) -> None:
    """The error names the state and says what to do."""
    upload = world.sent()
    world.sessions.uploads[upload.id] = replace(upload, status=status)
    with pytest.raises(WrongState, match=f"in state {status}"):
        complete(world, upload)


def test_an_open_upload_whose_parts_s3_lost_is_told_apart(world: World) -> None:
    """A lifecycle rule took the parts: completing says so, cancelling works."""
    upload = world.sent()
    world.objects.uploads.clear()
    with pytest.raises(WrongState, match="S3 no longer has its parts"):
        complete(world, upload)
    assert world.uploads.abort(OWNER, upload.id).status is Status.ABORTED
