"""SessionStore on one DynamoDB table. What an item looks like is in records.py, what a write demands in writes.py."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from portway.aws import manifests, records, writes
from portway.aws.records import BY_CREATED, BY_DUE, BY_KEPT, BY_OWNER, Item
from portway.aws.tables import ConditionFailed, Table, jittered_pause
from portway.consequences import Event, accounts, announcement, quota_change
from portway.errors import Conflict, Exists, Fault, Refused, Unavailable
from portway.model import ManifestRef, Part, Principal, Upload, Word
from portway.ports import UploadPage
from portway.quotas import NOTHING, Account, Quota, QuotaChange, Room

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


AFTER_ALL = ":"
"""Sorts behind every time: a colon comes after the digits."""


class DynamoSessions:
    """The contract is portway.ports.SessionStore."""

    def __init__(self, client: DynamoDBClient, table: str, pause: Callable[[int], None] = jittered_pause) -> None:
        self._table = Table(client, table, pause)

    def add(self, upload: Upload, room: Room) -> None:
        more = QuotaChange(upload.size, 1)
        for account, quota in _limits(upload, room):
            if not quota.has_room(NOTHING, more):
                raise quota.exceeded(account, NOTHING, more)
        try:
            self._table.transact(writes.creation(upload, room))
        except ConditionFailed as failed:
            (is_taken, current), *counters = failed.reasons
            if is_taken and current:
                raise Exists(records.session_upload(current)) from None
            _raise_exceeded(upload, more, room, counters)
            raise

    def get(self, upload_id: str) -> Upload | None:
        item = self._table.get(records.session_key(upload_id))
        return records.session_upload(item) if item else None

    def save(self, before: Upload, after: Upload, room: Room | None = None) -> Upload:
        return self._save(before, after, announcement(before, after), room)

    def save_told(self, before: Upload, after: Upload) -> Upload:
        return self._save(before, after, None)

    def _save(self, before: Upload, after: Upload, owed: Event | None, room: Room | None = None) -> Upload:
        change, *entailed = writes.move(before, after, owed, room)
        try:
            if entailed:
                self._table.transact([change, *entailed])
                return after
            return records.session_upload(self._table.update(change["Update"]))
        except ConditionFailed as failed:
            (has_moved, current), *counters = failed.reasons
            if current and writes.is_applied(before, after, current):
                return records.session_upload(current)
            more = quota_change(before, after)
            if room and more and not has_moved:
                _raise_exceeded(after, more, room, counters)
            raise Conflict(records.session_upload(current) if current else None) from None

    def put_manifest(self, upload_id: str, parts: Sequence[Part]) -> ManifestRef:
        manifest = manifests.reference(parts)
        self._table.batch_put(manifests.items(upload_id, manifest, parts))
        return manifest

    def get_manifest(self, upload_id: str, manifest: ManifestRef) -> tuple[Part, ...]:
        keys = manifests.keys(upload_id, manifest)
        found = {item["sk"]["S"]: item["parts"]["S"] for item in self._table.batch_get(keys) if "parts" in item}
        parts = manifests.parts_of(found[key["sk"]["S"]] for key in keys if key["sk"]["S"] in found)
        if manifests.reference(parts) != manifest:
            raise Unavailable(f"{upload_id}: manifest {manifest.sha256} is not complete in the table")
        return parts

    def list_owned(self, principal: Principal, word: Word | None, cursor: str | None, limit: int) -> UploadPage:
        owner_pk = records.owner_pk(principal.tenant, principal.owner)
        page = self._table.query(
            BY_OWNER,
            KeyConditionExpression="#owner_pk = :owner_pk",
            ExpressionAttributeNames={"#owner_pk": "owner_pk"},
            ExpressionAttributeValues={":owner_pk": {"S": owner_pk}},
            ScanIndexForward=False,
            Limit=limit,
            **({"ExclusiveStartKey": _start_key(owner_pk, cursor)} if cursor else {}),
        )
        last = page.get("LastEvaluatedKey")
        return UploadPage(self._newest_first(page["Items"], None, word), _cursor(last) if last else None)

    def list_all(self, tenant: str | None, word: Word | None, cursor: str | None, limit: int) -> UploadPage:
        found, more = self._of_everybody(BY_CREATED, "created_shard", records.created_shards(), cursor, limit)
        return UploadPage(self._newest_first(found, tenant, word), more)

    def list_kept(self, tenant: str | None, cursor: str | None, limit: int) -> UploadPage:
        found, more = self._of_everybody(BY_KEPT, "kept_shard", records.kept_shards(), cursor, limit)
        return UploadPage(self._newest_first(found, tenant, None), more)

    def _of_everybody(
        self, index: str, shard_name: str, shards: Sequence[str], cursor: str | None, limit: int
    ) -> tuple[list[Item], str | None]:
        """Index keys of the `limit` newest before the cursor over all shards, and the next cursor."""
        until, found = _position(cursor) if cursor else AFTER_ALL, list[Item]()
        for shard in shards:
            page = self._table.query(
                index,
                KeyConditionExpression="#shard = :shard AND #owner_sk < :until",
                ExpressionAttributeNames={"#shard": shard_name, "#owner_sk": "owner_sk"},
                ExpressionAttributeValues={":shard": {"S": shard}, ":until": {"S": until}},
                ScanIndexForward=False,
                Limit=limit,
            )
            found += page["Items"]
        newest = sorted(found, key=lambda item: str(item["owner_sk"]["S"]), reverse=True)[:limit]
        return newest, _cursor(newest[-1]) if len(newest) == limit else None

    def overdue(self, now: int, limit: int) -> tuple[str, ...]:
        keys = self._due(records.due_shards(), "#due_at <= :until", now, limit)
        return tuple(key["pk"]["S"].removeprefix("UPLOAD#") for key in keys)

    def unsent(self, before: int, limit: int) -> tuple[Event, ...]:
        keys = self._due(records.unsent_shards(), "#due_at < :until", before, limit)
        found = self._table.batch_get([{"pk": key["pk"], "sk": key["sk"]} for key in keys])
        events = (records.outbox_event(item) for item in found if "due_at" in item)
        return tuple(sorted(events, key=lambda event: (event.at, event.id)))

    def sent(self, event: Event) -> None:
        try:
            self._table.update(writes.delivery(event))
        except ConditionFailed:
            return  # collected by TTL: it was sent before

    def _newest_first(self, items: Sequence[Item], tenant: str | None, word: Word | None) -> tuple[Upload, ...]:
        """The records behind these index keys, if asked only those of this tenant or with this word."""
        uploads = map(records.session_upload, self._table.batch_get([{"pk": i["pk"], "sk": i["sk"]} for i in items]))
        wanted = (u for u in uploads if tenant in (None, u.tenant) and word in (None, u.word))
        return tuple(sorted(wanted, key=lambda upload: (upload.created_at, upload.id), reverse=True))

    def _due(self, shards: Sequence[str], condition: str, until: int, limit: int) -> list[Item]:
        """Index keys of the `limit` longest due items over all shards."""
        found: list[Item] = []
        for shard in shards:
            page = self._table.query(
                BY_DUE,
                KeyConditionExpression=f"#due_shard = :shard AND {condition}",
                ExpressionAttributeNames={"#due_shard": "due_shard", "#due_at": "due_at"},
                ExpressionAttributeValues={":shard": {"S": shard}, ":until": {"N": str(until)}},
                Limit=limit,
            )
            found += page["Items"]
        return sorted(found, key=lambda item: (int(item["due_at"]["N"]), item["pk"]["S"]))[:limit]


def _limits(upload: Upload, room: Room) -> Iterator[tuple[Account, Quota]]:
    return zip(accounts(upload), (room.owner, room.tenant), strict=True)


def _raise_exceeded(
    upload: Upload, more: QuotaChange, room: Room, counters: Sequence[tuple[bool, Item | None]]
) -> None:
    """QuotaExceeded for the first account whose condition failed, if any."""
    for (account, quota), (is_full, item) in zip(_limits(upload, room), counters, strict=False):
        if is_full:
            raise quota.exceeded(account, _held(item or {}), more) from None


def _held(counters: Item) -> Quota:
    used, uploads = (int(counters.get(name, {"N": "0"})["N"]) for name in ("used", "open"))
    return Quota(used, uploads)


def _cursor(last: Item) -> str:
    """Where the page ended. It names no owner, so it cannot lead into another's list."""
    return base64.urlsafe_b64encode(last["owner_sk"]["S"].encode()).decode().rstrip("=")


def _start_key(owner_pk: str, cursor: str) -> Item:
    owner_sk = _position(cursor)
    owner = {"owner_pk": {"S": owner_pk}, "owner_sk": {"S": owner_sk}}
    return {**records.session_key(owner_sk.partition("#")[2]), **owner}


def _position(cursor: str) -> str:
    """The sort key where a page ended."""
    try:
        owner_sk = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except ValueError:
        owner_sk = ""
    if not re.fullmatch(r"[0-9]{13}#[0-9A-Za-z_-]{1,64}", owner_sk):
        raise Refused([Fault("cursor", "bad_cursor", "The cursor is not one of ours. Start again without it.")])
    return owner_sk
