"""A process that dies beside a call of a port: just before it, so that nothing happened, or just after, unheard."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from tests.unit.world import Action, Script

BEFORE, AFTER = "before", "after"
Point = tuple[int, str]
"""Number of the call, from 1, and the side of it."""


class Crash(BaseException):
    """The end of a process. No `except Exception` swallows it."""


class Crashing(Script):
    """A script whose process dies at these points. `watch` looks at the world after every call."""

    def __init__(self, points: Collection[Point] = ()) -> None:
        super().__init__()
        self.points = frozenset(points)
        self.watch: Callable[[], None] = _look_away
        self.number = self.crashes = 0

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.number += 1
        number = self.number
        self._die_at(number, BEFORE)
        try:
            return super().__call__(name, call)
        finally:
            self.watch()
            self._die_at(number, AFTER)

    def _die_at(self, number: int, side: str) -> None:
        if (number, side) in self.points:
            self.crashes += 1
            raise Crash(f"{side} call {number}")


def _look_away() -> None:
    """What an unwatched world gets."""


def alone(action: Action) -> Action:
    """The same, in a process of its own: it dies alone."""

    def run() -> None:
        with suppress(Crash):
            action()

    return run
