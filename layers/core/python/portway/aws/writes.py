"""What goes into DynamoDB's write calls: conditions and transactions as data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portway.aws import manifests
from portway.aws.rates import rate_key, risk_attribute
from portway.aws.records import (
    KEPT_SECONDS,
    Item,
    dead_until,
    outbox_item,
    outbox_key,
    quota_key,
    session_item,
    session_key,
)
from portway.consequences import Event, RiskChange, accounts, announcement, quota_change, risk_change
from portway.model import COMPARED, FENCE, Upload
from portway.quotas import Account, Quota, QuotaChange, Room
from portway.rates import Metered

Action = dict[str, Any]
"""The arguments of one UpdateItem or Put, table name left out."""


def differing(before: Upload, after: Upload) -> dict[str, Any]:
    """The attributes that the change touches, with their new values; None for one that goes."""
    old, wanted = session_item(before), session_item(after)
    return {name: wanted.get(name) for name in {**old, **wanted} if old.get(name) != wanted.get(name)}


def change(before: Upload, after: Upload) -> Action:
    """The update that writes what differs, if the fence is as it was in `before`."""
    old = session_item(before)
    new = differing(before, after) or {"status": old["status"]}  # an update must update something
    fence = [*FENCE, *(name for name in COMPARED if name in new)]
    return {
        "Key": session_key(before.id),
        **_expression(new),
        "ConditionExpression": " AND ".join(_as_read(name, old) for name in fence),
        "ExpressionAttributeNames": {f"#{name}": name for name in (*new, *fence)},
        "ExpressionAttributeValues": {
            **{f":{name}": value for name, value in new.items() if value is not None},
            **{f":was_{name}": old[name] for name in fence if name in old},
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def is_applied(before: Upload, after: Upload, current: Mapping[str, Any]) -> bool:
    """Whether the record is as this change would leave it, fence included: our own write, its answer lost.

    Without the fence a worker whose lease was taken over would pass for the new holder if both found the same verdict.
    """
    new, wanted = differing(before, after), session_item(after)
    return bool(new) and all(current.get(name) == wanted.get(name) for name in (*new, *FENCE))


def _expression(values: Mapping[str, Any]) -> Action:
    """UpdateExpression that sets what has a value and removes the rest; nothing for nothing."""
    sets = ", ".join(f"#{name} = :{name}" for name, value in values.items() if value is not None)
    removes = ", ".join(f"#{name}" for name, value in values.items() if value is None)
    clauses = [f"{verb} {text}" for verb, text in (("SET", sets), ("REMOVE", removes)) if text]
    return {"UpdateExpression": " ".join(clauses)} if clauses else {}


def _as_read(name: str, old: Item) -> str:
    return f"#{name} = :was_{name}" if name in old else f"attribute_not_exists(#{name})"


def creation(upload: Upload, room: Room) -> list[Action]:
    """Put the record if its id is free; count it for owner and tenant if both have room; owe the event of it, if any.

    Reasons of a refusal come in this order: record, owner, tenant; the event has no condition.
    """
    put = {
        "Item": session_item(upload),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    counted = _counters(upload, QuotaChange(upload.size, 1), room)
    return [{"Put": put}, *counted, *_outbox(announcement(None, upload))]


def _counters(upload: Upload, change: QuotaChange | None, room: Room | None) -> Iterable[Action]:
    """For the owner, then for the tenant."""
    if change is None:
        return
    quotas = (room.owner, room.tenant) if room else (None, None)
    for account, quota in zip(accounts(upload), quotas, strict=True):
        yield _counted(account, change, quota)


def _counted(account: Account, change: QuotaChange, quota: Quota | None) -> Action:
    """Count the change. What gives back has no condition: the session's own fence lets it happen once, and a counter
    must not hold up a file. What takes more has to fit into `quota`.
    """
    update: Action = {
        "Key": quota_key(account),
        "UpdateExpression": "ADD #used :size, #open :uploads",
        "ExpressionAttributeNames": {"#used": "used", "#open": "open"},
        "ExpressionAttributeValues": _numbers({":size": change.size, ":uploads": change.uploads}),
    }
    conditions, bounds = list[str](), dict[str, int]()
    if quota and change.size > 0:
        conditions.append("(attribute_not_exists(#used) OR #used <= :room)")
        bounds[":room"] = quota.size - change.size
    if quota and change.uploads > 0:
        conditions.append("(attribute_not_exists(#open) OR #open <= :most)")
        bounds[":most"] = quota.uploads - change.uploads
    if conditions:
        update["ConditionExpression"] = " AND ".join(conditions)
        update["ExpressionAttributeValues"] |= _numbers(bounds)
        update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {"Update": update}


def move(before: Upload, after: Upload, owed: Event | None, room: Room | None = None) -> list[Action]:
    """The change, and what has to happen with it: quota, the event owed, risk, the end of a dead record's manifest."""
    extra = [*_counters(after, quota_change(before, after), room), *_outbox(owed)]
    extra += _suspect(after, risk_change(before, after))
    if dead_until(after) != dead_until(before):
        extra += _forget_manifest(after)
    return [{"Update": change(before, after)}, *extra]


def _suspect(upload: Upload, earned: RiskChange | None) -> Iterable[Action]:
    """Points of the day, on the item that the limiter asks anyway; the item of an owner who stays away goes by TTL."""
    if earned is None:
        return
    update = {
        "Key": rate_key(upload.principal, Metered.CREATE),
        "UpdateExpression": "SET #ttl = :ttl ADD #day :points",
        "ExpressionAttributeNames": {"#ttl": "ttl", "#day": risk_attribute(earned.day)},
        "ExpressionAttributeValues": _numbers(
            {":points": earned.points, ":ttl": upload.history[-1].at // 1000 + KEPT_SECONDS}
        ),
    }
    yield {"Update": update}


def _outbox(event: Event | None) -> Iterable[Action]:
    if event:
        yield {"Put": {"Item": outbox_item(event)}}


def _forget_manifest(upload: Upload) -> Iterable[Action]:
    for key in manifests.keys(upload.id, upload.manifest) if upload.manifest else ():
        update = {
            "Key": key,
            "UpdateExpression": "SET #ttl = :ttl",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": _numbers({":ttl": dead_until(upload) or 0}),
        }
        yield {"Update": update}


def delivery(event: Event) -> Action:
    """Take a sent event out of the index and let TTL collect it; nothing when it is gone already."""
    return {
        "Key": outbox_key(event),
        "UpdateExpression": "SET #ttl = :ttl REMOVE #due_shard, #due_at",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeNames": {"#ttl": "ttl", "#due_shard": "due_shard", "#due_at": "due_at"},
        "ExpressionAttributeValues": _numbers({":ttl": event.at // 1000 + KEPT_SECONDS}),
    }


def _numbers(values: Mapping[str, int]) -> Item:
    return {name: {"N": str(value)} for name, value in values.items()}
