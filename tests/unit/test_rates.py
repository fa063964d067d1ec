"""The arithmetic of a rate: whole microseconds, never faster than was said, and waits that are exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.errors import Refused
from portway.rates import MS_US, SECOND_US, Metered, Rate, asked

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


def test_a_whole_burst_is_admitted_after_a_rest_only() -> None:
    """The burst fits exactly into an idle bucket, and no more than it into any."""
    rates = {Metered.CREATE: Rate(10, 5)}
    assert asked(rates, Metered.CREATE, 5, NOW).latest_us == NOW * MS_US
    with pytest.raises(Refused):
        asked(rates, Metered.CREATE, 6, NOW)
