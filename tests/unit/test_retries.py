"""Another inspection of a quarantined file that nobody could decide about, by its owner; operators: test_quarantine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.decisions import Action
from portway.errors import Busy, Gone, NotFound, QuotaExceeded, WrongState
from portway.inspecting import MAX_DEATHS
from portway.model import Status, Upload
from portway.processing import Outcome
from portway.retries import OWNERS_RETRIES
from portway.verdicts import Reason
from tests.unit.world import (
    AMPLE,
    AT_ONCE,
    COLLEAGUE,
    CONTENT,
    HOUR,
    INFECTED,
    OWNER,
    STRANGER,
    Killed,
    World,
    at,
    declared,
    disturbed,
    killed,
)

OPERATOR = replace(STRANGER, is_operator=True)


def rejected(world: World) -> Upload:
    world.objections = [INFECTED]
    upload = world.ended()
    world.objections = []
    return upload


def test_a_file_that_failed_by_error_is_processed_again_without_its_bytes_being_sent(world: World) -> None:
    """It is due at once; the next sweep inspects and publishes it under a higher lease, with an event of its own."""
    upload = world.failed()
    calls = world.script.effects(lambda: world.retries.by_owner(OWNER, upload.id))
    assert calls == ["sessions.get", "sessions.save"], "the request inspects nothing"
    waiting = world.record(upload)
    assert (waiting.status, waiting.lease, waiting.due_at) == (Status.PROCESSING, 2, world.clock())
    assert (waiting.verdict, waiting.reason, waiting.holder, waiting.deaths) == (None, None, None, 0)
    assert world.used() == (10, 1)
    world.sweeper.sweep()
    record = world.record(upload)
    assert (record.status, record.lease) == (Status.PUBLISHED, 3)
    assert world.files_of(upload) == [CONTENT]
    assert world.told() == [f"{upload.id}#QUARANTINED#1", f"{upload.id}#PUBLISHED#3"]
    assert world.used() == (10, 0)


def test_what_happened_before_stays_in_its_story(world: World) -> None:
    """History and attempts tell of the first end, and when it was."""
    upload = world.failed()
    world.clock.pass_seconds(HOUR)
    waiting = world.retries.by_owner(OWNER, upload.id)
    assert [step.status for step in waiting.history][-3:] == ["PROCESSING", "QUARANTINED", "PROCESSING"]
    attempt = waiting.attempts[-1]
    assert (attempt.action, attempt.code, attempt.retryable, attempt.at) == (
        "process",
        "error",
        True,
        upload.history[-1].at,
    )


def test_the_new_inspection_decides_anew(world: World) -> None:
    """Nothing of the old verdict is left: what is found now counts, and is told once more."""
    upload = world.failed()
    world.objections = [INFECTED]
    world.retries.by_owner(OWNER, upload.id)
    world.sweeper.sweep()
    record = world.record(upload)
    assert (record.status, record.reason) == (Status.QUARANTINED, Reason.REJECTED)
    assert world.told() == [f"{upload.id}#QUARANTINED#1", f"{upload.id}#QUARANTINED#3"]
    assert world.files_of(upload) == []


def test_a_retried_file_may_kill_as_many_workers_again(world: World) -> None:
    """The deaths of before are not held against it."""
    upload = world.failed()
    world.retries.by_owner(OWNER, upload.id)
    for _ in range(MAX_DEATHS):
        world.script.before("objects.head", killed)
        with pytest.raises(Killed):
            world.processing.resume(world.record(upload))
        world.clock.pass_seconds(360)
    assert world.processing.resume(world.record(upload)) is Outcome.QUARANTINED
    assert world.record(upload).reason is Reason.ERROR


def test_asking_twice_is_fine(world: World) -> None:
    """The answer was lost: the same request finds the file in processing, and takes no second open upload."""
    upload = world.failed()
    first = world.retries.by_owner(OWNER, upload.id)
    assert world.retries.by_owner(OWNER, upload.id) == first
    assert world.used() == (10, 1)


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.ERROR}))
def test_what_was_judged_is_for_operators(world: World, reason: Reason) -> None:
    """The owner is told whom to ask, and nothing changes."""
    upload = at(rejected(world), Status.QUARANTINED, reason=reason)
    world.sessions.uploads[upload.id] = upload
    with pytest.raises(WrongState, match="Only an operator"):
        world.retries.by_owner(OWNER, upload.id)
    assert world.record(upload) == upload
    waiting = world.quarantine.decide(OPERATOR, upload.id, Action.INSPECT, "again")
    assert (waiting.status, waiting.attempts[-1].code, waiting.attempts[-1].retryable) == ("PROCESSING", reason, False)


def test_an_owner_asks_three_times_at_most(world: World) -> None:
    """A file that eats its workers cannot be fed to them for ever; an operator still may."""
    upload = world.failed()
    for _ in range(OWNERS_RETRIES):
        world.retries.by_owner(OWNER, upload.id)
        waiting = world.record(upload)
        world.sessions.uploads[upload.id] = replace(waiting, status=Status.STORED)
        world.give_up(upload)
    with pytest.raises(WrongState, match="Ask an operator"):
        world.retries.by_owner(OWNER, upload.id)
    assert world.quarantine.decide(OPERATOR, upload.id, Action.INSPECT, "again").status is Status.PROCESSING


@pytest.mark.parametrize("stage", ["create", "sent", "sealed", "stored", "ended"])
def test_only_a_quarantined_file_is_processed_again(world: World, stage: str) -> None:
    """What is on its way, or published, is not; the words say what to do instead."""
    upload = getattr(world, stage)()
    with pytest.raises(WrongState):
        world.retries.by_owner(OWNER, upload.id)
    assert world.record(upload) == upload


def test_a_first_inspection_is_no_retry(world: World) -> None:
    """A file whose worker is at it for the first time was never quarantined."""
    upload = world.stored()
    world.script.before("objects.head", killed)
    with pytest.raises(Killed):
        world.arrive(upload)
    with pytest.raises(WrongState, match="Only a file that is in quarantine"):
        world.retries.by_owner(OWNER, upload.id)


@pytest.mark.parametrize("is_done", [False, True])
def test_a_file_that_is_removed_is_gone(world: World, is_done: bool) -> None:
    """Also while its removal is under way: nobody processes what is being deleted."""
    upload = world.failed()
    if is_done:
        world.files.delete(OWNER, upload.id)
    else:
        world.sessions.uploads[upload.id] = replace(upload, removing_at=world.clock())
    with pytest.raises(Gone):
        world.retries.by_owner(OWNER, upload.id)


def test_it_takes_an_open_upload(world: World) -> None:
    """Without room for one, nothing is written, and the figures say so; the bytes are counted already."""
    upload = world.failed()
    for _ in range(3):
        world.create()
    with pytest.raises(QuotaExceeded) as exceeded:
        world.retries.by_owner(OWNER, upload.id)
    assert (exceeded.value.scope, exceeded.value.what, exceeded.value.used) == ("owner", "open_uploads", 3)
    assert world.record(upload) == upload


def test_a_tenant_without_room_says_so_to_operators_too() -> None:
    """The uploads of all its owners are counted together."""
    world = World(quota=AMPLE, tenant_quota=replace(AMPLE, uploads=1))
    upload = world.failed()
    world.create(COLLEAGUE)
    with pytest.raises(QuotaExceeded, match="tenant"):
        world.quarantine.decide(OPERATOR, upload.id, Action.INSPECT, "again")


def test_anothers_upload_is_unknown(world: World) -> None:
    """Exactly as an id that was never given, also for operators: they have routes of their own."""
    upload = world.failed()
    for principal in (COLLEAGUE, STRANGER, OPERATOR):
        with pytest.raises(NotFound):
            world.retries.by_owner(principal, upload.id)


def test_the_last_look_at_the_first_end_harms_no_retry(world: World) -> None:
    """It comes an hour later; if the retry comes just then, the look writes nothing and the file is published."""
    upload = world.failed()
    world.clock.pass_seconds(HOUR)
    world.script.before("objects.open_uploads", lambda: world.retries.by_owner(OWNER, upload.id))
    world.sweeper.sweep()
    assert world.record(upload).status is Status.PROCESSING
    world.sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED


def test_a_removal_and_a_retry_at_once_are_one_or_the_other(world: World) -> None:
    """Whoever writes second learns what the first one did."""
    upload = world.failed()
    world.script.before("sessions.save", lambda: world.files.delete(OWNER, upload.id))
    with pytest.raises(Gone):
        world.retries.by_owner(OWNER, upload.id)
    other = world.failed()
    world.script.before("sessions.save", lambda: world.retries.by_owner(OWNER, other.id))
    with pytest.raises(WrongState):
        world.files.delete(OWNER, other.id)
    world.sweeper.sweep()
    assert world.record(other).status is Status.PUBLISHED


def test_a_record_that_everybody_writes_to_is_busy(world: World) -> None:
    """After a few rounds it is the client's turn to ask again."""
    upload = world.failed()
    disturbed(world, upload)
    with pytest.raises(Busy):
        world.retries.by_owner(OWNER, upload.id)


def test_a_file_that_came_in_one_request_is_tried_again_too(world: World) -> None:
    """Its object stays until the last look at its last end: nothing of the first end's look takes it away."""
    made = world.uploads.create(OWNER, declared(**{**AT_ONCE, "window": 1}))
    assert made.window
    (batch,) = made.window.batches
    (url,) = batch.urls()
    world.door.put(url, CONTENT, batch.headers(batch.parts[0]), now=world.clock())
    world.script.before("objects.head", killed, 2)
    with pytest.raises(Killed):
        world.arrive(made.upload)
    world.clock.pass_seconds(360)
    assert world.give_up(world.record(made.upload)) is Outcome.QUARANTINED
    world.clock.pass_seconds(2 * HOUR)
    world.sweeper.sweep()
    world.retries.by_owner(OWNER, made.upload.id)
    world.sweeper.sweep()
    assert world.record(made.upload).status is Status.PUBLISHED
    assert world.files_of(made.upload) == [CONTENT]
