"""What operators decide about files that others sent: who, what, when and why. Pure.

A decision is kept with the record of its upload. Operators see it; the owner sees what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portway.errors import Fault, Refused
from portway.names import without_controls
from portway.verdicts import Reason

MOST_KEPT = 30
"""Decisions that a record holds: with the longest reasons a third of what an item of the table may be."""
MAX_WHY = 1_000


class Action(StrEnum):
    """What an operator did. To read a file decides nothing, but whoever did is named all the same."""

    RELEASE = "release"
    REJECT = "reject"
    INSPECT = "inspect"
    REMOVE = "remove"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Decision:
    """`operator` is the claim `sub` of who did it; `lease` and `reason` are what the upload had before.

    `why` is "" for READ only.
    """

    at: int
    operator: str
    action: Action
    why: str
    lease: int
    reason: Reason | None

    def says(self, other: Decision) -> bool:
        """Whether the other one is the same request: of the same operator, in the same words."""
        return (self.operator, self.action, self.why) == (other.operator, other.action, other.why)


def noted(decisions: Sequence[Decision], decision: Decision) -> tuple[Decision, ...]:
    """The decisions with one more; the last MOST_KEPT are kept."""
    return (*decisions, decision)[-MOST_KEPT:]


def last(decisions: Sequence[Decision]) -> Decision | None:
    """What was decided last; who has only read the file does not count."""
    return next((each for each in reversed(decisions) if each.action is not Action.READ), None)


def explained(why: str) -> str:
    """The words of an operator on one line, without controls. Refused when nothing is left, or too much."""
    words = " ".join(without_controls(why).split())
    if not words:
        raise Refused([Fault("why", "empty", "why must say in words what you decided it by.", 1, 0)])
    if len(words) > MAX_WHY:
        raise Refused([Fault("why", "too_long", f"why has over {MAX_WHY} characters.", MAX_WHY, len(words))])
    return words
