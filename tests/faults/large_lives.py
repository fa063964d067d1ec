"""Lives of a file that is too large for one copy: three parts, two in a turn."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from portway import policy
from portway.errors import PortwayError
from portway.model import Status
from tests.faults.crashes import alone
from tests.faults.lives import ID, OPEN_END, Life, Story, published
from tests.unit.world import HOUR, LARGE, OWNER


def go_on(life: Life) -> None:
    """The sweeper, an hour later."""
    life.world.clock.pass_seconds(HOUR)
    life.world.sweeper.sweep()


def begun_twice(life: Life) -> None:
    """He is slow before he can write down which copy he began."""
    life.script.after("copies.begin", alone(lambda: go_on(life)))
    published(life)


def lost(life: Life) -> None:
    """S3's lifecycle rule ends the copy in the middle of it."""

    def end() -> None:
        to_key = policy.published_key(OWNER.tenant, ID)
        for multipart_id in life.world.objects.open_uploads(to_key):
            life.world.objects.abort(to_key, multipart_id)

    life.script.after("copies.copy", end)
    published(life)


def removed(life: Life) -> None:
    """At once after it was published, while a worker who was slow goes on copying it."""

    def finish_and_remove() -> None:
        go_on(life)
        with suppress(PortwayError):
            life.world.files.delete(OWNER, ID)

    life.script.before("copies.copy", alone(finish_and_remove))
    published(life)


STORIES: Mapping[str, Story] = {
    "large, begun twice": Story(begun_twice, Status.PUBLISHED, OPEN_END, LARGE),
    "large, lost": Story(lost, Status.PUBLISHED, OPEN_END, LARGE),
    "large, removed": Story(removed, Status.PUBLISHED, OPEN_END, LARGE),
}
