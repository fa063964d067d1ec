"""Lives in which one AWS call goes wrong, driven to their ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle

from portway.errors import Busy, PortwayError, Unavailable, WrongState
from portway.model import Status
from tests.faults.aws_calls import CONFLICT, DEATHS, SLOW_DOWN, THROTTLING, TIMEOUT, Fault
from tests.faults.aws_lives import Life, UseCase
from tests.faults.aws_site import Site
from tests.faults.crashes import AFTER, BEFORE, Crash

RESUMES = CLIENT, EVENT, SWEEPER = ("client", "event", "sweeper")
READS = ("Get", "BatchGet", "Query", "List", "Head")
HONEST = (Unavailable, Busy, WrongState)
"""What a use case may say when a call went wrong: nothing is certain, or the upload has ended."""


@dataclass(slots=True)
class Figures:
    """What was done for one use case: AWS calls, points where something went wrong, worlds that were left different,
    lives that somebody took up there."""

    calls: int
    points: int = 0
    worlds: int = 0
    resumes: int = 0

    def __str__(self) -> str:
        worlds = f"{self.worlds:4} worlds" if self.worlds else ""
        return f"{self.calls:4} calls {self.points:4} points {worlds} {self.resumes:4} resumes  0 violations"


def calls_of(site: Site, case: UseCase) -> list[str]:
    """The names of all calls when nothing goes wrong; it ends as it should."""
    life = Life(site)
    case.prepare(life)
    with site.calls.counted(), suppress(WrongState):
        case.act(life)
    names = list(site.calls.names)
    case.goes_on(life)
    life.rest()
    assert _end(life) is case.end
    return names


def crashed_everywhere(site: Site, case: UseCase) -> Figures:
    """Killed on both sides of every call; whatever was left is looked at. From each world that is another one than at
    the point before, each of the three goes on."""
    figures, last = Figures(len(calls_of(site, case))), ""
    for number in range(1, figures.calls + 1):
        for side in (BEFORE, AFTER):
            life, fault = Life(site), DEATHS[side]
            _disturbed(life, case, number, fault)
            world = life.check().fingerprint()
            figures.points += 1
            if world != last:
                last, figures.worlds = world, figures.worlds + 1
                figures.resumes += _resumed_by_each(life, case, number, fault)
    return figures


def _resumed_by_each(life: Life, case: UseCase, number: int, fault: Fault) -> int:
    """This life goes on by itself; others like it are taken up by their client and, if S3 sent one, by the event."""
    resumes = RESUMES if life.arrived() else (SWEEPER, CLIENT)
    _to_the_end(life, case, SWEEPER)
    for resume in resumes:
        if resume != SWEEPER:
            other = Life(life.site)
            _disturbed(other, case, number, fault)
            _to_the_end(other, case, resume)
    return len(resumes)


def refused_everywhere(site: Site, case: UseCase) -> Figures:
    """For every call: its effect without an answer, and a refusal that lasts. One after the other goes on."""
    names, turn = calls_of(site, case), cycle(RESUMES)
    figures = Figures(len(names))
    for number, name in enumerate(names, 1):
        for fault in _refusals(name):
            life = Life(site)
            _disturbed(life, case, number, fault)
            _to_the_end(life, case, next(turn))
            figures.points, figures.resumes = figures.points + 1, figures.resumes + 1
    return figures


def _refusals(name: str) -> Iterator[Fault]:
    service, operation = name.split()
    yield SLOW_DOWN if service == "S3" else THROTTLING
    if not operation.startswith(READS):
        yield TIMEOUT
    if operation == "TransactWriteItems":
        yield CONFLICT


def _disturbed(life: Life, case: UseCase, number: int, fault: Fault) -> None:
    """The use case, up to the fault or past it. Whatever it says about a fault is honest, or it does not pass."""
    case.prepare(life)
    with life.site.calls.counted(number, fault), suppress(Crash, *HONEST):
        case.act(life)
    assert life.site.calls.times, "nothing went wrong"


def _to_the_end(life: Life, case: UseCase, resume: str) -> None:
    """Every invariant is looked at when somebody went on, and at rest."""
    if resume == CLIENT:
        case.goes_on(life)
    elif resume == EVENT:
        with suppress(PortwayError):  # the queue delivers it once more
            life.deliver()
    if resume != SWEEPER:
        life.check()
    life.rest()
    assert _end(life) in _ends(case, resume), resume


def _end(life: Life) -> Status | None:
    upload = life.check(is_at_rest=True).sessions.uploads.get(life.id)
    return upload.status if upload else None


def _ends(case: UseCase, resume: str) -> frozenset[Status | None]:
    """Left alone, an upload may expire; when not even its record came into being, there is none."""
    ends: frozenset[Status | None] = case.others | {case.end}
    return ends if resume == CLIENT else ends | case.left | {None}
