"""A message that failed five times: its file comes to an end, and what was judged ends as it was judged."""

from __future__ import annotations

import pytest

from portway.errors import Unavailable
from portway.model import Status, Upload
from portway.processing import ALARMING, Arrival, Outcome
from portway.verdicts import Reason
from tests.unit.world import AT_ONCE, CONTENT, DAY, INFECTED, OWNER, Killed, World, at, killed, no_answer

LEASE = 360


def orphaned(world: World, moment: str, nth: int = 1, side: str = "before") -> Upload:
    """A file whose worker was killed beside this call; its lease has run out."""
    upload = world.stored()
    getattr(world.script, side)(moment, killed, nth)
    with pytest.raises(Killed):
        world.arrive(upload)
    world.clock.pass_seconds(LEASE)
    return world.record(upload)


def test_a_file_that_nobody_could_process_is_kept_back(world: World) -> None:
    """Quarantined with the reason `error` and words to act on, without another look; told, and its place is free."""
    upload = world.stored()
    calls = world.script.effects(lambda: world.give_up(upload))
    assert not [call for call in calls if call.startswith("objects.")]
    record = world.record(upload)
    assert (record.status, record.reason, record.lease) == (Status.QUARANTINED, Reason.ERROR, 1)
    assert record.verdict is not None
    (finding,) = record.verdict.findings
    assert (finding.code, "processed again" in finding.words) == ("not_processed", True)
    assert world.told() == [f"{upload.id}#QUARANTINED#1"]
    assert world.used() == (10, 0)
    assert world.objects.head(upload.key) is not None


def test_a_worker_that_died_is_taken_over(world: World) -> None:
    """His lease is over and he had no verdict: the end is a higher lease's, and the death is in the attempts."""
    upload = orphaned(world, "objects.head")
    assert world.give_up(upload) is Outcome.QUARANTINED
    record = world.record(upload)
    assert (record.reason, record.lease, record.deaths) == (Reason.ERROR, 2, 1)
    assert [attempt.code for attempt in record.attempts] == ["lease_ended"]


def test_what_was_found_clean_is_published(world: World) -> None:
    """The worker died while he copied: the copy may be there, so it is never quarantined."""
    upload = orphaned(world, "objects.publish", side="after")
    assert world.give_up(upload) is Outcome.PUBLISHED
    assert set(world.files_of(upload)) == {CONTENT}
    assert world.told() == [f"{upload.id}#PUBLISHED#2"]


def test_what_was_rejected_ends_as_rejected(world: World) -> None:
    """The verdict that is stored is the reason, not the misfortune of the message."""
    world.objections = [INFECTED]
    upload = orphaned(world, "sessions.save", 3)
    assert world.give_up(upload) is Outcome.QUARANTINED
    record = world.record(upload)
    assert record.reason is Reason.REJECTED
    assert record.verdict is not None
    assert record.verdict.findings == (INFECTED,)


def test_a_live_lease_is_left_alone(world: World) -> None:
    """Until it is over somebody may be at it; then the sweeper goes on, if no other message comes."""
    upload = orphaned(world, "objects.head")
    world.clock.pass_seconds(-1)
    assert world.give_up(upload) is Outcome.LEASED
    assert world.record(upload) == upload


def test_a_file_to_be_tried_again_is_left_to_the_sweeper(world: World) -> None:
    """A message from before the retry must not end it: nobody died of this attempt."""
    upload = world.failed()
    world.retries.by_owner(OWNER, upload.id)
    assert world.give_up(upload) is Outcome.LEASED
    world.sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED


@pytest.mark.parametrize("stage", ["create", "sent", "sealed"])
def test_a_file_that_is_not_stored_yet_is_left_to_the_sweeper(world: World, stage: str) -> None:
    """The record's due time drives it; the event decides nothing."""
    upload = getattr(world, stage)()
    assert world.give_up(upload) is Outcome.EARLY
    assert world.record(upload) == upload


def test_a_file_that_ended_meanwhile_stays_as_it_is(world: World) -> None:
    """The sweeper was faster: a duplicate, after publishing or quarantine."""
    upload = world.ended()
    assert world.give_up(upload) is Outcome.DUPLICATE
    assert world.give_up(world.failed()) is Outcome.DUPLICATE
    assert world.record(upload) == upload


@pytest.mark.parametrize("status", [Status.ABORTING, Status.ABORTED, Status.EXPIRING, Status.EXPIRED])
def test_an_object_of_an_upload_without_one_is_for_somebody_to_look_at(world: World, status: Status) -> None:
    """Such an event should not exist: nothing is changed, and it is an alarm."""
    upload = world.create()
    world.sessions.uploads[upload.id] = at(upload, status)
    assert world.give_up(upload) is Outcome.UNEXPECTED
    assert Outcome.UNEXPECTED in ALARMING


def test_a_late_object_of_a_single_upload_is_for_the_sweeper(world: World) -> None:
    """A URL that was still good made it after the cancellation: no alarm, the record is looked at once more."""
    upload = world.create(**AT_ONCE)
    world.uploads.abort(OWNER, upload.id)
    world.clock.pass_seconds(DAY)
    world.sweeper.sweep()
    assert world.record(upload).due_at is None
    assert world.dead_letters.arrived(Arrival(upload.key, "late")) is Outcome.TOO_LATE
    assert world.record(upload).due_at == world.clock()


def test_what_is_not_ours_changes_nothing(world: World) -> None:
    """An unknown key, another's key for our id, another version: alarms, and the file is processed as ever."""
    upload = world.stored()
    foreign = f"in/0000000000000000/{upload.id}"
    for key, version in (("in/elsewhere", None), (foreign, None), ("in/0123456789abcdef/" + "0" * 26, None)):
        assert world.dead_letters.arrived(Arrival(key, version)) is Outcome.UNKNOWN_KEY
    assert world.dead_letters.arrived(Arrival(upload.key, "another")) is Outcome.LATE_VERSION
    assert {Outcome.UNKNOWN_KEY, Outcome.LATE_VERSION} <= ALARMING
    assert world.record(upload) == upload
    assert world.arrive(upload) is Outcome.PUBLISHED


def test_a_message_without_a_version_is_about_the_recorded_one(world: World) -> None:
    """The event is a hint; the record knows the version."""
    upload = world.stored()
    assert world.dead_letters.arrived(Arrival(upload.key, None)) is Outcome.QUARANTINED


def test_no_answer_brings_the_message_back(world: World) -> None:
    """Nothing is lost while S3 is away: the clean file is published by the sweeper, or by the message, once."""
    upload = orphaned(world, "objects.publish")
    world.script.before("objects.publish", no_answer)
    with pytest.raises(Unavailable):
        world.give_up(upload)
    assert world.give_up(upload) is Outcome.LEASED
    world.clock.pass_seconds(60)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED


def test_two_messages_at_once_end_it_once(world: World) -> None:
    """The second finds the lease taken, or the end there."""
    upload = world.stored()
    outcomes: list[Outcome] = []
    world.script.before("sessions.save", lambda: outcomes.append(world.give_up(upload)))
    assert world.give_up(upload) is Outcome.DUPLICATE
    assert outcomes == [Outcome.QUARANTINED]
    assert world.told() == [f"{upload.id}#QUARANTINED#1"]
