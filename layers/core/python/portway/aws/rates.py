"""RateLimiter on the table: the bucket is one number of one item, moved by one conditional update (GCRA).

| item | pk                    | sk          | attributes                                            |
|------|-----------------------|-------------|-------------------------------------------------------|
| rate | RATE#<tenant>#<owner> | RATE#<what> | `tat` (microseconds since the epoch), `ttl` (seconds) |

A bucket in use, and a refusal, cost one call; an idle bucket costs two. TTL collects idle buckets, which say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from portway.aws.records import KEPT_SECONDS, Item
from portway.aws.tables import ConditionFailed, Table, jittered_pause
from portway.model import Principal
from portway.rates import SECOND_US, Asked, Metered, Rates, asked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUSY = ("SET #tat = #tat + :cost, #ttl = :ttl", "#tat > :now AND #tat <= :latest")
IDLE = ("SET #tat = :next, #ttl = :ttl", "attribute_not_exists(#tat) OR #tat <= :now")


class DynamoRates:
    """The contract is portway.ports.RateLimiter."""

    def __init__(
        self, client: DynamoDBClient, table: str, rates: Rates, pause: Callable[[int], None] = jittered_pause
    ) -> None:
        self._table, self._rates = Table(client, table, pause), rates

    def take(self, principal: Principal, what: Metered, tokens: int, now: int) -> None:
        wanted = asked(self._rates, what, tokens, now)
        key = rate_key(principal, what)
        found = self._admitted(key, wanted, BUSY)
        if found is not None and found <= wanted.now_us:
            found = self._admitted(key, wanted, IDLE)
            if found is not None and found <= wanted.latest_us:  # somebody came between; there is room for both
                found = self._admitted(key, wanted, BUSY)
        if found is not None:
            raise wanted.refusal(found)

    def _admitted(self, key: Item, wanted: Asked, write: tuple[str, str]) -> int | None:
        """None when it is admitted, else the bucket's number as it is; 0 when there is none."""
        update, condition = write
        text = f"{update} {condition}"
        numbers = {
            ":now": wanted.now_us,
            ":cost": wanted.cost_us,
            ":latest": wanted.latest_us,
            ":next": wanted.now_us + wanted.cost_us,
            ":ttl": wanted.latest_us // SECOND_US + KEPT_SECONDS,
        }
        action = {
            "Key": key,
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#tat": "tat", "#ttl": "ttl"},
            "ExpressionAttributeValues": {name: {"N": str(n)} for name, n in numbers.items() if name in text},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            self._table.update(action)
        except ConditionFailed as failed:
            _, item = failed.reasons[0]
            return int(item["tat"]["N"]) if item and "tat" in item else 0
        return None


def rate_key(principal: Principal, what: Metered) -> Item:
    """Percent-encoded, so that no tenant or owner can spell another's key."""
    tenant, owner = quote(principal.tenant, safe=""), quote(principal.owner, safe="")
    return {"pk": {"S": f"RATE#{tenant}#{owner}"}, "sk": {"S": f"RATE#{what.value}"}}
