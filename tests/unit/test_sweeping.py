"""The schedule: whatever is past its due time goes on, whoever left it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from portway.errors import Unavailable
from portway.inspecting import MAX_DEATHS
from portway.model import Status, Upload
from portway.quotas import Quota, Room
from portway.sweeping import BATCH, PAUSE_MS
from portway.verdicts import Finding, Reason
from tests.fakes.uploads import an_upload
from tests.unit.world import AMPLE, DAY, HOUR, INFECTED, OWNER, Killed, World, killed, no_answer


def creating(world: World) -> Upload:
    world.script.before("objects.start", no_answer)
    with pytest.raises(Unavailable):
        world.create(upload_id="0" * 26)
    return world.sessions.uploads["0" * 26]


def with_intent(world: World, status: Status) -> Upload:
    upload = world.sent()
    now = world.clock()
    world.sessions.uploads[upload.id] = moved = upload.moved(status, now, due_at=now + 60_000)
    return moved


def processing(world: World) -> Upload:
    upload = world.stored()
    world.script.before("objects.head", killed)
    with pytest.raises(Killed):
        world.arrive(upload)
    return world.record(upload)


def removing(world: World) -> Upload:
    upload = world.ended()
    world.script.before("objects.unpublish", no_answer)
    with pytest.raises(Unavailable):
        world.files.delete(OWNER, upload.id)
    return world.record(upload)


LEFT: dict[str, tuple[Callable[[World], Upload], int, Status, tuple[int, int]]] = {
    # what was left, due after these seconds, how it ends, what is counted then
    "CREATING": (creating, DAY, Status.EXPIRED, (0, 0)),
    "OPEN": (lambda world: world.send(world.create(), [1]), DAY, Status.EXPIRED, (0, 0)),
    "ABORTING": (lambda world: with_intent(world, Status.ABORTING), 60, Status.ABORTED, (0, 0)),
    "EXPIRING": (lambda world: with_intent(world, Status.EXPIRING), 60, Status.EXPIRED, (0, 0)),
    "COMPLETING": (World.sealed, 60, Status.STORED, (10, 1)),
    "STORED": (World.stored, 600, Status.PUBLISHED, (10, 0)),
    "PROCESSING": (processing, 360, Status.PUBLISHED, (10, 0)),
    "removing": (removing, 60, Status.PUBLISHED, (0, 0)),
}


@pytest.mark.parametrize("left", LEFT)
def test_every_state_goes_on_when_it_is_due(world: World, left: str) -> None:
    """One second before, nothing happens; then it ends as it should, and everything is counted right."""
    make, seconds, end, counted = LEFT[left]
    upload = make(world)
    world.clock.pass_seconds(seconds - 1)
    assert world.sweeper.sweep().swept == 0
    assert world.record(upload) == upload
    world.clock.pass_seconds(1)
    assert world.sweeper.sweep().swept == 1
    assert world.record(upload).status is end
    assert world.used() == counted


@pytest.mark.parametrize("left", LEFT)
def test_every_state_comes_to_rest(world: World, left: str) -> None:
    """After some hours of sweeping nothing is due any more, S3 holds no open upload, and all is told once."""
    upload = LEFT[left][0](world)
    for _ in range(4):
        world.clock.pass_seconds(DAY)
        world.sweeper.sweep()
    record = world.record(upload)
    assert (record.is_terminal, record.due_at) == (True, None)
    assert world.objects.uploads == {}
    assert len(world.told()) == 1
    assert world.used() == ((10, 0) if record.status is Status.PUBLISHED and not record.removed_at else (0, 0))
    world.clock.pass_seconds(DAY)
    assert (world.sweeper.sweep().swept, world.sweeper.sweep().sent) == (0, 0)


def test_two_sweepers_at_once_do_no_harm(world: World) -> None:
    """A schedule that fires twice: every write is conditional, quota comes back once."""
    uploads = [world.sent(), world.sealed(), world.stored()]
    world.clock.pass_seconds(DAY)
    world.script.before("sessions.save", lambda: world.sweeper.sweep())
    world.sweeper.sweep()
    for _ in range(3):
        world.clock.pass_seconds(HOUR)
        world.sweeper.sweep()
    assert [world.record(upload).status for upload in uploads] == ["EXPIRED", "PUBLISHED", "PUBLISHED"]
    assert world.used() == (20, 0)
    assert sorted(set(world.told())) == sorted(
        f"{each.id}#{world.record(each).status}#{world.record(each).lease}" for each in uploads
    )


def test_a_rejected_file_ends_in_quarantine_by_the_sweeper_too(world: World) -> None:
    """No event ever came: the same inspection, the same end."""
    world.objections = [INFECTED]
    upload = world.stored()
    world.clock.pass_seconds(600)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.QUARANTINED


def test_a_stale_index_does_no_harm(world: World) -> None:
    """The record is read again before anything is done: one that was renewed or has gone is left alone."""
    upload = world.create()
    world.clock.pass_seconds(DAY)
    fresh = replace(upload, expires_at=world.clock() + DAY, due_at=world.clock() + DAY)
    world.script.after("sessions.overdue", lambda: world.sessions.uploads.update({upload.id: fresh}))
    world.sweeper.sweep()
    assert world.record(upload) == fresh
    world.clock.pass_seconds(DAY)
    world.script.after("sessions.overdue", world.sessions.uploads.clear)
    assert world.sweeper.sweep().waiting == ()


def test_what_cannot_go_on_waits_and_holds_nobody_up(world: World) -> None:
    """S3 has no answer for one upload: the others end, this one is due again in five minutes, and it is told why."""
    stuck, other = world.sealed(), world.sealed()
    world.clock.pass_seconds(60)
    world.script.before("objects.complete", no_answer)
    summary = world.sweeper.sweep()
    (waiting,) = summary.waiting
    assert (waiting.what, waiting.reason) == (stuck.id, "unavailable: no answer")
    assert world.record(other).status is Status.STORED
    assert world.record(stuck).due_at == world.clock() + PAUSE_MS
    world.clock.pass_seconds(PAUSE_MS // 1000)
    assert world.sweeper.sweep().waiting == ()
    assert world.record(stuck).status is Status.STORED


def test_what_others_moved_on_is_not_put_off(world: World) -> None:
    """A sweep without an answer that is overtaken leaves the winner's due time alone."""
    stuck = world.sealed()
    world.clock.pass_seconds(60)
    world.script.before("objects.complete", no_answer)
    world.script.before("sessions.save", lambda: world.uploads.complete(OWNER, stuck.id))
    world.sweeper.sweep()
    assert world.record(stuck).status is Status.STORED
    assert world.record(stuck).due_at == world.clock() + 600_000


