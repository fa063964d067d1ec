"""The rate limiter in memory: the same promise, told as one look at the bucket instead of two conditional writes."""

from __future__ import annotations

import threading
from typing import Self

from portway.model import Principal
from portway.rates import Metered, Rate, Rates, asked

GENEROUS: Rates = {what: Rate(1_000_000, 1_000_000_000) for what in Metered}
"""Nobody is ever refused: for tests that are about something else."""


class FakeRates:
    """A portway.ports.RateLimiter. A copy is cheap and shares nothing that changes."""

    def __init__(self, rates: Rates = GENEROUS) -> None:
        self.rates = rates
        self.arrivals: dict[tuple[str, str, Metered], int] = {}
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: object) -> Self:
        copy = type(self)(self.rates)
        copy.arrivals = dict(self.arrivals)
        return copy

    def take(self, principal: Principal, what: Metered, tokens: int, now: int) -> None:
        wanted, bucket = asked(self.rates, what, tokens, now), (principal.tenant, principal.owner, what)
        with self._lock:
            arrival = max(self.arrivals.get(bucket, 0), wanted.now_us)
            if arrival > wanted.latest_us:
                raise wanted.refusal(arrival)
            self.arrivals[bucket] = arrival + wanted.cost_us
