"""Every order in which things can happen: an explicit-state search over worlds, processes, faults and events.

A state is a world, the processes that are not over, the calls in flight, the faults left, and how often each object
event was delivered. Its successors are all that can happen next:

* the next call of any process takes effect (a call with several possible answers branches);
* a fault, while there are any left, beside that call:
    - crash: the process is gone before it;
    - zombie: the process is gone, and the call takes effect at any later point, or never;
    - timeout: the process hears that nobody knows, and the call takes effect at any later point, or never;
    - repeat: somebody below the process sends the call twice (an SDK's retry): a copy takes effect at any other point;
* a call in flight takes effect;
* an object event is delivered, which begins a handler; `duplicates` of each may be delivered again.

Lost events, clients that stop and functions that are slow need no moves of their own: they are the states in which
something has not happened yet, and nothing ever has to. A clock that moves needs none either: each process has its own.
A process that reads its clock early and is slow afterwards has the smallest due times that it could have, which lets
sweepers act in more states than a later reading would; sweepers come with clocks at which everything is due.

The search is breadth first, so that the way to a violation is as short as there is one. It has no time-out and no
bound: it ends when all states were seen. One reduction is made, and it loses nothing: processes with the same program
and the same answers are interchangeable (their ids are drawn from the program, and no other process can tell one from
the other), so that a state holds them sorted; of equal ones, one is tried.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from time import perf_counter
from typing import Any, NamedTuple

from portway.errors import Unavailable
from portway.model import Status
from portway.processing import Arrival
from tests.faults.model.replay import Processes, Program, Raised, Replayed, Violation
from tests.faults.model.setting import Fault, Scenario
from tests.faults.model.tracing import told
from tests.faults.model.worlds import Stage, Worlds

HANDLER = 100
"""Handlers of events draw their ids from here on."""


class State(NamedTuple):
    """`processes` and `flying` are sorted numbers; `heard` is how often which event was delivered."""

    world: int
    processes: tuple[int, ...]
    flying: tuple[int, ...]
    faults: int
    heard: tuple[tuple[int, int], ...]


class Act(Enum):
    """What happens without a fault."""

    CALL = "calls"
    LANDS = "lands late"
    EVENT = "is delivered"


Label = tuple[Act | Fault, int]
"""What happened, and the number of the process, of the effect in flight, or of the event."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found. `violation` is None when every state keeps every promise; `ends` are those that it saw."""

    scenario: Scenario
    states: int
    transitions: int
    worlds: int
    seconds: float
    violation: str | None = None
    trace: tuple[str, ...] = ()
    ends: frozenset[Status] = frozenset()


