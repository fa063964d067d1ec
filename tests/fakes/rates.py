"""The rate limiter in memory: the same promise, told as one look at the bucket instead of two conditional writes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any, Self

from portway.model import Principal
from portway.rates import NO_RISK, Metered, Rate, Rates, Risk, asked, day_of

GENEROUS: Rates = {what: Rate(1_000_000, 1_000_000_000) for what in Metered}
"""Nobody is ever refused: for tests that are about something else."""


class FakeRates:
    """A portway.ports.RateLimiter. `points` are counted by a FakeSessions. A copy shares nothing that changes."""

    def __init__(self, rates: Rates = GENEROUS, points: Counter[tuple[Principal, int]] | None = None) -> None:
        self.rates = rates
        self.points = Counter[tuple[Principal, int]]() if points is None else points
        self.arrivals: dict[tuple[str, str, Metered], int] = {}
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copy = type(self)(self.rates, deepcopy(self.points, memo))
        copy.arrivals = dict(self.arrivals)
        return copy

    def take(self, principal: Principal, what: Metered, tokens: int, now: int) -> None:
        risk = self._risk(Principal(principal.tenant, principal.owner), now) if what is Metered.CREATE else NO_RISK
        wanted, bucket = asked(self.rates, what, tokens, now, risk), (principal.tenant, principal.owner, what)
        with self._lock:
            arrival = max(self.arrivals.get(bucket, 0), wanted.now_us)
            if arrival > wanted.latest_us:
                raise wanted.refusal(arrival)
            self.arrivals[bucket] = arrival + wanted.cost_us

    def risks(self, owners: Collection[Principal], now: int) -> Mapping[Principal, Risk]:
        return {owner: self._risk(owner, now) for owner in owners}

    def _risk(self, owner: Principal, now: int) -> Risk:
        day = day_of(now)
        return Risk(self.points[owner, day], self.points[owner, day - 1])
