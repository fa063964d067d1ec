"""Use cases that stop at their next effect, so that something else can decide what happens first.

A process of the checker is a program (what somebody asks of the use cases) and the answers that it got so far. There is
no thread and no generator in it: to learn what a process does next, the real use case is run again from its start, its
ports hand out the recorded answers one after another, and at the first call without an answer they raise `Pending`.
That is a BaseException, so that no use case can swallow it. Replaying is exact because use cases are plain code over
ports: clock and ids are handed in, and here they depend on the program alone.

All processes with one program and the same answers are the same `Process`: what it does next is found out once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Generic, TypeVar, cast

from portway.consequences import EVENT_TYPES, Event
from portway.errors import PortwayError, Unavailable
from portway.model import Status
from portway.pipeline import View
from portway.verdicts import Finding
from tests.fakes.clock import START
from tests.unit.world import World

P = TypeVar("P")
T = TypeVar("T")
READS = frozenset(
    {"get", "get_manifest", "overdue", "unsent", "list_parts", "head", "read", "open_uploads", "versions", "inspect"}
)


@dataclass(frozen=True, slots=True)
class Effect:
    """One call of one port, not made yet. `now` is the clock of the one who calls."""

    port: str
    method: str
    args: tuple[Any, ...]
    now: int

    @property
    def is_read(self) -> bool:
        """It changes nothing, so that it is no matter whether it happens after its caller is gone."""
        return self.method in READS

    @property
    def is_answered(self) -> bool:
        """The use case hears what came of it, and can hear that nobody knows."""
        return self.port not in ("client", "inspector")


class Violation(Exception):
    """What is broken, in the words of the watch."""


class Pending(BaseException):
    """A process came to a call that nobody has answered yet."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(effect.method)
        self.effect = effect


@dataclass(frozen=True, slots=True)
class Raised:
    """An answer that is an exception."""

    error: PortwayError


def canonical(value: Any) -> Any:
    """Hashable, and equal for equal values, whatever the order of their mappings."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return tuple(sorted((canonical(key), canonical(each)) for key, each in value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(canonical, value))
    if isinstance(value, BaseException):
        return type(value).__name__, str(value), canonical(vars(value))
    if is_dataclass(value):
        return type(value).__name__, *(canonical(getattr(value, field.name)) for field in fields(value))
    return value


class Interned(Generic[T]):
    """Equal values get the same small number, and are kept once."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._numbers: dict[Any, int] = {}
        self._seen: dict[int, int] = {}

    def number(self, value: T) -> int:
        known = self._seen.get(id(value))
        if known is not None:
            return known
        number = self._numbers.setdefault(canonical(value), len(self.values))
        if number == len(self.values):
            self.values.append(value)
            self._seen[id(value)] = number  # it is kept from now on, so that its id stays its own
        return number

    def one(self, value: T) -> T:
        """The first value that was equal to this one."""
        return self.values[self.number(value)]


@dataclass(frozen=True, slots=True)
class Program:
    """What one process asks of the use cases; `act` returns the id of an upload that it was told is complete.

    `now` is its clock, which stands still: a process that is slow is one that reads its clock early. `number` makes
    the ids that it draws its own; programs that draw none share 0, and are interchangeable then.
    """

    name: str
    act: Callable[[Replayed], str | None]
    now: int = START
    number: int = 0


class Replayed(World):
    """The use cases over ports that hand out recorded answers. Rates are left out of the model: nobody is refused."""

    def __init__(self, inspects_freely: bool, **options: Any) -> None:
        self.answers: Sequence[Any] = ()
        self.position, self.inspects_freely = 0, inspects_freely
        super().__init__(**options)

    def port(self, name: str, port: P) -> P:
        kind = _Bus if name == "announcer" else _Port
        return port if name == "limiter" else cast(P, kind(name, self))

    def ask(self, port: str, method: str, *args: Any) -> Any:
        """The recorded answer, or Pending. `port` may also be what is around the use cases: a client, an inspector."""
        if self.position == len(self.answers):
            raise Pending(Effect(port, method, args, self.clock.now))
        answer = self.answers[self.position]
        self.position += 1
        if isinstance(answer, Raised):
            raise answer.error.with_traceback(None)
        return answer

    def _inspect(self, view: View) -> Any:
        found: Sequence[Finding] = self.ask("inspector", "inspect") if self.inspects_freely else ()
        yield from found


class _Port:
    def __init__(self, name: str, replayed: Replayed) -> None:
        self._name, self._replayed = name, replayed

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *args: self._replayed.ask(self._name, method, *map(_kept, args))


class _Bus(_Port):
    """Takes no `upload.stored`: the sweeper sends all of those.

    A send and its mark change nothing that anybody else looks at. With one of each more, every search would be several
    times as long, and show again what it shows with the events of ends; the lives die beside them as well.
    """

    def send(self, event: Event) -> None:
        if event.type == EVENT_TYPES[Status.STORED]:
            raise Unavailable("left to the sweeper")
        self._replayed.ask(self._name, "send", event)


def _kept(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Process:
    """A program and the answers it got. `effect` is the number of its next call, None when it is over.

    `claim` is the upload that it was told is complete.
    """

    __slots__ = ("after", "answers", "claim", "effect", "number", "program")

    def __init__(self, number: int, program: Program, answers: tuple[Any, ...]) -> None:
        self.number, self.program, self.answers = number, program, answers
        self.effect: int | None = None
        self.claim: str | None = None
        self.after: dict[int, int] = {}


class Processes:
    """Every process there ever was, by its number. `effects` and `results` number calls and answers."""

    def __init__(self, replayed: Replayed) -> None:
        self._replayed = replayed
        self.effects, self.results = Interned[Effect](), Interned[Any]()
        self.all: list[Process] = []
        self._begun: dict[Program, int] = {}

    def begin(self, program: Program) -> int:
        if program not in self._begun:
            self._begun[program] = self._replay(program, ())
        return self._begun[program]

    def answered(self, process: int, result: int) -> int:
        """The same process with one more answer."""
        before = self.all[process]
        if result not in before.after:
            before.after[result] = self._replay(before.program, (*before.answers, self.results.values[result]))
        return before.after[result]

    def _replay(self, program: Program, answers: tuple[Any, ...]) -> int:
        process, world = Process(len(self.all), program, answers), self._replayed
        world.answers, world.position = answers, 0
        world.clock.now, world.ids.made = program.now, program.number * 1000
        try:
            process.claim = program.act(world)
        except Pending as pending:
            process.effect = self.effects.number(pending.effect)
        except PortwayError:
            process.claim = None  # it is over, and was told why
        except Exception as mistake:
            raise Violation(f"bug: {program.name} raises {mistake!r}") from mistake
        self.all.append(process)
        return process.number
