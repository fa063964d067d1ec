"""What every RateLimiter promises: a token bucket for each owner and thing, exact to the millisecond.

On moto the calls of one decision interleave with those of others, as they do on DynamoDB: only the single call is
behind a lock, because moto's table is not safe for threads.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any, cast

import pytest

from portway.aws.rates import REMEMBERED, DynamoRates, rate_key
from portway.aws.records import KEPT_SECONDS
from portway.errors import Refused, Unavailable
from portway.model import Principal
from portway.ports import RateLimiter
from portway.rates import Metered, Rate, Rates
from tests.contracts.limiters import OWNER, Bucket, OneAtATime, at_once, fake_limiters, table_limiters, wait
from tests.contracts.tables import TABLE
from tests.fakes.clock import START, FakeClock

RATES: Rates = {Metered.CREATE: Rate(10, 5), Metered.SIGN: Rate(5000, 20_000)}
Make = Callable[[Rates], RateLimiter]


@pytest.fixture
def client() -> Iterator[OneAtATime]:
    with table_limiters() as (table, _):
        yield table


@pytest.fixture(params=["fake", "moto"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    if request.param == "fake":
        yield fake_limiters().limiter
        return
    with table_limiters() as (_, made):
        yield made.limiter


def test_a_burst_and_then_the_steady_rate(make: Make) -> None:
    """After a rest the whole burst is admitted at once, then one request each tenth of a second."""
    limiter = make(RATES)
    assert [wait(limiter, 1, START) for _ in range(7)] == [0, 0, 0, 0, 0, 100, 100]
    assert wait(limiter, 1, START + 99) == 1
    assert wait(limiter, 1, START + 100) == 0
    assert wait(limiter, 1, START + 100) == 100


def test_whoever_waits_as_told_is_admitted(make: Make) -> None:
    """The wait is exact: a millisecond earlier the request is refused again, then it is admitted."""
    limiter, now = make(RATES), START
    for tokens in (5, 3, 1, 5, 2, 4):
        told = wait(limiter, tokens, now)
        if told:
            assert wait(limiter, tokens, now + told - 1) == 1
            now += told
            assert wait(limiter, tokens, now) == 0


def test_a_refusal_takes_nothing(make: Make) -> None:
    """Asking too often does not make the wait longer."""
    limiter = make(RATES)
    assert wait(limiter, 5, START) == 0
    assert {wait(limiter, 2, START) for _ in range(20)} == {200}
    assert wait(limiter, 2, START + 200) == 0


def test_more_than_the_burst_is_refused_for_good(make: Make) -> None:
    """No waiting would admit it, so it is a fault of the request; the bucket is as full as before."""
    limiter = make(RATES)
    with pytest.raises(Refused) as refused:
        limiter.take(OWNER, Metered.SIGN, 20_001, START)
    assert [(fault.field, fault.limit, fault.value) for fault in refused.value.faults] == [("numbers", 20_000, 20_001)]
    assert wait(limiter, 20_000, START, Metered.SIGN) == 0


def test_owners_and_things_share_nothing(make: Make) -> None:
    """However tenant and owner are spelt they cannot spell another's bucket, and signing does not slow creating."""
    limiter = make(RATES)
    owners = [Principal("a#b", "c"), Principal("a", "b#c"), Principal("a%23b", "c"), Principal("ä", "c/ d")]
    for who, (what, rate) in product(owners, RATES.items()):
        assert wait(limiter, rate.burst, START, what, who) == 0
        assert wait(limiter, 1, START, what, who) > 0


@pytest.mark.parametrize("rate", [Rate(10, 5), Rate(5000, 20_000), Rate(1, 1), Rate(200, 3)], ids=str)
def test_every_decision_is_that_of_a_token_bucket(make: Make, rate: Rate) -> None:
    """400 random requests with random pauses at each of four rates: all answers and all waits are the same."""
    chance, clock = random.Random(rate.burst), FakeClock()
    limiter, bucket = make({Metered.CREATE: rate}), Bucket(rate)
    answers = Counter[bool]()
    for _ in range(400):
        clock.pass_seconds(chance.choice([0, 0, 0.001, chance.random(), 2 * chance.random()]) * 2 / rate.per_second)
        tokens = chance.randint(1, min(rate.burst, 3)) if chance.random() < 0.8 else chance.randint(1, rate.burst)
        told, expected = wait(limiter, tokens, clock()), bucket.take(tokens, clock())
        assert told == expected
        answers[told > 0] += 1
    assert min(answers.values()) >= 20 or rate.burst > 1000


