"""Sees every AWS call of the functions and of a client, and says what each uses of the price table.

Functions call through botocore, where DynamoDB and EventBridge are metered, with the items as they were before and
after. S3 is metered at the endpoint itself, so a client's PUTs count like the functions' own requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.session import Session, get_session
from moto.core.botocore_stubber import BotocoreStubber

from bench.cost.capacity import Indexes, Item, query_units, read_units
from bench.cost.prices import Usage
from dev.s3.call import Answer, Handler
from dev.s3.call import Call as S3Call
from tests.contracts.tables import TABLE

S3_CLASSES: Mapping[str, str] = {
    **dict.fromkeys(("GetObject", "HeadObject"), "s3.get"),
    **dict.fromkeys(("DeleteObject", "DeleteObjects", "AbortMultipartUpload"), "s3.free"),
}
"""What is neither is of the class PUT, COPY, POST or LIST."""
EVENT_BYTES = 64 << 10
Params = Mapping[str, Any]
Held = tuple[Item, Item]
"""A key, and the item as it was."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `by` is the name of a function, or `client`."""

    by: str
    service: str
    operation: str
    used: Usage


@dataclass
class Meter:
    """`reader` is a client of DynamoDB that is not metered. `elsewhere`: seconds of CPU that were AWS's, not ours."""

    keys: tuple[str, str]
    indexes: Indexes
    reader: Any = None
    by: str = "client"
    calls: list[Call] = field(default_factory=list)
    elsewhere: float = 0
    _depth: int = 0

    def peek(self, key: Item) -> Item:
        """An item as it is now."""
        found: Item = self.reader.get_item(TableName=TABLE, Key=key).get("Item", {})
        return found

    def session(self) -> Session:
        """A session whose clients are metered."""
        session = get_session()
        session.set_credentials(*self.keys)
        events: Any = session.get_component("event_emitter")
        events.register("before-parameter-build.dynamodb", self._before)
        events.register("after-call.dynamodb", self._after)
        events.register("before-parameter-build.events.PutEvents", self._announced)
        return session

    async def s3(self, call: S3Call, handler: Handler) -> Answer:
        """A middleware of the S3 endpoint."""
        by = "client" if "X-Amz-Signature" in call.query else self.by
        self._note(by, "S3", call.operation, {S3_CLASSES.get(call.operation, "s3.put"): 1})
        return await handler(call)

    @contextmanager
    def foreign(self) -> Iterator[None]:
        """What happens inside is none of the functions' own work."""
        self._depth += 1
        began = time.thread_time()
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self.elsewhere += time.thread_time() - began

    def stubber(self) -> Callable[..., Any]:
        """moto's own entry, with its CPU time told apart."""
        entry = BotocoreStubber.__call__

        def called(stubber: BotocoreStubber, *args: Any, **named: Any) -> Any:
            with self.foreign():
                return entry(stubber, *args, **named)

        return called

    def _note(self, by: str, service: str, operation: str, used: Mapping[str, float]) -> None:
        self.calls.append(Call(by, service, operation, Usage(used)))

    def _announced(self, params: Params, **_: Any) -> None:
        sizes = [len(entry["Detail"].encode()) for entry in params["Entries"]]
        self._note(
            self.by, "EventBridge", "PutEvents", {"eventbridge.event": sum(-(-size // EVENT_BYTES) for size in sizes)}
        )

    def _before(self, params: Params, model: Any, context: dict[str, Any], **_: Any) -> None:
        with self.foreign():
            keys = KEYS[model.name](params)
            context["metered"] = [(key, self.peek(key)) for key in keys]

    def _after(self, parsed: Params, model: Any, context: Mapping[str, Any], **_: Any) -> None:
        with self.foreign():
            self._note(self.by, "DynamoDB", model.name, UNITS[model.name](self, parsed, context["metered"]))

    def written(self, before: Iterable[Held], is_transaction: bool = False) -> Mapping[str, float]:
        units = [self.indexes.written(old, self.peek(key), is_transaction) for key, old in before]
        return {
            "dynamodb.write": sum(each.table + each.indexes for each in units),
            "index writes": sum(each.indexes for each in units),
        }


def _key_of(item: Item) -> Item:
    return {name: item[name] for name in ("pk", "sk")}


def _transacted(params: Params) -> Iterator[Item]:
    for action in params["TransactItems"]:
        ((_, body),) = action.items()
        yield _key_of(body.get("Key") or body["Item"])


KEYS: Mapping[str, Callable[[Params], Iterable[Item]]] = {
    "GetItem": lambda params: [params["Key"]],
    "UpdateItem": lambda params: [params["Key"]],
    "PutItem": lambda params: [_key_of(params["Item"])],
    "TransactWriteItems": _transacted,
    "BatchGetItem": lambda params: [key for asked in params["RequestItems"].values() for key in asked["Keys"]],
    "BatchWriteItem": lambda params: [
        _key_of(each["PutRequest"]["Item"]) for puts in params["RequestItems"].values() for each in puts
    ],
    "Query": lambda _: [],
}
"""Which items a call is about. An operation that is not here is a KeyError: nobody uses DynamoDB unmetered."""


def _read(_: Meter, __: Params, held: list[Held]) -> Mapping[str, float]:
    return {"dynamodb.read": sum(read_units(item) for _, item in held)}


def _queried(_: Meter, parsed: Params, __: list[Held]) -> Mapping[str, float]:
    return {"dynamodb.read": query_units(parsed["Items"])}


def _written(meter: Meter, _: Params, held: list[Held]) -> Mapping[str, float]:
    return meter.written(held)


UNITS: Mapping[str, Callable[[Meter, Params, list[Held]], Mapping[str, float]]] = {
    "GetItem": _read,
    "BatchGetItem": _read,
    "Query": _queried,
    "UpdateItem": _written,
    "PutItem": _written,
    "BatchWriteItem": _written,
    "TransactWriteItems": lambda meter, _, held: meter.written(held, is_transaction=True),
}
"""What a call used: the meter, the answer, and the items before it."""
