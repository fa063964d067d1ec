"""Lives of a file that inspection kept for operators: they decide about it, also two of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from portway.decisions import Action
from portway.errors import Gone, WrongState
from portway.model import Principal, Status
from portway.verdicts import Finding, Severity
from tests.faults.crashes import alone
from tests.faults.lives import ID, KEPT, OPEN_END, Life, Story
from tests.unit.world import OWNER

OLGA, OSCAR = Principal("staff", "olga", is_operator=True), Principal("staff", "oscar", is_operator=True)
ODD = Finding("pdf_action", Severity.REVIEW, "It does something.")


def kept(life: Life) -> None:
    """In quarantine, for an operator to decide. Whoever inspects it later finds nothing."""
    life.send(life.create())
    life.complete()
    life.world.objections = [ODD]
    try:
        life.work()
    finally:
        life.world.objections = ()


def decide(life: Life, action: Action, who: Principal = OLGA) -> None:
    """What he asks for; whatever he is told, he is content."""
    with suppress(WrongState, Gone):
        life.world.quarantine.decide(who, ID, action, "looked at it")


def released(life: Life) -> None:
    kept(life)
    decide(life, Action.RELEASE)


def both(life: Life) -> None:
    """Two operators at once: one of the two wins."""
    kept(life)
    life.script.before("sessions.save", alone(lambda: decide(life, Action.REJECT, OSCAR)))
    decide(life, Action.RELEASE)


def one_after_the_other(life: Life) -> None:
    """Rejected, and released when the sender has explained himself."""
    kept(life)
    decide(life, Action.REJECT)
    life.work()
    decide(life, Action.RELEASE, OSCAR)


def released_and_deleted(life: Life) -> None:
    """By its owner, at the same moment."""
    kept(life)
    life.script.before("sessions.save", alone(lambda: decide(life, Action.RELEASE)))
    with suppress(WrongState):
        life.world.files.delete(OWNER, ID)


STAYS = frozenset({Status.QUARANTINED}) | OPEN_END
STORIES: Mapping[str, Story] = {
    "released": Story(released, Status.PUBLISHED, KEPT),
    "rejected, then released": Story(one_after_the_other, Status.PUBLISHED, KEPT),
    "rejected while it is released": Story(both, Status.QUARANTINED, STAYS),
    "released and deleted": Story(released_and_deleted, Status.PUBLISHED, KEPT),
}
