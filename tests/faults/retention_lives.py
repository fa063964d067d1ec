"""Lives of files that the policy keeps for a day or two: removed on their last day, unless somebody was quicker."""

from __future__ import annotations

from collections.abc import Mapping

from portway.decisions import Action
from portway.model import Status
from tests.faults.crashes import alone
from tests.faults.desk_lives import ODD, STAYS, decide
from tests.faults.lives import ID, KEPT, OPEN_END, Life, Story
from tests.unit.world import DAY, HOUR, OWNER, declared


def published(life: Life) -> None:
    life.send(life.world.uploads.create(OWNER, declared(category="passing"), ID).upload)
    life.complete()
    life.deliver()


def kept_back(life: Life) -> None:
    """In quarantine, with two days left."""
    life.world.objections = [ODD]
    try:
        published(life)
    finally:
        life.world.objections = ()


def over(life: Life) -> None:
    """Settled after an hour; then its time is over, and the sweeper comes."""
    life.world.clock.pass_seconds(HOUR)
    life.world.sweeper.sweep()
    life.world.clock.pass_seconds(2 * DAY)
    life.world.sweeper.sweep()


def retired(life: Life) -> None:
    published(life)
    over(life)


def retired_and_released(life: Life) -> None:
    """An operator lets it go just before the sweeper removes it: one of the two wins."""
    kept_back(life)
    life.world.clock.pass_seconds(2 * DAY)
    life.script.before("sessions.save", alone(lambda: decide(life, Action.RELEASE)))
    life.world.sweeper.sweep()


STORIES: Mapping[str, Story] = {
    "retired": Story(retired, Status.PUBLISHED, OPEN_END),
    "retired and released": Story(retired_and_released, Status.PUBLISHED, KEPT | STAYS),
}
