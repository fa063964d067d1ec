"""The figures of a storm, as text."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.timing import verdict
from tests.faults.chaos.crowd import Outcome, Wish

LEAST_SUCCESS, MOST_RESUME_SECONDS = 0.99, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happened in a storm and what it led to. `few` came after it, a few at a time, through the same network.

    `faults` is by kind; `left` names uploads of which something is left that should not be there.
    """

    seed: int
    outcomes: Sequence[Outcome]
    few: Sequence[Outcome]
    faults: Mapping[str, int]
    deeds: Sequence[str]
    hearsay: Mapping[str, int]
    ended: int
    left: Sequence[str]
    seconds: float

    @property
    def wanted(self) -> list[Outcome]:
        """Those that were to be published."""
        return [each for each in self.outcomes if each.task.wish in (Wish.SEND, Wish.SWITCH)]

    @property
    def success(self) -> float:
        """The share of those that were."""
        return sum(each.status == "completed" for each in self.wanted) / len(self.wanted)

    @property
    def clean_up(self) -> float:
        """The share of ended uploads and deleted files of which nothing is left."""
        return 1 - len(set(self.left)) / self.ended

    def text(self) -> str:
        """One row for each figure."""
        wanted, cleaned = f"{self.success:.1%} of {len(self.wanted)}", f"{self.clean_up:.1%} of {self.ended}"
        requests = sum(each.requests for each in [*self.outcomes, *self.few])
        rows = [
            f"{len(self.outcomes)} uploads at once, seed {self.seed}, {self.seconds:.0f} s in all",
            f"success with resume             {wanted:<38}{verdict(self.success >= LEAST_SUCCESS)}",
            f"cleaned up                      {cleaned:<38}{verdict(self.clean_up == 1)}",
            f"resume, a few devices           {_resumes(self.few)}",
            f"resume, all devices on 1 stack  {_resumes(self.outcomes)}",
            f"{requests} requests of clients, {sum(self.faults.values())} broken: {_listed(self.faults)}",
            f"object events: {_listed(self.hearsay)}",
            f"killed or restarted: {_listed(Counter(self.deeds))}",
        ]
        return "\n".join(rows)


def _resumes(outcomes: Sequence[Outcome]) -> str:
    """Seconds until bytes flowed again, and whether that is as fast as promised."""
    seconds = sorted(second for each in outcomes for second in each.resumes) or [0.0]
    told = f"median {statistics.median(seconds):.2f} s, worst {seconds[-1]:.2f} s of {len(seconds)}"
    return f"{told:<38}{verdict(seconds[-1] < MOST_RESUME_SECONDS)}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda row: -row[1]))
