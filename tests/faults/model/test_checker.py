"""The checker itself: it replays exactly, counts the same states each time, and tells how it got somewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.errors import Unavailable
from portway.model import Status
from tests.faults.model.explore import Act, Checker
from tests.faults.model.mutations import HARMFUL
from tests.faults.model.programs import ID, complete, sent
from tests.faults.model.replay import Pending, Program, Raised, Replayed, canonical
from tests.faults.model.report import row, story, total
from tests.faults.model.scenarios import CANCELLED, FLOW, ROUTINE, SMALL, TWICE, faulty
from tests.faults.model.setting import Fault, Scenario
from tests.unit.world import OWNER, World, declared

ALONE = Scenario(name="complete", programs=(complete(),), prelude=sent, hears=False)
CALLS = [
    "sessions.get",
    "objects.list_parts",
    "sessions.put_manifest",
    "sessions.save",
    "sessions.get_manifest",
    "objects.complete",
    "sessions.save",
]


def test_a_process_stops_at_each_call_of_the_real_use_case() -> None:
    """What is explored is the code that is deployed, call by call, not another telling of it."""
    checker = Checker(ALONE)
    outcome = checker.run()
    way = [label for label, _ in checker.way_to(len(checker.states) - 1)]
    effects = [checker.processes.effects.values[checker.processes.all[number].effect or 0] for _, number in way]
    assert [f"{effect.port}.{effect.method}" for effect in reversed(effects)] == CALLS
    assert outcome.states == len(CALLS) + 1


def test_use_cases_make_the_same_calls_here_as_in_the_fakes_world() -> None:
    """Replaying changes nothing about a use case."""
    world = World()
    upload = world.sent(size=6)
    told = ["announcer.send", "sessions.sent"]  # of events on the way: the checker leaves them to the sweeper
    assert world.script.effects(lambda: world.uploads.complete(OWNER, upload.id)) == [*CALLS, *told]


def test_nothing_of_a_use_case_runs_before_its_calls_are_answered() -> None:
    """A call without an answer ends the replay, whatever the use case would catch."""
    world = Replayed(inspects_freely=False)
    with pytest.raises(Pending) as pending:
        world.uploads.create(OWNER, declared(), "0" * 26)
    assert pending.value.effect.method == "add"
    assert not isinstance(pending.value, Exception)
    world.answers, world.position = (Raised(Unavailable("no answer")),), 0
    with pytest.raises(Unavailable):
        world.uploads.create(OWNER, declared(), "0" * 26)


def test_equal_values_are_one_and_the_same() -> None:
    """Whatever the order of their mappings, and also where they cannot be hashed."""
    assert canonical({"a": [1], "b": Status.OPEN}) == canonical({"b": Status.OPEN, "a": (1,)})
    assert canonical(Raised(Unavailable("a"))) != canonical(Raised(Unavailable("b")))


def test_two_searches_see_the_same() -> None:
    """No clock, no hash seed, no order of a set decides what is explored."""
    first, second = Checker(faulty(CANCELLED, 1)).run(), Checker(faulty(CANCELLED, 1)).run()
    assert (first.states, first.transitions, first.worlds) == (second.states, second.transitions, second.worlds)


def test_processes_of_one_kind_are_interchangeable() -> None:
    """Two completes at the same place are tried once: a state does not say which of them is where."""
    checker = Checker(TWICE)
    outcome = checker.run()
    assert all(list(state.processes) == sorted(state.processes) for state in checker.states)
    assert len(set(checker.states)) == outcome.states


@pytest.mark.parametrize(
    ("fault", "left", "landing"),
    [(Fault.CRASH, 0, 0), (Fault.ZOMBIE, 0, 1), (Fault.TIMEOUT, 0, 1), (Fault.REPEAT, 1, 1)],
)
def test_a_fault_is_what_it_says(fault: Fault, left: int, landing: int) -> None:
    """Beside the first write of a lonely complete: who is still there, and what is in flight. It uses up the budget."""
    checker = Checker(faulty(ALONE, 1, (fault,)))
    checker.run()
    after = next(state for (act, who), state in checker.labels() if act is fault and _writes(checker, who))
    assert (len(after.processes), len(after.flying), after.faults) == (left, landing, 0)


def _writes(checker: Checker, process: int) -> bool:
    effect = checker.processes.all[process].effect
    return effect is not None and not checker.processes.effects.values[effect].is_read


def test_what_is_in_flight_lands_at_any_later_point() -> None:
    """Or never: there is a state in which everything else is over and it is still on its way."""
    checker = Checker(faulty(ALONE, 1, (Fault.ZOMBIE,)))
    checker.run()
    assert any(state.flying and not state.processes for state in checker.states)
    assert any(act is Act.LANDS for (act, _), _ in checker.labels())


def test_an_event_comes_as_often_as_it_may() -> None:
    """Once, and once more for each duplicate; never before there is an object."""
    checker = Checker(faulty(FLOW, 0, duplicates=1))
    checker.run()
    heard = {dict(state.heard).get(0, 0) for state in checker.states}
    assert heard == {0, 1, 2}
    assert all(checker.worlds.snapshots[state.world].created for state in checker.states if state.heard)


def test_recovery_is_looked_at_from_every_state() -> None:
    """A world from which nobody gets on is found at once, although nothing is broken in it yet."""
    with HARMFUL["sweeper does not resume COMPLETING"].applied():
        checker = Checker(ALONE)
        outcome = checker.run()
    uploads = checker.worlds.snapshots[checker.states[-1].world].uploads
    assert {upload.status for upload in uploads.values()} == {Status.COMPLETING}
    assert "L1" in (outcome.violation or "")


def test_a_violation_is_told_step_by_step() -> None:
    """Each line says who did what, and what the record was then; the last one broke it."""
    with HARMFUL["unconditional abort"].applied():
        told = story(outcome := Checker(CANCELLED).run())
    assert "complete: sessions.save(OPEN → COMPLETING)" in told
    assert "abort: sessions.save(COMPLETING → ABORTING)" in told
    assert told.splitlines()[-1] == outcome.violation
    assert len(outcome.trace) < 20


def test_the_table_has_a_line_for_each_scenario() -> None:
    """Names are unique, every scenario is named with its faults, and the sums add up."""
    outcome = Checker(FLOW).run()
    assert row(outcome).startswith("| create, client, complete | none | 60 | ")
    assert total([outcome, outcome]).startswith("2 scenarios, 120 states, ")
    assert len({scenario.title for scenario in ROUTINE}) == len(ROUTINE)
    assert all(scenario.ends for scenario in SMALL)


def mistaken(world: Replayed) -> None:
    world.uploads.owned(OWNER, ID)
    raise KeyError("mistake")


def test_a_mistake_in_a_use_case_is_a_violation() -> None:
    """An assertion that fails, or a move that is in no table, is reported with the way to it."""
    outcome = Checker(replace(ALONE, programs=(Program("mistaken", mistaken),))).run()
    assert outcome.violation == "bug: mistaken raises KeyError('mistake')"
    assert outcome.trace == ("  1. mistaken: sessions.get()",)
