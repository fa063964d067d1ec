"""One scenario: who does what at the same time, which faults there are, and what was there before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from portway.copying import Turns
from portway.model import Status
from portway.quotas import Quota
from portway.verdicts import Finding
from tests.fakes.clock import START
from tests.faults.model.replay import Program
from tests.faults.model.worlds import Prelude
from tests.unit.world import AMPLE, QUOTA, WHOLE

CLEAN: tuple[Finding, ...] = ()


class Fault(Enum):
    """What can go wrong beside a call (explore.py)."""

    CRASH = "dies before"
    ZOMBIE = "dies, and leaves in flight:"
    TIMEOUT = "gets no answer to"
    REPEAT = "sends twice:"


CRASHES, ZOMBIES = (Fault.CRASH,), (Fault.CRASH, Fault.ZOMBIE)
REPEATS, ANY = (Fault.REPEAT,), (*ZOMBIES, Fault.TIMEOUT, Fault.REPEAT)

KINDS = {CRASHES: "crash", ZOMBIES: "crash or late", ANY: "of any kind", REPEATS: "repeat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`faults` of these `kinds` may happen, and `duplicates` of each object event. `answers` is what inspectors say;
    with more than one, each inspection may say another. `overdue_lies`: the sweeper's index also names what is not due.
    `now` is the clock of handlers, `turns` how files are copied. `ends` are those that some order of events leads
    to: no scenario is empty.
    """

    name: str
    programs: tuple[Program, ...]
    prelude: Prelude
    faults: int = 0
    kinds: tuple[Fault, ...] = ZOMBIES
    duplicates: int = 0
    hears: bool = True
    answers: tuple[tuple[Finding, ...], ...] = (CLEAN,)
    overdue_lies: bool = False
    remembers_completes: bool = False
    quota: Quota = QUOTA
    tenant_quota: Quota = AMPLE
    turns: Turns = WHOLE
    now: int = START
    ends: frozenset[Status] = frozenset()

    @property
    def title(self) -> str:
        return f"{self.name} ({self.faults_told})"

    @property
    def faults_told(self) -> str:
        """How many faults of which kinds, and which duplicates, in words."""
        kinds = KINDS.get(self.kinds, "chosen")
        more = f", {self.duplicates} duplicate event" if self.duplicates else ""
        return f"{self.faults} {kinds}{more}" if self.faults else f"none{more}"