def test_more_than_one_page_is_swept() -> None:
    """Everything that is due, oldest first, however much it is."""
    world = World(quota=Quota(size=10_000, uploads=1000))
    uploads = [world.create() for _ in range(BATCH + 5)]
    world.clock.pass_seconds(DAY)
    assert world.sweeper.sweep().swept == BATCH + 5
    assert {world.record(upload).status for upload in uploads} == {Status.EXPIRED}


def test_a_sweep_ends_within_its_budget(world: World) -> None:
    """The function's time is limited: what is left is due in the next sweep."""
    uploads = [world.create() for _ in range(3)]
    world.clock.pass_seconds(DAY)
    world.script.before("objects.abort", lambda: world.clock.pass_seconds(10))
    assert world.sweeper.sweep(budget_ms=10_000).swept == 1
    assert world.sweeper.sweep().swept == 2
    assert {world.record(upload).status for upload in uploads} == {Status.EXPIRED}


def test_events_are_sent_again_until_the_bus_takes_them(world: World) -> None:
    """A bus that was down for a while has missed nothing: created, stored, published."""
    world.announcer.refusals = 5
    upload = world.ended()
    world.clock.pass_seconds(61)
    for sent in (0, 0, 3, 0):
        summary = world.sweeper.sweep()
        assert (summary.sent, len(summary.waiting)) == (sent, 0 if sent or world.told() else 1)
    assert world.told() == [f"{upload.id}#PUBLISHED#1"]


