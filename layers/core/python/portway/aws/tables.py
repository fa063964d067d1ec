"""One DynamoDB table: calls with table name, bounded patience and translated errors. Knows no upload."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from portway.aws.answers import answers
from portway.errors import StoreAnswer, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Item = dict[str, Any]

TRIES = 8
"""Waiting 1.3 s in all on average: an account of a whole tenant has more than one writer at a time."""
CONTENDED = {
    "TransactionConflict",
    "TransactionConflictException",
    "ThrottlingError",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
}
FAILED = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}
READ_BATCH, WRITE_BATCH = 100, 25  # DynamoDB's limits per call


class ConditionFailed(StoreAnswer):
    """Nothing was written. `reasons` has, for each action, if its condition failed, and the item as it is, if any."""

    code = "condition_failed"

    def __init__(self, reasons: Sequence[tuple[bool, Item | None]]) -> None:
        super().__init__("A condition of the write failed.")
        self.reasons = tuple(reasons)


def jittered_pause(attempt: int) -> None:
    """Wait a random time, at most 20 ms the first time and twice as long each further time."""
    time.sleep(random.uniform(0, 0.02 * 2**attempt))


class Table:
    """`pause(attempt)` is called before another try; tests hand in one that does not wait."""

    def __init__(self, client: DynamoDBClient, name: str, pause: Callable[[int], None] = jittered_pause) -> None:
        self._client, self._name, self._pause = client, name, pause

    def get(self, key: Item) -> Item | None:
        with answers():
            found = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        return found.get("Item")

    def update(self, action: Mapping[str, Any]) -> Item:
        """The item after the update. ConditionFailed when others changed it."""
        call = self._client.update_item
        done = self._patiently(lambda: call(TableName=self._name, ReturnValues="ALL_NEW", **action))
        return done["Attributes"]

    def transact(self, actions: Sequence[Mapping[str, Mapping[str, Any]]]) -> None:
        """All or nothing. ConditionFailed, with a reason for each action."""
        named: Any = [{verb: {"TableName": self._name, **rest} for verb, rest in action.items()} for action in actions]
        self._patiently(lambda: self._client.transact_write_items(TransactItems=named))

    def query(self, index: str, **arguments: Any) -> Any:
        """One page of an index, which may lag behind the table."""
        with answers():
            return self._client.query(TableName=self._name, IndexName=index, **arguments)

    def batch_get(self, keys: Sequence[Item]) -> Iterator[Item]:
        """The items that exist, consistently read, in no order."""
        for start in range(0, len(keys), READ_BATCH):
            rest: Any = {self._name: {"Keys": keys[start : start + READ_BATCH], "ConsistentRead": True}}
            for attempt in range(TRIES):
                with answers():
                    page = self._client.batch_get_item(RequestItems=rest)
                yield from page["Responses"].get(self._name, ())
                rest = page.get("UnprocessedKeys")
                if not rest:
                    break
                self._rest_before(attempt, "BatchGetItem")

    def batch_put(self, items: Sequence[Item]) -> None:
        for start in range(0, len(items), WRITE_BATCH):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + WRITE_BATCH]]
            rest: Any = {self._name: puts}
            for attempt in range(TRIES):
                with answers():
                    rest = self._client.batch_write_item(RequestItems=rest).get("UnprocessedItems")
                if not rest:
                    break
                self._rest_before(attempt, "BatchWriteItem")

    def _rest_before(self, attempt: int, call: str) -> None:
        if attempt == TRIES - 1:
            raise Unavailable(f"{call}: items left unprocessed after {TRIES} calls")
        self._pause(attempt)

    def _patiently(self, call: Callable[[], T]) -> T:
        """Again while others hold the item, `TRIES` times in all, then Unavailable."""
        attempt = 0
        while True:
            with answers():
                try:
                    return call()
                except ClientError as error:
                    # a conflict says nothing about a transaction's other conditions: ask again before reading them
                    contended = not _codes(error).isdisjoint(CONTENDED)
                    if not contended:
                        _raise_failed(error)
                    if attempt == TRIES - 1 or not contended:
                        raise
            self._pause(attempt)
            attempt += 1


def _raise_failed(error: ClientError) -> None:
    response: Any = error.response
    reasons = response.get("CancellationReasons") or [{**response["Error"], "Item": response.get("Item")}]
    failed = [(reason.get("Code") in FAILED, reason.get("Item")) for reason in reasons]
    if any(was for was, _ in failed):
        raise ConditionFailed(failed) from error


def _codes(error: ClientError) -> set[str]:
    response: Any = error.response
    return {response["Error"]["Code"], *(reason.get("Code", "") for reason in response.get("CancellationReasons", []))}
