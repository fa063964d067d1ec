"""How fast one owner may go: a token bucket as one number (GCRA). Pure, in whole microseconds.

The number is the bucket's *theoretical arrival time*, `tat`: when everything that was admitted would have come at the
steady rate. A bucket that is idle (`tat` not after now) is like one that never was. Microseconds, because at 5,000
tokens a second one token takes less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portway.errors import Fault, RateLimited, Refused

SECOND_US, MS_US = 1_000_000, 1000


class Metered(StrEnum):
    """What is counted, each in a bucket of its own: uploads that are created, parts that are signed."""

    CREATE = "create"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` tokens (at most a million) in the long run, `burst` at once after a rest."""

    per_second: int
    burst: int

    @property
    def emission_us(self) -> int:
        """Microseconds per token, rounded up: never faster than was said."""
        return -(-SECOND_US // self.per_second)


Rates = Mapping[Metered, Rate]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for tokens in microseconds: it is admitted while the bucket's `tat` is not after `latest_us`."""

    what: Metered
    now_us: int
    cost_us: int
    latest_us: int

    def refusal(self, tat_us: int) -> RateLimited:
        """The wait after which the same request is admitted if nobody else comes, in ms, rounded up, at least one."""
        return RateLimited(self.what.value, max(1, -(-(tat_us - self.latest_us) // MS_US)))


def asked(rates: Rates, what: Metered, tokens: int, now: int) -> Asked:
    """What `tokens` cost at `now` (ms). Refused for more than the burst: no waiting would admit them."""
    rate = rates[what]
    if tokens > rate.burst:
        words = f"At most {rate.burst} at once."
        raise Refused([Fault("numbers" if what is Metered.SIGN else "body", "too_many", words, rate.burst, tokens)])
    cost = tokens * rate.emission_us
    return Asked(what, now * MS_US, cost, now * MS_US + rate.burst * rate.emission_us - cost)
