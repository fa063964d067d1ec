"""How records lie in the table: dataclass ⇄ item. Pure; the shapes are docs for whoever reads the table by other means.

| item     | pk                       | sk                        | index keys                                    |
|----------|--------------------------|---------------------------|-----------------------------------------------|
| session  | UPLOAD#<id>              | UPLOAD                    | by-owner and by-created always, by-due while  |
|          |                          |                           | `due_at` is set, by-kept while in quarantine  |
| manifest | UPLOAD#<id>              | MANIFEST#<sha256>#<k>     | none                                          |
| outbox   | UPLOAD#<id>              | EVENT#<state>#<lease>     | by-due until it is sent                       |
| quota    | QUOTA#<tenant>#<owner>   | QUOTA                     | none                                          |
| quota    | QUOTA#<tenant>           | QUOTA                     | none                                          |

An attribute that has its dataclass's default is not stored, so that new fields need no migration; a record's attributes
are named like its fields. Fields made of several values are compact JSON text.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from typing import Any
from urllib.parse import quote

from portway.consequences import Event
from portway.decisions import Action, Decision
from portway.model import (
    Attempt,
    Capability,
    ChecksumAlgorithm,
    CopyRef,
    Derived,
    ManifestRef,
    PublishedObject,
    Report,
    Status,
    Step,
    StoredObject,
    Strategy,
    Upload,
)
from portway.quotas import Account
from portway.scans import Says, ScanResult
from portway.verdicts import Finding, Inspection, Reason, Risk, Severity, Verdict

Item = dict[str, Any]
"""Attribute name → DynamoDB's typed value, such as {"S": "text"}."""

BY_OWNER, BY_DUE, BY_CREATED, BY_KEPT = "by-owner", "by-due", "by-created", "by-kept"
SHARDS = 4
"""Partitions of the index by due time, for each kind: 4,000 write units a second, and 4 queries for one look."""
KEPT_SECONDS = 7 * 24 * 3600
"""How long a dead record or a sent event stays before TTL may collect it (at least 48 h, for repeated requests)."""


@dataclass(frozen=True, slots=True)
class Codec:
    """DynamoDB's type of an attribute, and the way there and back."""

    kind: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _values(record: Any) -> dict[str, Any]:
    return {f.name: value for f in fields(record) if (value := getattr(record, f.name)) != _default(f)}


def _default(field: Any) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def to_json(value: Any) -> str:
    """Compact JSON, byte-identical for equal values: conditions compare it."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _one(cls: Callable[..., Any], **readers: Callable[[Any], Any]) -> Codec:
    """A dataclass as a JSON object; `readers` turn values back that JSON does not know."""

    def read(text: str) -> Any:
        return cls(**{name: readers.get(name, _same)(value) for name, value in json.loads(text).items()})

    return Codec("S", lambda record: to_json(_values(record)), read)


def _rows(read: Callable[..., Any]) -> Codec:
    """A tuple of dataclasses as a JSON list of lists."""

    def read_all(text: str) -> tuple[Any, ...]:
        return tuple(read(*row) for row in json.loads(text))

    return Codec("S", lambda records: to_json(_table(records)), read_all)


def _table(records: Sequence[Any]) -> list[list[Any]]:
    return [[getattr(record, f.name) for f in fields(record)] for record in records]


def _enum(cls: type[Enum]) -> Codec:
    return Codec("S", str, cls)


def _decision(at: int, operator: str, action: str, why: str, lease: int, reason: str | None) -> Decision:
    return Decision(at, operator, Action(action), why, lease, Reason(reason) if reason else None)


def _finding(code: str, severity: str, words: str, detail: str = "") -> Finding:
    return Finding(code, Severity(severity), words, detail)


VERDICT: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "reason": (_same, lambda reason: reason and Reason(reason)),
    "risk": (_same, Risk),
    "findings": (lambda found: _table(found), lambda rows: tuple(_finding(*row) for row in rows)),
    "inspections": (lambda done: _table(done), lambda rows: tuple(Inspection(*row) for row in rows)),
}
"""Fields of a verdict that JSON does not know: how they are written and read."""


def _write_verdict(verdict: Verdict) -> str:
    values = {name: VERDICT.get(name, (_same, _same))[0](value) for name, value in _values(verdict).items()}
    return to_json({"reason": None, **values})


def _read_verdict(text: str) -> Verdict:
    return Verdict(**{name: VERDICT.get(name, (_same, _same))[1](value) for name, value in json.loads(text).items()})


TEXT = Codec("S", _same, _same)
NUMBER = Codec("N", str, int)
FLAG = Codec("BOOL", _same, _same)
JSON = Codec("S", to_json, json.loads)
BITS = Codec("B", lambda bits: bits.to_bytes((bits.bit_length() + 7) // 8), int.from_bytes)

ATTRIBUTES: Mapping[str, Codec] = {
    "tenant": TEXT,
    "owner": TEXT,
    "status": _enum(Status),
    "name": TEXT,
    "size": NUMBER,
    "content_type": TEXT,
    "category": TEXT,
    "policy_version": TEXT,
    "part_size": NUMBER,
    "part_count": NUMBER,
    "checksum_algorithm": _enum(ChecksumAlgorithm),
    "key": TEXT,
    "request_hash": TEXT,
    "created_at": NUMBER,
    "expires_at": NUMBER,
    "metadata": JSON,
    "checksum": TEXT,
    "strategy": _enum(Strategy),
    "is_open_ended": FLAG,
    "auto_complete": FLAG,
    "due_at": NUMBER,
    "history": _rows(lambda status, at: Step(Status(status), at)),
    "attempts": _rows(Attempt),
    "multipart_id": TEXT,
    "reported": BITS,
    "reports": _rows(Report),
    "manifest": _one(ManifestRef),
    "stored": _one(StoredObject),
    "lease": NUMBER,
    "holder": TEXT,
    "deaths": NUMBER,
    "scan": _one(ScanResult, says=Says),
    "verdict": Codec("S", _write_verdict, _read_verdict),
    "copying": _one(CopyRef),
    "published": _one(PublishedObject, checksum_algorithm=ChecksumAlgorithm),
    "kept_ms": NUMBER,
    "reason": _enum(Reason),
    "retained_until": NUMBER,
    "removing_at": NUMBER,
    "removed_at": NUMBER,
    "capability": _one(Capability),
    "decisions": _rows(_decision),
    "derived": _rows(Derived),
    "derived_at": NUMBER,
}
"""Every field of Upload but `id`, which is in the key."""


def upload_pk(upload_id: str) -> str:
    return f"UPLOAD#{upload_id}"


def session_key(upload_id: str) -> Item:
    return {"pk": {"S": upload_pk(upload_id)}, "sk": {"S": "UPLOAD"}}


def quota_key(account: Account) -> Item:
    """Percent-encoded, so that no tenant or owner can spell another's key."""
    names = (account.tenant,) if account.owner is None else account
    return {"pk": {"S": "#".join(["QUOTA", *(quote(name or "", safe="") for name in names)])}, "sk": {"S": "QUOTA"}}