def test_fifty_threads_get_what_is_in_the_bucket(make: Make) -> None:
    """Fifty requests at one moment against a burst of twenty: twenty are admitted, and never one more."""
    limiter = make({Metered.CREATE: Rate(10, 20)})
    with ThreadPoolExecutor(50) as pool:
        waits = Counter(pool.map(lambda _: wait(limiter, 1, START), range(50)))
    assert waits == {0: 20, 100: 30}


def costs(client: OneAtATime, limiter: DynamoRates, now: int = START, who: Principal = OWNER) -> int:
    """The calls of one request, whatever the answer."""
    before = client.calls
    wait(limiter, 1, now, who=who)
    return client.calls - before


def test_every_request_costs_one_call(client: OneAtATime) -> None:
    """After a rest, at work, refused, and at work again: a flood is cheap to refuse."""
    limiter = DynamoRates(cast(Any, client), TABLE, RATES, at_once)
    assert [costs(client, limiter) for _ in range(7)] == [1] * 7
    assert [costs(client, limiter, START + ms) for ms in (100, 10_000, 10_001)] == [1] * 3


def test_who_did_not_see_the_others_asks_once_more(client: OneAtATime) -> None:
    """A function that has not met an owner at work takes him for idle, asks twice, and knows better from then on."""
    here, there = (DynamoRates(cast(Any, client), TABLE, RATES, at_once) for _ in range(2))
    assert [costs(client, here), costs(client, there), costs(client, there), costs(client, here)] == [1, 2, 1, 1]
    assert [costs(client, there), costs(client, there), costs(client, here)] == [1, 1, 1], "and refusals"


def test_what_was_seen_of_many_owners_is_forgotten(client: OneAtATime) -> None:
    """Memory does not grow with owners; one who was forgotten while he is at work costs a call more, and no token."""
    limiter = DynamoRates(cast(Any, client), TABLE, RATES, at_once)
    assert wait(limiter, 4, START) == 0
    for number in range(REMEMBERED):
        limiter._remember(Principal("acme", str(number)), Metered.CREATE, 1)
        assert len(limiter._seen) <= REMEMBERED
    assert [costs(client, limiter), wait(limiter, 1, START)] == [2, 100]


@pytest.mark.parametrize(("others", "told"), [(4, 0), (5, 100)])
def test_who_comes_between_leaves_room_or_none(client: OneAtATime, others: int, told: int) -> None:
    """Another request finds the idle bucket first: both are admitted if there is room, in three calls at most."""
    limiter = DynamoRates(cast(Any, client), TABLE, RATES, at_once)
    client.before_call[1] = lambda: limiter.take(OWNER, Metered.CREATE, others, START)
    assert wait(limiter, 1, START) == told
    assert client.calls == (3 if told == 0 else 2)


def test_an_idle_bucket_is_collected(client: OneAtATime) -> None:
    """Nothing is kept about owners who stay away: TTL takes the item a week later."""
    DynamoRates(cast(Any, client), TABLE, RATES, at_once).take(OWNER, Metered.CREATE, 5, START)
    found = client._client.get_item(TableName=TABLE, Key=rate_key(OWNER, Metered.CREATE))["Item"]
    assert int(found["tat"]["N"]) == START * 1000 + 500_000
    assert int(found["ttl"]["N"]) == START // 1000 + KEPT_SECONDS


def test_a_table_that_does_not_answer_is_no_refusal(client: OneAtATime) -> None:
    """Whoever cannot be counted is neither admitted nor told to wait: the store has not answered."""
    limiter = DynamoRates(cast(Any, client), "no-such-table", RATES, at_once)
    with pytest.raises(Unavailable):
        limiter.take(OWNER, Metered.CREATE, 1, START)
