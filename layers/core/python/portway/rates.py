"""How fast one owner may go: a token bucket as one number (GCRA). Pure, in whole microseconds.

The number is the bucket's *theoretical arrival time*, `tat`: when everything that was admitted would have come at the
steady rate. A bucket that is idle (`tat` not after now) is like one that never was. Microseconds, because at 5,000
tokens a second one token takes less than a millisecond.

An owner whose uploads turn out badly is slowed down for two days (docs/decisions/0012): his points make the rate a
fraction of what it was, and what he owes stays owed in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from portway.errors import Fault, RateLimited, Refused

SECOND_US, MS_US = 1_000_000, 1000
DAY_MS = 86_400_000
HALVING_POINTS, MOST_HALVINGS = 20, 5
"""How many points halve a rate, and how often it is halved at most: a thirty-second part is left to everybody."""


class Metered(StrEnum):
    """What is counted, each in a bucket of its own: uploads that are created, parts that are signed."""

    CREATE = "create"
    SIGN = "sign"


class Level(StrEnum):
    """How much an owner is slowed down: not at all, to a half or a quarter, to an eighth or less."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


LEVELS = (Level.LOW, Level.MEDIUM, Level.MEDIUM, Level.HIGH, Level.HIGH, Level.HIGH)
"""By halvings."""


@dataclass(frozen=True, slots=True)
class Risk:
    """The points that count: what an owner's uploads earned him today and yesterday, in UTC (consequences.POINTS)."""

    today: int = 0
    yesterday: int = 0

    @property
    def points(self) -> int:
        return self.today + self.yesterday

    @property
    def halvings(self) -> int:
        return min(self.points // HALVING_POINTS, MOST_HALVINGS)

    @property
    def level(self) -> Level:
        return LEVELS[self.halvings]

    def tomorrow(self) -> Risk:
        """What is left of it after midnight, if nothing is added."""
        return Risk(0, self.today)


NO_RISK = Risk()


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` / `divisor` tokens (at most a million) in the long run, `burst` at once after a rest."""

    per_second: int
    burst: int
    divisor: int = 1

    @property
    def emission_us(self) -> int:
        """Microseconds per token, rounded up: never faster than was said."""
        return -(-SECOND_US * self.divisor // self.per_second)


Rates = Mapping[Metered, Rate]


def tightened(rate: Rate, risk: Risk) -> Rate:
    """The rate that is left: halved for every HALVING_POINTS, MOST_HALVINGS times at most, and a burst of at least one.

    Multiplicative decrease, as TCP answers losses (RFC 5681, section 3.1): a few bad files cost little, many cost much,
    and the next day nothing has to be remembered but two numbers. Rate and burst shrink alike, so that a bucket which
    is half full stays half full.
    """
    return Rate(rate.per_second, max(1, rate.burst >> risk.halvings), rate.divisor << risk.halvings)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for tokens by an owner of this risk: admitted while the bucket's `tat` is not after `latest_us`."""

    what: Metered
    rate: Rate
    tokens: int
    now_us: int
    risk: Risk

    @property
    def allowed(self) -> Rate:
        return tightened(self.rate, self.risk)

    @property
    def cost_us(self) -> int:
        return self.tokens * self.allowed.emission_us

    @property
    def latest_us(self) -> int:
        return self.now_us + self.allowed.burst * self.allowed.emission_us - self.cost_us

    @property
    def days(self) -> tuple[int, int]:
        """Today and yesterday."""
        today = day_of(self.now_us // MS_US)
        return today, today - 1

    def admitted_us(self, tat_us: int) -> int:
        """When it is admitted if nobody else comes. What lapses at midnight slows nobody down after it."""
        first = max(self.now_us, self.now_us + tat_us - self.latest_us)
        midnight = (self.days[0] + 1) * DAY_MS * MS_US
        if first < midnight or not self.risk.points:
            return first
        return replace(self, now_us=midnight, risk=self.risk.tomorrow()).admitted_us(tat_us)

    def refusal(self, tat_us: int) -> RateLimited:
        """The wait after which the same request is admitted if nobody else comes, in ms, rounded up, at least one."""
        wait_us = self.admitted_us(tat_us) - self.now_us
        return RateLimited(self.what.value, max(1, -(-wait_us // MS_US)), reduced=self.risk.halvings > 0)


def asked(rates: Rates, what: Metered, tokens: int, now: int, risk: Risk = NO_RISK) -> Asked:
    """What `tokens` cost at `now` (ms). Refused for more than the burst: no waiting would admit them."""
    wanted = Asked(what, rates[what], tokens, now * MS_US, risk)
    burst = wanted.allowed.burst
    if tokens > burst:
        words = f"At most {burst} at once."
        raise Refused([Fault("numbers" if what is Metered.SIGN else "body", "too_many", words, burst, tokens)])
    return wanted


def day_of(at: int) -> int:
    """The UTC day of a moment (ms), as days since the epoch."""
    return at // DAY_MS
