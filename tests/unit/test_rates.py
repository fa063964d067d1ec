"""The arithmetic of a rate: whole microseconds, never faster than was said, and waits that are exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.errors import Refused
from portway.rates import MS_US, SECOND_US, Metered, Rate, Risk, asked, tightened

NOW = 1_767_225_600_000
PER_SECOND = st.integers(1, SECOND_US)


@given(PER_SECOND)
def test_a_rate_is_never_exceeded_by_rounding(per_second: int) -> None:
    """However odd the rate, no second admits more tokens than it says once the burst is used."""
    emission = Rate(per_second, 1).emission_us
    assert SECOND_US <= emission * per_second < SECOND_US + per_second


@pytest.mark.parametrize(("per_second", "emission_us"), [(10, 100_000), (5000, 200), (3, 333_334), (SECOND_US, 1)])
def test_one_token_takes_so_long(per_second: int, emission_us: int) -> None:
    """The usual rates come out exactly; at 5,000 a second a token is a fifth of a millisecond, and not nothing."""
    assert Rate(per_second, 1).emission_us == emission_us


@given(PER_SECOND, st.integers(1, 100_000), st.data())
def test_the_wait_is_exact(per_second: int, burst: int, data: st.DataObject) -> None:
    """After the wait the request would be admitted, a millisecond before it would not."""
    tokens = data.draw(st.integers(1, burst))
    rates = {Metered.SIGN: Rate(per_second, burst)}
    wanted = asked(rates, Metered.SIGN, tokens, NOW)
    tat = wanted.latest_us + data.draw(st.integers(1, 10 * SECOND_US))
    wait = wanted.refusal(tat).retry_after_ms
    assert asked(rates, Metered.SIGN, tokens, NOW + wait).latest_us >= tat
    assert asked(rates, Metered.SIGN, tokens, NOW + wait - 1).latest_us < tat


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 300), st.integers(0, 300), st.integers(1, 200_000))
def test_a_wait_over_midnight_is_exact(per_second: int, burst: int, today: int, yesterday: int, early: int) -> None:
    """Points that lapse while somebody waits shorten his wait: told before, and true to the millisecond."""
    rates, start = {Metered.CREATE: Rate(per_second, burst)}, NOW - early  # NOW is a midnight

    def latest(now: int) -> int:
        risk = Risk(today, yesterday) if now < NOW else Risk(0, today)
        return asked(rates, Metered.CREATE, 1, now, risk).latest_us

    tat = latest(start) + 100 * SECOND_US
    wait = asked(rates, Metered.CREATE, 1, start, Risk(today, yesterday)).refusal(tat).retry_after_ms
    assert latest(start + wait) >= tat
    assert latest(start + wait - 1) < tat


@pytest.mark.parametrize(
    ("points", "burst", "divisor"),
    [(0, 100, 1), (19, 100, 1), (20, 50, 2), (40, 25, 4), (79, 12, 8), (99, 6, 16), (100, 3, 32), (10_000, 3, 32)],
)
def test_points_halve_a_rate_down_to_a_floor(points: int, burst: int, divisor: int) -> None:
    """Each twenty halve rate and burst; a thirty-second part is left, and never less than one at once."""
    for risk in (Risk(points), Risk(0, points), Risk(points // 2, points - points // 2)):
        assert tightened(Rate(10, 100), risk) == Rate(10, burst, divisor)
        assert tightened(Rate(10, 100), risk).emission_us == 100_000 * divisor
        assert tightened(Rate(10, 1), risk).burst == 1


@pytest.mark.parametrize(
    ("points", "level"), [(0, "low"), (19, "low"), (20, "medium"), (59, "medium"), (60, "high"), (999, "high")]
)
def test_the_level_says_how_much_is_left(points: int, level: str) -> None:
    """Low is the full rate, medium a half or a quarter of it, high an eighth or less."""
    assert Risk(points).level == level


@pytest.mark.parametrize(("points", "reduced"), [(19, False), (20, True)])
def test_a_refusal_says_that_the_rate_is_reduced(points: int, reduced: bool) -> None:
    """And what to do about it; whoever is not slowed down hears nothing of it."""
    refusal = asked({Metered.CREATE: Rate(10, 5)}, Metered.CREATE, 1, NOW, Risk(points)).refusal(NOW * 2000)
    assert (refusal.reduced, "lower than usual" in str(refusal)) == (reduced, reduced)


def test_a_whole_burst_is_admitted_after_a_rest_only() -> None:
    """The burst fits exactly into an idle bucket, and no more than it into any."""
    rates = {Metered.CREATE: Rate(10, 5)}
    assert asked(rates, Metered.CREATE, 5, NOW).latest_us == NOW * MS_US
    with pytest.raises(Refused):
        asked(rates, Metered.CREATE, 6, NOW)