def owner_pk(tenant: str, owner: str) -> str:
    return f"OWNER#{quote(tenant, safe='')}#{quote(owner, safe='')}"


def owner_sk(created_at: int, upload_id: str) -> str:
    """Sorts by time, then by id: 13 digits last until the year 2286."""
    return f"{created_at:013}#{upload_id}"


def created_shards() -> list[str]:
    return [f"CREATED#{k}" for k in range(SHARDS)]


def kept_shards() -> list[str]:
    return [f"KEPT#{k}" for k in range(SHARDS)]


def due_shards() -> list[str]:
    return [f"DUE#{k}" for k in range(SHARDS)]


def unsent_shards() -> list[str]:
    return [f"UNSENT#{k}" for k in range(SHARDS)]


def _shard(shards: list[str], upload_id: str) -> str:
    return shards[zlib.crc32(upload_id.encode()) % len(shards)]


def session_item(upload: Upload) -> Item:
    """The whole item of a session, index keys and TTL included."""
    item = session_key(upload.id)
    for name, value in _values(upload).items():
        if name != "id":
            codec = ATTRIBUTES[name]
            item[name] = {codec.kind: codec.write(value)}
    item["owner_pk"] = {"S": owner_pk(upload.tenant, upload.owner)}
    item["owner_sk"] = {"S": owner_sk(upload.created_at, upload.id)}
    item["created_shard"] = {"S": _shard(created_shards(), upload.id)}
    if upload.due_at is not None:
        item["due_shard"] = {"S": _shard(due_shards(), upload.id)}
    if upload.status is Status.QUARANTINED and upload.removed_at is None:
        item["kept_shard"] = {"S": _shard(kept_shards(), upload.id)}
    if (ttl := dead_until(upload)) is not None:
        item["ttl"] = {"N": str(ttl)}
    return item


def dead_until(upload: Upload) -> int | None:
    """When TTL may collect the record (seconds since the epoch): only once nothing of the upload is left."""
    ended = upload.removed_at
    if upload.status in {Status.ABORTED, Status.EXPIRED}:
        ended = upload.history[-1].at
    return None if ended is None else ended // 1000 + KEPT_SECONDS


def session_upload(item: Mapping[str, Any]) -> Upload:
    """The upload of `session_item`; attributes that nobody here knows are left alone."""
    values = {name: codec.read(item[name][codec.kind]) for name, codec in ATTRIBUTES.items() if name in item}
    return Upload(id=item["pk"]["S"].removeprefix("UPLOAD#"), **values)


def outbox_key(event: Event) -> Item:
    _, state_and_lease = event.id.split("#", 1)
    return {"pk": {"S": upload_pk(event.upload_id)}, "sk": {"S": f"EVENT#{state_and_lease}"}}


def outbox_item(event: Event) -> Item:
    return {
        **outbox_key(event),
        "type": {"S": event.type},
        "detail": {"S": to_json(event.detail)},
        "due_shard": {"S": _shard(unsent_shards(), event.upload_id)},
        "due_at": {"N": str(event.at)},
    }


def outbox_event(item: Mapping[str, Any]) -> Event:
    upload_id = item["pk"]["S"].removeprefix("UPLOAD#")
    event_id = f"{upload_id}#{item['sk']['S'].removeprefix('EVENT#')}"
    detail = json.loads(item["detail"]["S"])
    return Event(event_id, upload_id, item["type"]["S"], int(item["due_at"]["N"]), detail)
