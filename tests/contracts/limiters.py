"""What tests of rate limiters share: a bucket as the books have it, and a table whose calls interleave one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from botocore.exceptions import ReadTimeoutError

from portway.aws.dynamodb import DynamoSessions
from portway.aws.rates import DynamoRates
from portway.errors import RateLimited
from portway.model import Principal
from portway.ports import RateLimiter, SessionStore
from portway.rates import Metered, Rate, Rates
from tests.contracts.tables import TABLE, moto_table
from tests.fakes.clock import START
from tests.fakes.rates import FakeRates
from tests.fakes.sessions import FakeSessions

OWNER = Principal("acme", "ann")


class OneAtATime:
    """A DynamoDB client that makes one call at a time, counts those that write, and can do something before one.

    `unheard` is how many of the next transactions are done without an answer.
    """

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, threading.Lock()
        self.calls, self.unheard, self.before_call = 0, 0, dict[int, Callable[[], object]]()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def locked(**call: Any) -> Any:
            with self._lock:
                return getattr(self._client, operation)(**call)

        return locked

    def update_item(self, **call: Any) -> Any:
        with self._lock:
            self.calls += 1
            first = self.before_call.pop(self.calls, None)
        if first:
            first()
        with self._lock:
            return self._client.update_item(**call)

    def transact_write_items(self, **call: Any) -> Any:
        with self._lock:
            answer = self._client.transact_write_items(**call)
            if self.unheard:
                self.unheard -= 1
                raise ReadTimeoutError(endpoint_url="https://table")
            return answer


def at_once(attempt: int) -> None:
    """No pause between tries."""


@dataclass(frozen=True)
class LimiterBackend:
    """A store that counts points, and limiters that look at them."""

    store: SessionStore
    limiter: Callable[[Rates], RateLimiter]


def fake_limiters() -> LimiterBackend:
    sessions = FakeSessions()
    return LimiterBackend(sessions, lambda rates: FakeRates(rates, sessions.risks))


@contextmanager
def table_limiters() -> Iterator[tuple[OneAtATime, LimiterBackend]]:
    """On moto, whose table is not safe for threads: only the single call is behind a lock."""
    with moto_table() as made:
        table = OneAtATime(made)
        client = cast(Any, table)
        sessions = DynamoSessions(client, TABLE, at_once)
        yield table, LimiterBackend(sessions, lambda rates: DynamoRates(client, TABLE, rates, at_once))


def wait(limiter: RateLimiter, tokens: int, now: int, what: Metered = Metered.CREATE, who: Principal = OWNER) -> int:
    """0 when it is admitted, else the wait in ms."""
    try:
        limiter.take(who, what, tokens, now)
    except RateLimited as refused:
        return refused.retry_after_ms
    return 0


class Bucket:
    """A token bucket as the books have it: it fills all the time, never above its size; exact fractions."""

    def __init__(self, rate: Rate) -> None:
        self.rate, self.level, self.seen = rate, Fraction(rate.burst), START

    @property
    def per_ms(self) -> Fraction:
        return Fraction(self.rate.per_second, 1000 * self.rate.divisor)

    def fill(self, now: int) -> None:
        self.level = min(Fraction(self.rate.burst), self.level + (now - self.seen) * self.per_ms)
        self.seen = now

    def become(self, rate: Rate) -> None:
        """Another size and speed from now on: what it needed to be full again, it needs now."""
        owed_ms = (self.rate.burst - self.level) / self.per_ms
        self.rate = rate
        self.level = rate.burst - owed_ms * self.per_ms

    def wait(self, tokens: int) -> int:
        """Until it holds so many, in ms, rounded up."""
        short = max(Fraction(0), tokens - self.level) / self.per_ms
        return -(-short.numerator // short.denominator)

    def take(self, tokens: int, now: int) -> int:
        """0, or the wait in ms."""
        self.fill(now)
        wait = self.wait(tokens)
        self.level -= 0 if wait else tokens
        return wait