class Checker:
    """The search through one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        options: dict[str, Any] = {"quota": scenario.quota, "tenant_quota": scenario.tenant_quota}
        options |= {"remembers_completes": scenario.remembers_completes, "turns": scenario.turns}
        self.processes = Processes(Replayed(len(scenario.answers) > 1, **options))
        self.worlds = Worlds(Stage(**options), self.processes, scenario.answers, scenario.overdue_lies)
        self.transitions = 0
        self.states: list[State] = []
        self.label: Label | None = None
        self._seen: dict[State, int] = {}
        self._parents, self._labels = array("q"), list[Label | None]()
        self._at = 0
        self._no_answer = self.processes.results.number(Raised(Unavailable("no answer")))
        self._steps: dict[tuple[int, int], tuple[tuple[int, int | None], ...]] = {}
        self._events: dict[tuple[str, str], int] = {}
        self._handlers: dict[tuple[int, int], int] = {}

    def run(self) -> Outcome:
        """Look at every state that can be reached; stop at the first that breaks a promise."""
        begun, violation, trace = perf_counter(), None, list[str]()
        try:
            self._search()
        except Violation as broken:
            violation, trace = str(broken), list(told(self, self._at))
        seconds = perf_counter() - begun
        figures = len(self.states), self.transitions, len(self.worlds.snapshots), seconds
        return Outcome(self.scenario, *figures, violation, tuple(trace), self._ends())

    def _ends(self) -> frozenset[Status]:
        worlds = {state.world for state in self.states}
        uploads = (upload for world in worlds for upload in self.worlds.snapshots[world].uploads.values())
        return frozenset(upload.status for upload in uploads if upload.is_terminal)

    def way_to(self, number: int) -> Iterator[tuple[Label, State]]:
        """What happened from the first state to this one, last first, and the state that came of each."""
        while (label := self._labels[number]) is not None:
            yield label, self.states[number]
            number = self._parents[number]

    def labels(self) -> Iterator[tuple[Label, State]]:
        """Each state but the first, and what happened when it was met first."""
        return ((label, state) for label, state in zip(self._labels, self.states, strict=True) if label)

    def _search(self) -> None:
        self._add(self._first(), -1)
        for number, state in enumerate(self.states):  # it grows meanwhile
            self._at = number
            for successor in self._successors(state):
                self.transitions += 1
                if successor not in self._seen:
                    self._add(successor, number)

    def _add(self, state: State, parent: int) -> None:
        self._seen[state] = self._at = len(self.states)
        self.states.append(state)
        self._parents.append(parent)
        self._labels.append(self.label)
        label, self.label = self.label, None  # from here on the state itself is at fault
        self.worlds.check_recovery(state.world)
        self._at, self.label = max(parent, 0), label

    def _first(self) -> State:
        stage = self.worlds.stage
        self.scenario.prelude(stage)
        world = self.worlds.number(stage.snapshot())
        processes = sorted(self.processes.begin(program) for program in self.scenario.programs)
        return State(world, tuple(processes), (), self.scenario.faults, ())

    def _successors(self, state: State) -> Iterator[State]:
        world, processes, flying, faults, heard = state
        for process, rest in _each(processes):
            self.label = Act.CALL, process
            for after, follower in self._step(world, process):
                yield State(after, _with(rest, follower), flying, faults, heard)
            if faults:
                yield from self._faulty(state, process, rest)
        for effect, rest in _each(flying):
            self.label = Act.LANDS, effect
            for after, _ in self.worlds.apply(world, effect):
                yield State(after, processes, rest, faults, heard)
        if self.scenario.hears:
            yield from self._delivered(state)

    def _step(self, world: int, process: int) -> tuple[tuple[int, int | None], ...]:
        """What comes of the next call of a process in this world: the world, and the process unless it is over."""
        known = self._steps.get((world, process))
        if known is None:
            effect = self.processes.all[process].effect
            assert effect is not None
            outcomes = self.worlds.apply(world, effect)
            known = tuple(self._answered(after, process, result) for after, result in outcomes)
            self._steps[world, process] = known
        return known

    def _answered(self, world: int, process: int, result: int) -> tuple[int, int | None]:
        number = self.processes.answered(process, result)
        follower = self.processes.all[number]
        if follower.claim:
            world = self.worlds.acknowledged(world, follower.claim)
        return world, number if follower.effect is not None else None

    def _faulty(self, state: State, process: int, rest: tuple[int, ...]) -> Iterator[State]:
        world, processes, flying, faults, heard = state
        effect = self.processes.all[process].effect
        assert effect is not None
        call = self.processes.effects.values[effect]
        landing = flying if call.is_read else _with(flying, effect)
        for fault in self.scenario.kinds:
            self.label = fault, process
            if fault is Fault.CRASH:
                yield State(world, rest, flying, faults - 1, heard)
            elif fault is Fault.TIMEOUT and call.is_answered:
                after, follower = self._answered(world, process, self._no_answer)
                yield State(after, _with(rest, follower), landing, faults - 1, heard)
            elif fault is Fault.ZOMBIE and not call.is_read:
                yield State(world, rest, landing, faults - 1, heard)
            elif fault is Fault.REPEAT and not call.is_read:
                yield State(world, processes, landing, faults - 1, heard)

    def _delivered(self, state: State) -> Iterator[State]:
        """A handler begins. An event that was delivered already comes again as long as there are duplicates."""
        world, processes, flying, faults, heard = state
        times = dict(heard)
        for arrival in self.worlds.snapshots[world].created:
            event = self._events.setdefault(arrival, len(self._events))
            count = times.get(event, 0)
            if count <= self.scenario.duplicates:
                self.label = Act.EVENT, event
                handler = self._handler(arrival, event, count)
                again = tuple(sorted({**times, event: count + 1}.items()))
                yield State(world, _with(processes, handler), flying, faults, again)

    def _handler(self, arrival: tuple[str, str], event: int, count: int) -> int:
        if (event, count) not in self._handlers:
            number = HANDLER * (event + 1) + count
            program = Program(f"handler {event + 1}.{count + 1}", _handles(arrival), self.scenario.now, number)
            self._handlers[event, count] = self.processes.begin(program)
        return self._handlers[event, count]


def _handles(arrival: tuple[str, str]) -> Any:
    def handle(world: Replayed) -> None:
        world.processing.arrived(Arrival(*arrival))

    return handle


def _each(numbers: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Each different one of sorted numbers, and the rest without it."""
    for index, one in enumerate(numbers):
        if not index or numbers[index - 1] != one:
            yield one, numbers[:index] + numbers[index + 1 :]


def _with(numbers: tuple[int, ...], one: int | None) -> tuple[int, ...]:
    return numbers if one is None else tuple(sorted((*numbers, one)))
