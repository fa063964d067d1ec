"""What is owed to the world is told at least once, under one id."""

from __future__ import annotations

import pytest

from portway.errors import Conflict, Unavailable
from portway.model import Status, Upload
from portway.outbox import PATIENCE_MS
from portway.verdicts import Reason
from tests.unit.world import World, no_answer


def an_ending(world: World) -> tuple[Upload, Upload]:
    """The last move of a cancelled upload, not written yet."""
    refusals, world.announcer.refusals = world.announcer.refusals, 0
    upload = world.create()
    world.announcer.refusals = refusals
    world.sessions.uploads[upload.id] = aborting = upload.moved(Status.ABORTING, world.clock())
    return aborting, aborting.moved(Status.ABORTED, world.clock(), reason=Reason.CANCELLED)


def ids(world: World) -> list[str]:
    return [each.event.id for each in world.sessions.outbox.values() if not each.is_sent]


def test_a_terminal_move_is_told_at_once(world: World) -> None:
    """Record first, then the bus, then the mark: three calls."""
    before, after = an_ending(world)
    assert world.script.effects(lambda: world.outbox.save(before, after)) == [
        "sessions.save",
        "announcer.send",
        "sessions.sent",
    ]
    assert world.told() == [f"{after.id}#ABORTED#0"]
    assert ids(world) == []


def test_other_moves_tell_nothing(world: World) -> None:
    """That somebody began to cancel is no news."""
    upload = world.create()
    world.outbox.save(upload, upload.moved(Status.ABORTING, world.clock()))
    assert world.told() == []
    assert world.sessions.outbox == {}


def test_a_move_that_did_not_happen_is_not_told(world: World) -> None:
    """Somebody else was faster: what he owes he tells himself."""
    before, after = an_ending(world)
    world.sessions.uploads[before.id] = before.moved(Status.ABORTED, world.clock() + 1)
    with pytest.raises(Conflict):
        world.outbox.save(before, after)
    assert world.told() == []


def test_a_bus_that_is_down_holds_nobody_up(world: World) -> None:
    """The move is written, the event waits in the record's transaction, and the sweeper sends it."""
    world.announcer.refusals = 1
    before, after = an_ending(world)
    assert world.outbox.save(before, after).status is Status.ABORTED
    assert ids(world) == [f"{after.id}#ABORTED#0"]
    assert world.outbox.resend(world.clock() + PATIENCE_MS + 1, 10) == 1
    assert (world.told(), ids(world)) == ([f"{after.id}#ABORTED#0"], [])


def test_a_lost_mark_sends_the_same_id_again(world: World) -> None:
    """At least once: a consumer remembers ids and drops the repeat."""
    before, after = an_ending(world)
    world.script.before("sessions.sent", no_answer)
    world.outbox.save(before, after)
    world.outbox.resend(world.clock() + PATIENCE_MS + 1, 10)
    assert world.told() == [f"{after.id}#ABORTED#0"] * 2
    assert world.announcer.events[1] == world.announcer.events[2]


def test_young_events_are_left_to_their_writer(world: World) -> None:
    """For a minute the request that wrote them may be about to send them."""
    world.announcer.refusals = 1
    world.outbox.save(*an_ending(world))
    assert world.outbox.resend(world.clock() + PATIENCE_MS, 10) == 0


def test_what_was_sent_is_not_sent_again(world: World) -> None:
    """A sweep finds nothing, however often it runs."""
    world.outbox.save(*an_ending(world))
    assert world.outbox.resend(world.clock() + PATIENCE_MS + 1, 10) == 0


def test_resending_stops_with_the_bus_and_goes_on_later(world: World) -> None:
    """Oldest first, at most as many as asked for; nothing is lost when the bus fails half way."""
    for _ in range(3):
        world.announcer.refusals = 1
        world.outbox.save(*an_ending(world))
        world.clock.pass_seconds(1)
    waiting, now = ids(world), world.clock() + PATIENCE_MS
    world.announcer.refusals = 1
    with pytest.raises(Unavailable):
        world.outbox.resend(now, 10)
    assert world.told() == []
    assert world.outbox.resend(now, 2) == 2
    assert world.told() == waiting[:2]
    assert world.outbox.resend(now, 2) == 1
    assert world.told() == waiting
