"""Files whose time is over: removed by the sweeper as if their owner had deleted them, and never before."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from portway.decisions import Action
from portway.errors import Gone, PortwayError
from portway.model import Principal, Status, Upload
from portway.retention import DAY_MS, Retention
from tests.fakes.clock import START
from tests.unit.world import DAY, HOUR, INFECTED, OWNER, World, no_answer

OPERATOR = Principal("portway", "operator", is_operator=True)


def passing(world: World, is_rejected: bool = False) -> Upload:
    """A file of a category that keeps published files for a day and quarantined ones for two; settled."""
    world.objections = [INFECTED] if is_rejected else []
    upload = world.ended(category="passing")
    world.clock.pass_seconds(HOUR)
    world.sweeper.sweep()
    return world.record(upload)


def kept_for(world: World, days: int | None) -> None:
    """From now on the policy keeps files of this category for so long; `None` is for ever."""
    categories = world.sweeper.retirement.policies.categories
    changed = replace(categories["passing"], retention=Retention(days, days))
    categories["passing"] = changed  # type: ignore[index]  # a dict, whatever it is called


def held(world: World) -> int:
    """Versions in both buckets."""
    return sum(len(versions) for versions in world.objects.versions.values())


@pytest.mark.parametrize(("is_rejected", "days"), [(False, 1), (True, 2)])
def test_a_file_is_removed_when_its_time_is_over(world: World, is_rejected: bool, days: int) -> None:
    """Every version of it; the owner gets his quota back, and everybody hears `file.deleted`."""
    upload = passing(world, is_rejected)
    assert upload.retained_until == upload.due_at == START + days * DAY_MS
    world.clock.now = START + days * DAY_MS - 1
    assert world.sweeper.sweep().swept == 0
    assert held(world) == 1
    world.clock.now += 1
    assert world.sweeper.sweep().swept == 1
    assert (held(world), world.used()) == (0, (0, 0))
    last = world.announcer.events[-1]
    assert (last.type, last.at) == ("file.deleted", START + days * DAY_MS)
    assert last.detail["retained_until_ms"] == START + days * DAY_MS
    with pytest.raises(Gone):
        world.files.published(OWNER, upload.id)


def test_afterwards_nothing_is_due_any_more(world: World) -> None:
    """One last look, and then the record waits for TTL."""
    upload = passing(world)
    for _ in range(3):
        world.clock.pass_seconds(DAY)
        world.sweeper.sweep()
    assert world.record(upload).due_at is None
    assert world.record(upload).removed_at


def test_a_category_without_retention_keeps_files(world: World) -> None:
    """Until somebody deletes them; the sweeper never looks at them again."""
    upload = world.ended()
    world.clock.pass_seconds(1000 * DAY)
    world.sweeper.sweep()
    assert world.record(upload).due_at is None
    assert world.record(upload).retained_until is None
    assert held(world) == 1


def test_everybody_is_told_from_the_beginning(world: World) -> None:
    """The event of the end says until when the file is kept."""
    passing(world)
    assert world.announcer.events[-1].detail["retained_until_ms"] == START + DAY_MS


@pytest.mark.parametrize(("days", "until"), [(5, START + 5 * DAY_MS), (None, None)])
def test_the_policy_of_today_decides(world: World, days: int | None, until: int | None) -> None:
    """Who keeps files longer, or for ever, keeps those that are due today, too."""
    upload = passing(world)
    kept_for(world, days)
    world.clock.pass_seconds(DAY)
    world.sweeper.sweep()
    record = world.record(upload)
    assert (record.retained_until, record.due_at, record.removing_at) == (until, until, None)
    assert held(world) == 1


def test_a_category_that_is_no_more_keeps_its_word(world: World) -> None:
    """What was told when the file ended still holds."""
    upload = passing(world)
    del world.sweeper.retirement.policies.categories["passing"]  # type: ignore[attr-defined]  # a dict, whatever it is called
    world.clock.pass_seconds(DAY)
    world.sweeper.sweep()
    assert world.record(upload).removed_at


def test_a_sweeper_that_slept_catches_up(world: World) -> None:
    """Also where the file was never settled: nothing is left over, neither parts nor copies."""
    upload = world.ended(category="passing")
    world.objects.start(upload.key, "a/b", upload.checksum_algorithm, upload.id)
    for _ in range(3):
        world.clock.pass_seconds(3 * DAY)
        world.sweeper.sweep()
    assert (held(world), world.objects.uploads) == (0, {})
    assert world.record(upload).due_at is None


@pytest.mark.parametrize("moment", ["sessions.save", "objects.delete", "objects.unpublish"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_removal_that_stopped_goes_on(world: World, moment: str, side: str) -> None:
    """At any call: the next sweep ends it, and quota is given back once."""
    upload = passing(world)
    world.clock.pass_seconds(DAY)
    getattr(world.script, side)(moment, no_answer)
    for _ in range(3):
        world.sweeper.sweep()
        world.clock.pass_seconds(600)
    assert world.record(upload).removed_at
    assert (held(world), world.used()) == (0, (0, 0))


@pytest.mark.parametrize("moment", ["sessions.save", "objects.delete", "objects.unpublish"])
def test_its_owner_may_delete_it_at_the_same_time(world: World, moment: str) -> None:
    """It is deleted once; what is told twice has one id."""
    upload = passing(world)
    world.clock.pass_seconds(DAY)
    world.script.before(moment, lambda: world.files.delete(OWNER, upload.id))
    world.sweeper.sweep()
    assert held(world) == 0
    assert len({event.id for event in world.announcer.events if event.type == "file.deleted"}) == 1


def test_a_retry_in_time_keeps_the_file(world: World) -> None:
    """Just before the sweeper says that it goes, an operator has it inspected again: it has a new end, and new time."""
    upload = passing(world, is_rejected=True)
    world.objections = []
    world.clock.pass_seconds(2 * DAY)
    world.script.before("sessions.save", lambda: world.quarantine.decide(OPERATOR, upload.id, Action.INSPECT, "again"))
    world.sweeper.sweep()
    world.sweeper.sweep()
    record = world.record(upload)
    assert (record.status, record.removing_at) == (Status.PUBLISHED, None)
    assert record.retained_until == world.clock() + DAY_MS


def test_a_retry_that_comes_too_late_is_told(world: World) -> None:
    """What goes does not come back."""
    upload = passing(world, is_rejected=True)
    world.clock.pass_seconds(2 * DAY)
    world.script.before("objects.delete", no_answer)
    with suppress(PortwayError):
        world.sweeper.sweep()
    with pytest.raises(Gone):
        world.quarantine.decide(OPERATOR, upload.id, Action.INSPECT, "again")


def test_what_is_processed_again_has_no_end_yet(world: World) -> None:
    """Its time begins with its next end."""
    upload = passing(world, is_rejected=True)
    assert world.quarantine.decide(OPERATOR, upload.id, Action.INSPECT, "again").retained_until is None


def test_a_store_that_does_not_answer_removes_nothing(world: World) -> None:
    """The record is read and written before a byte goes."""
    upload = passing(world)
    world.clock.pass_seconds(DAY)
    world.script.before("sessions.save", no_answer)
    calls = world.script.effects(world.sweeper.sweep)
    assert "objects.delete" not in calls
    assert not world.record(upload).removing_at
