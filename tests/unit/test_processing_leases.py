"""Workers that stop in the middle, or are slow: the lease fences them, and the first verdict stays."""

from __future__ import annotations

import pytest

from portway.errors import Unavailable
from portway.inspecting import MAX_DEATHS
from portway.model import Status, Upload
from portway.processing import Outcome
from portway.verdicts import Reason
from tests.unit.world import CONTENT, INFECTED, Killed, World, killed, no_answer

LEASE = 360


def stopped(world: World, moment: str, nth: int = 1, side: str = "before") -> Upload:
    """A worker that was killed in the middle; its lease has run out."""
    upload = world.stored()
    getattr(world.script, side)(moment, killed, nth)
    with pytest.raises(Killed):
        world.arrive(upload)
    world.clock.pass_seconds(LEASE)
    return world.record(upload)


def test_a_lease_is_left_in_peace_until_it_ends(world: World) -> None:
    """Neither an event nor the sweeper disturbs a worker that may still be at it."""
    upload = stopped(world, "objects.head")
    world.clock.pass_seconds(-1)
    assert world.arrive(upload) is Outcome.LEASED
    assert world.processing.resume(upload) is Outcome.LEASED
    world.clock.pass_seconds(1)
    assert world.processing.resume(upload) is Outcome.PUBLISHED


def test_a_lease_that_ended_is_taken_over(world: World) -> None:
    """One higher than the last, with a line in the attempts."""
    upload = stopped(world, "objects.head")
    world.processing.resume(upload)
    record = world.record(upload)
    assert (record.lease, [attempt.code for attempt in record.attempts]) == (2, ["lease_ended"])
    assert world.told() == [f"{upload.id}#PUBLISHED#2"]


def test_a_stored_verdict_is_never_replaced(world: World) -> None:
    """The first worker found the file clean and stopped; the second would find it infected, and does not look."""
    upload = stopped(world, "objects.publish", side="after")
    world.objections = [INFECTED]
    assert world.processing.resume(upload) is Outcome.PUBLISHED
    assert world.files_of(upload) == [CONTENT, CONTENT]


def test_a_stored_rejection_is_never_replaced(world: World) -> None:
    """Nor is a rejected file published because the scanner was kinder the next time."""
    world.objections = [INFECTED]
    upload = stopped(world, "sessions.save", 3)
    world.objections = []
    assert world.processing.resume(upload) is Outcome.QUARANTINED
    assert world.files_of(upload) == []


def test_a_verdict_that_was_not_stored_counts_for_nothing(world: World) -> None:
    """The first worker's opinion died with it: nothing was published, the second looks for himself."""
    upload = stopped(world, "sessions.save", 2)
    world.objections = [INFECTED]
    assert world.processing.resume(upload) is Outcome.QUARANTINED
    assert world.files_of(upload) == []


@pytest.mark.parametrize("moment", [("sessions.save", 2), ("sessions.save", 3), ("objects.publish", 1)])
def test_a_worker_whose_lease_was_taken_over_changes_nothing_more(world: World, moment: tuple[str, int]) -> None:
    """He was slow, another finished: his late writes fail, and the end stays as it was told."""
    upload = world.stored()
    outcomes: list[Outcome] = []

    def take_over() -> None:
        world.clock.pass_seconds(LEASE)
        outcomes.append(world.processing.resume(world.record(upload)))

    world.script.before(moment[0], take_over, moment[1])
    assert world.arrive(upload) is Outcome.DUPLICATE
    assert outcomes == [Outcome.PUBLISHED]
    assert world.told() == [f"{upload.id}#PUBLISHED#2"]
    assert set(world.files_of(upload)) == {CONTENT}


def test_a_worker_that_lost_to_one_who_is_still_at_it_stops(world: World) -> None:
    """The other has the lease and no verdict yet: nothing is decided here."""
    upload = world.stored()

    def take_over() -> None:
        world.clock.pass_seconds(LEASE)
        world.script.before("objects.head", no_answer)
        with pytest.raises(Unavailable):
            world.processing.resume(world.record(upload))

    world.script.before("sessions.save", take_over, 2)
    assert world.arrive(upload) is Outcome.LOST_RACE
    assert world.record(upload).verdict is None


def test_a_file_that_kills_its_workers_is_kept_back(world: World) -> None:
    """After some attempts nobody looks at it again: quarantined with the reason `error`."""
    upload = stopped(world, "objects.head")
    for _ in range(MAX_DEATHS - 1):
        world.script.before("objects.head", killed)
        with pytest.raises(Killed):
            world.processing.resume(world.record(upload))
        world.clock.pass_seconds(LEASE)
    calls = world.script.effects(lambda: world.processing.resume(world.record(upload)))
    assert "objects.head" not in calls
    record = world.record(upload)
    assert (record.status, record.reason) == (Status.QUARANTINED, Reason.ERROR)
    assert record.verdict is not None
    assert record.verdict.findings[0].code == "not_inspectable"


def test_a_file_is_not_blamed_for_an_s3_that_does_not_answer(world: World) -> None:
    """The lease is given back and taken up a minute later, however long it lasts; then the file is published."""
    upload = world.stored()
    for _ in range(MAX_DEATHS + 3):
        world.script.before("objects.head", no_answer)
        with pytest.raises(Unavailable):
            world.arrive(upload) if world.record(upload).lease == 0 else world.processing.resume(world.record(upload))
        assert world.processing.resume(world.record(upload)) is Outcome.LEASED, "it is not due at once"
        world.clock.pass_seconds(60)
    assert world.processing.resume(world.record(upload)) is Outcome.PUBLISHED
    assert {attempt.code for attempt in world.record(upload).attempts} == {"unavailable"}


def test_a_lease_that_cannot_be_given_back_ends_by_itself(world: World) -> None:
    """S3 is away and the table too: the next worker comes when the lease is over."""
    upload = world.stored()
    world.script.before("objects.head", lambda: world.script.before("sessions.save", no_answer))
    world.script.after("objects.head", no_answer)
    with pytest.raises(Unavailable):
        world.arrive(upload)
    assert world.record(upload).holder is not None
    world.clock.pass_seconds(LEASE)
    assert world.processing.resume(world.record(upload)) is Outcome.PUBLISHED
