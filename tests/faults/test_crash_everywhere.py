"""Processes die beside every call of every port, in every life of an upload: nothing is ever wrong or lost.

The invariants are looked at after each single call; then the client comes back or does not, events come again, and the
schedule sweeps until nothing is due.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import pytest

from portway.errors import PortwayError
from portway.model import Status
from tests.faults import desk_lives, large_lives, lives, more_lives, retention_lives
from tests.faults.crashes import AFTER, BEFORE, Crash, Point
from tests.faults.lives import ID, Life

ROOMS = (lives, more_lives, desk_lives, large_lives, retention_lives)
STORIES = {name: story for room in ROOMS for name, story in room.STORIES.items()}


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What happens once a process has died: does the client try again, do events arrive, does S3 know its completes?"""

    comes_back: bool = True
    is_heard: bool = True
    remembers: bool = False


AFTERWARDS = {
    "all goes on": Afterwards(),
    "S3 remembers completes": Afterwards(remembers=True),
    "client is gone": Afterwards(comes_back=False),
    "events are lost": Afterwards(is_heard=False),
    "only the schedule is left": Afterwards(comes_back=False, is_heard=False, remembers=True),
}


def lived(story: str, points: frozenset[Point], afterwards: Afterwards) -> Life:
    """One life to its end: what the client does, crashes, what he does again, recovery."""
    life = Life(points, afterwards.remembers, afterwards.is_heard, STORIES[story].turns)
    for _ in range(len(points) + 1):
        crashes = life.script.crashes
        with suppress(Crash, PortwayError):
            STORIES[story].run(life)
        if life.script.crashes == crashes or not afterwards.comes_back:
            break
    for _ in range(len(points) + 1):  # a sweeper may die, too: the next one goes on
        with suppress(Crash):
            life.recover()
    life.watch.at_rest()
    return life


@cache
def points_of(story: str, afterwards: Afterwards) -> list[Point]:
    """Both sides of each call in the life without crashes, its recovery included."""
    calls = lived(story, frozenset(), afterwards).script.number
    return [(number, side) for number in range(1, calls + 1) for side in (BEFORE, AFTER)]


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize("story", STORIES)
def test_a_life_without_crashes_ends_as_told(story: str, afterwards: str) -> None:
    """The end that a client expects, with every invariant kept on the way."""
    assert _end(lived(story, frozenset(), AFTERWARDS[afterwards])) is STORIES[story].end


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_beside_any_call_harms_nothing(story: str, afterwards: str) -> None:
    """Before or after any call: every invariant holds throughout, and the upload comes to a possible end."""
    for point in points_of(story, AFTERWARDS[afterwards]):
        life = lived(story, frozenset({point}), AFTERWARDS[afterwards])
        assert life.script.crashes == 1, point
        assert _end(life) in {None, *STORIES[story].ends}, point


@pytest.mark.parametrize("story", ["published", "cancelled", "swapped back"])
def test_two_crashes_harm_nothing_either(story: str) -> None:
    """The process dies, and so does the one that takes over, wherever in his work."""
    points = points_of(story, AFTERWARDS["all goes on"])
    for pair in combinations(points, 2):
        life = lived(story, frozenset(pair), AFTERWARDS["all goes on"])
        assert _end(life) in {None, *STORIES[story].ends}, pair


def _end(life: Life) -> Status | None:
    """None when not even the record came into being."""
    upload = life.world.sessions.uploads.get(ID)
    return upload.status if upload else None