def test_a_bus_that_was_down_for_long_is_told_everything_at_once(world: World) -> None:
    """More than fit into one look are sent by one sweep, oldest first, in half of its time at most."""
    for number in range(2 * BATCH + 10):
        world.sessions.add(an_upload(number, size=0, status=Status.OPEN), Room(AMPLE, AMPLE))
        world.clock.pass_seconds(0.001)
    world.clock.pass_seconds(61)
    assert world.sweeper.sweep(budget_ms=1).sent == 0
    assert world.sweeper.sweep().sent == 2 * BATCH + 10
    told = [event.upload_id for event in world.announcer.events]
    assert told == [an_upload(number).id for number in range(2 * BATCH + 10)]


def test_a_bus_that_is_down_holds_no_upload_up(world: World) -> None:
    """Uploads go on; what they owe is sent later."""
    upload = world.create()
    world.clock.pass_seconds(DAY)
    world.announcer.refusals = 1
    world.sweeper.sweep()
    assert world.record(upload).status is Status.EXPIRED
    assert world.told() == []
    world.clock.pass_seconds(61)
    assert world.sweeper.sweep().sent == 1


def test_a_bug_holds_up_nobody_else(world: World) -> None:
    """An inspector that fails on one file: all others are moved on, then it flies, and says which upload it was."""

    def fail() -> None:
        raise IndexError("a bug")

    uploads = [world.stored() for _ in range(3)]
    world.clock.pass_seconds(600)
    world.script.before("objects.head", fail)
    with pytest.raises(ExceptionGroup) as caught:
        world.sweeper.sweep()
    (bug,) = caught.value.exceptions
    assert bug.__notes__ == [f"upload {uploads[0].id}"]
    assert [world.record(each).status for each in uploads] == [Status.PROCESSING, Status.PUBLISHED, Status.PUBLISHED]


def test_a_bug_that_always_comes_ends_its_file(world: World) -> None:
    """Each sweep that meets it counts as a worker that died: the file is kept back, and its owner may try again."""
    upload = world.stored()
    world.objections = Failing()
    for _ in range(MAX_DEATHS + 1):
        world.clock.now = world.record(upload).due_at or 0
        with suppress(ExceptionGroup):
            world.sweeper.sweep()
    assert (world.record(upload).status, world.record(upload).reason) == (Status.QUARANTINED, Reason.ERROR)


class Failing(list[Finding]):
    """What an inspector with a bug finds."""

    def __iter__(self) -> Iterator[Finding]:
        raise IndexError


def test_a_record_that_cannot_be_read_holds_up_nobody_else(world: World) -> None:
    """Written by a newer version, say: every sweep tells of it, and does everything else."""
    broken, fine = world.stored(), world.stored()
    world.clock.pass_seconds(600)
    read = world.sessions.get

    def get(upload_id: str) -> Upload | None:
        if upload_id == broken.id:
            raise ValueError("no such status")
        return read(upload_id)

    world.sessions.get = get  # type: ignore[method-assign]
    with pytest.raises(ExceptionGroup):
        world.sweeper.sweep()
    assert world.record(fine).status is Status.PUBLISHED


def test_an_event_that_cannot_be_sent_for_a_bug_holds_up_no_upload(world: World) -> None:
    """The outbox is one thing, the uploads are others."""
    upload = world.stored()
    world.clock.pass_seconds(600)

    def fail() -> None:
        raise ValueError("a bug")

    world.script.before("sessions.unsent", fail)
    with pytest.raises(ExceptionGroup):
        world.sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED
