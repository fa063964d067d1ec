"""RateLimiter on the table: the bucket is one number of one item, moved by one conditional update (GCRA).

| item | pk                    | sk          | attributes                                                              |
|------|-----------------------|-------------|-------------------------------------------------------------------------|
| rate | RATE#<tenant>#<owner> | RATE#<what> | `tat` (microseconds since the epoch), `ttl` (seconds), `risk_<date>`    |

An update knows no maximum, so a bucket in use and an idle one are written differently, each under the condition that it
is one. Which is tried first is a guess: in use where it was last seen to be so until later than now (`tat` never
falls), else idle, as it nearly always is between two requests of one person. A guess that is wrong costs one more call,
nothing else. TTL collects idle buckets.

`risk_2026-01-31` on RATE#create counts the points of that day; terminal moves add to it in their transactions
(writes.py). An update demands the points that its caller took into account, at first none: who has none pays nothing
for it, who has some is told by the failed condition, and is tried again at the rate that they leave.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from portway.aws.records import KEPT_SECONDS, Item
from portway.aws.tables import ConditionFailed, Table, jittered_pause
from portway.errors import Busy
from portway.model import Principal
from portway.rates import NO_RISK, SECOND_US, Asked, Metered, Rates, Risk, asked, day_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

IN_USE = ("SET #tat = #tat + :cost, #ttl = :ttl", "#tat > :now AND #tat <= :latest")
IDLE = ("SET #tat = :next, #ttl = :ttl", "(attribute_not_exists(#tat) OR #tat <= :now)")
ROUNDS = 6
"""How often it is tried with what the item said; each time but the last was lost to somebody else's write."""
REMEMBERED = 1000
"""Of how many buckets it is remembered what was seen last; all are forgotten before there are more."""
RISK = "risk_"
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What the item says; `tat` is 0 where it says nothing. `lapsed` names the days that no longer count."""

    tat_us: int
    risk: Risk
    lapsed: tuple[str, ...]


class DynamoRates:
    """The contract is portway.ports.RateLimiter."""

    def __init__(
        self, client: DynamoDBClient, table: str, rates: Rates, pause: Callable[[int], None] = jittered_pause
    ) -> None:
        self._table, self._rates = Table(client, table, pause), rates
        self._seen = dict[tuple[Principal, Metered], int]()

    def take(self, principal: Principal, what: Metered, tokens: int, now: int) -> None:
        seen = Bucket(self._seen.get((principal, what), 0), NO_RISK, ())
        for _ in range(1 + ROUNDS):
            seen, is_admitted = self._asked(principal, asked(self._rates, what, tokens, now, seen.risk), seen)
            self._remember(principal, what, seen.tat_us)
            if is_admitted:
                return
            wanted = asked(self._rates, what, tokens, now, seen.risk)
            if seen.tat_us > wanted.latest_us:
                raise wanted.refusal(seen.tat_us)
        raise Busy

    def risks(self, owners: Collection[Principal], now: int) -> Mapping[Principal, Risk]:
        day = day_of(now)
        keys = {owner: rate_key(owner, Metered.CREATE) for owner in owners}
        items = {item["pk"]["S"]: item for item in self._table.batch_get(list(keys.values()))}
        return {
            owner: _risk(items[key["pk"]["S"]], (day, day - 1)) if key["pk"]["S"] in items else NO_RISK
            for owner, key in keys.items()
        }

    def _remember(self, principal: Principal, what: Metered, tat_us: int) -> None:
        if len(self._seen) >= REMEMBERED:
            self._seen.clear()
        self._seen[principal, what] = tat_us

    def _asked(self, principal: Principal, wanted: Asked, seen: Bucket) -> tuple[Bucket, bool]:
        """The bucket as it is then, and whether this was admitted, if it was as it was seen; days that lapsed are
        forgotten with that.
        """
        write = IN_USE if seen.tat_us > wanted.now_us else IDLE
        old = {f"#old{n}": name for n, name in enumerate(seen.lapsed)}
        update = " REMOVE ".join([write[0], ", ".join(old)] if old else [write[0]])
        condition = " AND ".join([write[1], *_demanded(wanted.risk)])
        text = f"{update} {condition}"
        numbers = {
            ":now": wanted.now_us,
            ":cost": wanted.cost_us,
            ":latest": wanted.latest_us,
            ":next": wanted.now_us + wanted.cost_us,
            ":ttl": wanted.latest_us // SECOND_US + KEPT_SECONDS,
            ":today": wanted.risk.today,
            ":yesterday": wanted.risk.yesterday,
        }
        today, yesterday = map(risk_attribute, wanted.days)
        action = {
            "Key": rate_key(principal, wanted.what),
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#tat": "tat", "#ttl": "ttl", "#today": today, "#yesterday": yesterday} | old,
            "ExpressionAttributeValues": {name: {"N": str(n)} for name, n in numbers.items() if name in text},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            return _bucket(self._table.update(action), wanted.days), True
        except ConditionFailed as failed:
            _, item = failed.reasons[0]
            return _bucket(item or {}, wanted.days), False


def _demanded(risk: Risk) -> list[str]:
    """That the points are those that were taken into account; points are never counted as zero."""
    days = {"today": risk.today, "yesterday": risk.yesterday}
    return [f"#{day} = :{day}" if points else f"attribute_not_exists(#{day})" for day, points in days.items()]


def _bucket(item: Item, days: tuple[int, int]) -> Bucket:
    lapsed = {name for name in item if name.startswith(RISK)} - set(map(risk_attribute, days))
    return Bucket(_number(item, "tat"), _risk(item, days), tuple(sorted(lapsed)))


def _risk(item: Item, days: tuple[int, int]) -> Risk:
    return Risk(*(_number(item, risk_attribute(day)) for day in days))


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])


def risk_attribute(day: int) -> str:
    """The attribute of RATE#create that counts the points of a day (since the epoch)."""
    return f"{RISK}{EPOCH + timedelta(day)}"


def rate_key(principal: Principal, what: Metered) -> Item:
    """Percent-encoded, so that no tenant or owner can spell another's key."""
    tenant, owner = quote(principal.tenant, safe=""), quote(principal.owner, safe="")
    return {"pk": {"S": f"RATE#{tenant}#{owner}"}, "sk": {"S": f"RATE#{what.value}"}}
