"""What goes wrong, as data: how often each kind of fault, drawn from a seed, or one fault after the other.

A draw depends on the seed, on what is asked for and on how often it was asked for before, on nothing else: whatever
the order of requests, the same seed breaks the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """One way to break."""

    RESET_BEFORE = "reset_before"
    """The connection is reset, nothing was passed on."""
    RESET_DURING = "reset_during"
    """Half of the request is passed on, then both connections are reset."""
    RESET_AFTER = "reset_after"
    """The whole request is passed on, and both connections are reset at once."""
    LOST = "lost"
    """The work is done; its answer never comes, the connection is reset."""
    TRUNCATED = "truncated"
    """Half of the answer comes, then the connection ends."""
    STALL = "stall"
    """Nothing moves for a while, then everything."""
    SLOW = "slow"
    """Bodies trickle."""
    TWICE = "twice"
    """The request arrives twice at the same time; the client hears the answer to one of them."""
    SLOW_DOWN = "slow_down"
    """503, as S3 or a gateway says it; nothing was passed on."""
    EXPIRED = "expired"
    """What is sent to S3 is answered 403, as if the URL's time were over; the rest passes."""
    CORRUPT = "corrupt"
    """One bit of what is sent to S3 is another; the rest passes."""


UNUSUAL = frozenset({Kind.EXPIRED, Kind.CORRUPT})
"""No network does that (TLS sees to the second), so `all` does not mean them."""


LIMITS: dict[str, tuple[type[int] | type[float], float]] = {
    "seed": (int, 1e18),
    "stall_seconds": (float, 60),
    "slow_seconds": (float, 60),
    "retry_after": (int, 60),
    "times": (int, 1e6),
    "down_after": (int, 1e6),
}
"""What may be chosen besides chances: its type, and the most."""


class BadPlan(ValueError):
    """The text of a plan makes no sense. The message says which part."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`chances` are probabilities by kind, together at most 1. `script`, if there is one, comes first: one entry for
    each request in the order of arrival, None for nothing. `retry_after` is what a gateway's 503 says, in seconds.
    `times`: no request is struck more often; None for no bound. `down_after`: once so many bodies came through to S3,
    the network is down: every connection is reset, until there is another plan. 0 is at once, None never."""

    seed: int = 0
    chances: Mapping[Kind, float] = field(default_factory=dict)
    stall_seconds: float = 0.5
    slow_seconds: float = 0.5
    retry_after: int = 1
    times: int | None = None
    down_after: int | None = None
    script: tuple[Kind | None, ...] = ()

    def drawn(self, asked: str, before: int) -> Kind | None:
        """What becomes of the request `asked`, which came `before` times already."""
        if self.times is not None and before >= self.times:
            return None
        digest = hashlib.sha256(f"{self.seed} {before} {asked}".encode()).digest()
        number = int.from_bytes(digest[:8], "big") / 2**64
        for kind, chance in self.chances.items():
            number -= chance
            if number < 0:
                return kind
        return None

    @classmethod
    def read(cls, text: str) -> Plan:
        """A plan from `name=number` pairs: `seed=7,all=0.02,lost=0.1,stall_seconds=0.2`. `all` is the chance of each
        kind that has none of its own. Raises BadPlan."""
        numbers = dict(map(_pair, filter(None, text.replace(" ", "").split(","))))
        everywhere = numbers.pop("all", 0.0)
        ways = {kind: 0.0 if kind in UNUSUAL else everywhere for kind in Kind}
        chances = {kind: numbers.pop(kind.value, usual) for kind, usual in ways.items()}
        if not all(0 <= chance <= 1 for chance in chances.values()) or sum(chances.values()) > 1:
            raise BadPlan("chances are from 0 to 1, and not more than 1 together")
        chosen = {name: numbers.pop(name) for name in LIMITS if name in numbers}
        if numbers:
            raise BadPlan(f"no such fault or limit: {', '.join(sorted(numbers))}; faults are {', '.join(Kind)}")
        if wrong := [name for name, value in chosen.items() if not 0 <= value <= LIMITS[name][1]]:
            raise BadPlan(f"{wrong[0]} is from 0 to {LIMITS[wrong[0]][1]:.0f}")
        settings: dict[str, Any] = {name: LIMITS[name][0](value) for name, value in chosen.items()}
        return replace(cls(chances={kind: chance for kind, chance in chances.items() if chance}), **settings)


def _pair(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise BadPlan(f"{text!r} is not name=number") from None
