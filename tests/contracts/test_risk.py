"""What store and limiter promise together: how uploads end slows their owner down, and nobody else, for two days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from dataclasses import replace
from itertools import count
from typing import Any, cast

import pytest

from portway.aws.rates import DynamoRates, rate_key, risk_attribute
from portway.aws.records import KEPT_SECONDS
from portway.errors import Busy, RateLimited, Unavailable
from portway.model import Principal, Status, Step, Upload
from portway.rates import DAY_MS, Metered, Rate, Rates, Risk, day_of
from portway.verdicts import Reason
from tests.contracts.journeys import ROOM
from tests.contracts.limiters import (
    OWNER,
    Bucket,
    LimiterBackend,
    OneAtATime,
    at_once,
    fake_limiters,
    table_limiters,
    wait,
)
from tests.contracts.tables import TABLE
from tests.fakes.clock import START, FakeClock
from tests.fakes.uploads import an_upload

RATES: Rates = {Metered.CREATE: Rate(10, 16), Metered.SIGN: Rate(10, 16)}
BAD = {20: (Status.PROCESSING, Status.QUARANTINED, Reason.INFECTED), 1: (Status.EXPIRING, Status.EXPIRED, None)}
"""Ends with so many points."""
NUMBERS = count(1)


@pytest.fixture
def table() -> Iterator[tuple[OneAtATime, LimiterBackend]]:
    with table_limiters() as made:
        yield made


@pytest.fixture(params=["fake", "moto"])
def backend(request: pytest.FixtureRequest) -> Iterator[LimiterBackend]:
    if request.param == "fake":
        yield fake_limiters()
        return
    with table_limiters() as (_, made):
        yield made


def bad_end(backend: LimiterBackend, points: int, at: int, owner: Principal = OWNER) -> tuple[Upload, Upload]:
    """The last move of an upload that ends with so many points, not yet written."""
    before, after, reason = BAD[points]
    history = tuple(Step(status, START) for status in (Status.CREATING, Status.OPEN, before))
    upload = an_upload(next(NUMBERS), owner, size=0, status=before, history=history)
    backend.store.add(upload, ROOM)
    return upload, upload.moved(after, at, reason=reason)


def sin(backend: LimiterBackend, points: int, at: int, owner: Principal = OWNER) -> None:
    backend.store.save(*bad_end(backend, points, at, owner))


def risk(backend: LimiterBackend, now: int, owner: Principal = OWNER) -> Risk:
    return backend.limiter(RATES).risks([owner], now)[owner]


def test_a_bad_file_halves_the_rate_of_its_owner(backend: LimiterBackend) -> None:
    """Half as much at once, half as fast after it; the refusal says so. Signing goes on as ever."""
    limiter = backend.limiter(RATES)
    sin(backend, 20, START)
    assert [wait(limiter, 1, START) for _ in range(10)] == [0] * 8 + [200] * 2
    with pytest.raises(RateLimited) as refused:
        limiter.take(OWNER, Metered.CREATE, 1, START + 199)
    assert (refused.value.retry_after_ms, refused.value.reduced) == (1, True)
    assert wait(limiter, 1, START + 200) == 0
    assert [wait(limiter, 1, START, Metered.SIGN) for _ in range(17)] == [0] * 16 + [100]


def test_what_was_used_before_stays_used(backend: LimiterBackend) -> None:
    """A bucket that is three quarters empty is so at the lower rate, too: no fresh start, and no double charge."""
    limiter = backend.limiter(RATES)
    assert [wait(limiter, 1, START) for _ in range(12)] == [0] * 12
    sin(backend, 20, START)
    assert [wait(limiter, 1, START) for _ in range(3)] == [0, 0, 200]


def test_nobody_else_is_slowed_down(backend: LimiterBackend) -> None:
    """Neither a colleague, nor whoever has the same name elsewhere, nor an owner who spells his name like a key."""
    others = [
        Principal("acme", "bob"),
        Principal("globex", "ann"),
        Principal("acme#ann", ""),
        Principal("", "acme#ann"),
    ]
    sin(backend, 20, START)
    limiter = backend.limiter(RATES)
    for other in others:
        assert [wait(limiter, 1, START, who=other) for _ in range(17)] == [0] * 16 + [100]


def test_there_is_a_floor(backend: LimiterBackend) -> None:
    """However bad an owner is, a thirty-second part of the rate and one at once are left: 3.2 seconds a file."""
    for _ in range(8):
        sin(backend, 20, START)
    limiter = backend.limiter(RATES)
    assert [wait(limiter, 1, START) for _ in range(2)] == [0, 3200]
    assert wait(limiter, 1, START + 3200) == 0


def test_points_count_on_their_day_and_the_next(backend: LimiterBackend) -> None:
    """In UTC; then they are forgotten, and the full rate is back."""
    sin(backend, 20, START)
    sin(backend, 1, START + DAY_MS)
    days = [risk(backend, START + k * DAY_MS) for k in range(-1, 4)]
    assert days == [Risk(), Risk(20, 0), Risk(1, 20), Risk(0, 1), Risk()]
    limiter = backend.limiter(RATES)
    assert [wait(limiter, 16 if k == 2 else 8, START + k * DAY_MS) for k in range(3)] == [0, 0, 0]


def test_risks_of_many_owners(backend: LimiterBackend) -> None:
    """A hundred owners are asked about at once; those of whom nothing is known have no points."""
    owners = [Principal("acme", f"owner {number}") for number in range(100)]
    sin(backend, 20, START, owners[3])
    sin(backend, 1, START, owners[3])
    sin(backend, 1, START, owners[99])
    expected = {owner: Risk() for owner in owners} | {owners[3]: Risk(21), owners[99]: Risk(1)}
    assert backend.limiter(RATES).risks(owners, START) == expected


class Books(Bucket):
    """The bucket of an owner with points: halved for every twenty of today and yesterday, five times at most."""

    def __init__(self, full: Rate) -> None:
        super().__init__(full)
        self.full, self.points = full, dict[int, int]()

    def reach(self, now: int) -> None:
        """Fill it up to this moment; at every midnight it may change."""
        while (midnight := (day_of(self.seen) + 1) * DAY_MS) <= now:
            self.fill(midnight)
            self.change()
        self.fill(now)
        self.change()

    def change(self) -> None:
        day = day_of(self.seen)
        halvings = min(5, (self.points.get(day, 0) + self.points.get(day - 1, 0)) // 20)
        self.become(Rate(self.full.per_second, max(1, self.full.burst // 2**halvings), 2**halvings))

    def take(self, tokens: int, now: int) -> int:
        self.reach(now)
        ahead = copy(self)
        while (wait := ahead.wait(tokens)) and (midnight := (day_of(ahead.seen) + 1) * DAY_MS) <= ahead.seen + wait:
            ahead.reach(midnight)
        waited = ahead.seen + wait - now
        self.level -= 0 if waited else tokens
        return waited


@pytest.mark.parametrize("full", [Rate(10, 5), Rate(1, 1), Rate(5, 64)], ids=str)
def test_every_decision_is_that_of_a_bucket_that_shrinks(backend: LimiterBackend, full: Rate) -> None:
    """200 random requests around two midnights, with bad ends between them: all answers and all waits are the same."""
    chance, clock, books = random.Random(full.burst), FakeClock(), Books(full)
    limiter, answers = backend.limiter({Metered.CREATE: full}), list[int]()
    clock.now += DAY_MS - 60_000
    for step in range(200):
        clock.pass_seconds(chance.choice([0, 0.001, chance.random(), 3 * chance.random()]))
        if step in (70, 140):
            clock.now = (day_of(clock()) + 1) * DAY_MS - 20_000
        if chance.random() < 0.1:
            points = chance.choice([1, 20])
            sin(backend, points, clock())
            books.points[day_of(clock())] = books.points.get(day_of(clock()), 0) + points
        answers.append(books.take(1, clock()))
        assert wait(limiter, 1, clock()) == answers[-1], step
    assert min(answers.count(0), len(answers) - answers.count(0)) >= 20


def test_parallel_ends_are_all_counted_once_each(backend: LimiterBackend) -> None:
    """Twenty ends at once, each said twice, while their owner creates: every one counts, none counts double."""
    moves = [bad_end(backend, points, START) for points in [20, 1, 1, 1] * 5]
    limiter = backend.limiter({Metered.CREATE: Rate(1_000_000, 1_000_000)})

    def end(number: int) -> None:
        backend.store.save(*moves[number % 20])
        with suppress(Busy):  # others came between, again and again
            limiter.take(OWNER, Metered.CREATE, 1, START)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(end, range(40)))
    assert risk(backend, START) == Risk(5 * 20 + 15 * 1)


def test_an_end_whose_answer_was_lost_counts_once(table: tuple[OneAtATime, LimiterBackend]) -> None:
    """Whoever did not hear that it was written says it again: it is written already, points and all."""
    client, backend = table
    move = bad_end(backend, 20, START)
    client.unheard = 1
    with pytest.raises(Unavailable):
        backend.store.save(*move)
    assert backend.store.save(*move) == move[1]
    assert risk(backend, START) == Risk(20)


def test_an_end_that_lost_its_race_counts_nothing(backend: LimiterBackend) -> None:
    """Two that end the same upload: only the move that happened counts."""
    before, infected = bad_end(backend, 20, START)
    backend.store.save(before, replace(infected, reason=Reason.ERROR))
    with pytest.raises(Exception, match="no longer as it was read"):
        backend.store.save(before, infected)
    assert risk(backend, START) == Risk()


@pytest.mark.parametrize(
    ("points", "calls"), [(0, [1, 1, 1, 1, 1]), (1, [2, 2, 2, 2, 1]), (20, [2, 2, 1, 1, 1])], ids=str
)
def test_a_clean_owner_pays_nothing_extra(
    table: tuple[OneAtATime, LimiterBackend], points: int, calls: list[int]
) -> None:
    """One call for each request. Only points cost one more; no refusal ever does."""
    client, backend = table
    limiter, made = backend.limiter({Metered.CREATE: Rate(10, 4)}), list[int]()
    if points:
        sin(backend, points, START)
    for _ in range(5):
        before = client.calls
        wait(limiter, 1, START)
        made.append(client.calls - before)
    assert made == calls


def test_points_that_rise_between_the_calls_are_seen(table: tuple[OneAtATime, LimiterBackend]) -> None:
    """The second call demands what the first one showed: what came between is asked about again, and decides."""
    client, backend = table
    limiter = backend.limiter(RATES)
    for _ in range(13):
        limiter.take(OWNER, Metered.CREATE, 1, START)
    sin(backend, 20, START)
    made = client.calls
    client.before_call[made + 2] = lambda: sin(backend, 20, START)
    assert wait(limiter, 1, START) == 100
    assert client.calls == made + 2


def test_whoever_is_always_overtaken_is_told_to_come_again(table: tuple[OneAtATime, LimiterBackend]) -> None:
    """Points that rise again and again leave no answer: neither admitted nor refused, and nothing taken."""
    client, backend = table
    limiter = DynamoRates(cast(Any, client), TABLE, {Metered.CREATE: Rate(10, 1 << 40)}, at_once)
    client.before_call = {number: lambda: sin(backend, 1, START) for number in range(1, 20)}
    with pytest.raises(Busy):
        limiter.take(OWNER, Metered.CREATE, 1, START)
    assert client.calls < 10


def test_points_are_forgotten(table: tuple[OneAtATime, LimiterBackend]) -> None:
    """TTL takes the item of an owner who stays away; that of one who stays loses days that no longer count."""
    client, backend = table
    for day in range(4):
        sin(backend, 1, START + day * DAY_MS)

    def item() -> dict[str, Any]:
        found: dict[str, Any] = client.get_item(TableName=TABLE, Key=rate_key(OWNER, Metered.CREATE))["Item"]
        return found

    assert int(item()["ttl"]["N"]) == START // 1000 + 3 * DAY_MS // 1000 + KEPT_SECONDS
    backend.limiter(RATES).take(OWNER, Metered.CREATE, 1, START + 3 * DAY_MS)
    left = {risk_attribute(day_of(START) + day) for day in (2, 3)}
    assert set(item()) == {"pk", "sk", "tat", "ttl"} | left
    assert risk_attribute(day_of(START)) == "risk_2026-01-01"
