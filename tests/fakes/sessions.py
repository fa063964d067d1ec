"""The table in memory: the same conditions and transactions as on DynamoDB, nothing of its encoding."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from portway.consequences import Event, accounts, announcement, quota_change, risk_change
from portway.errors import Conflict, Exists, Fault, Refused, Unavailable
from portway.model import COMPARED, FENCE, ManifestRef, Part, Principal, Status, Upload, Word
from portway.ports import UploadPage
from portway.quotas import NOTHING, Account, Quota, QuotaChange, Room


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outbox record."""

    event: Event
    is_sent: bool = False


class FakeSessions:
    """A portway.ports.SessionStore. A copy is cheap and shares nothing that changes."""

    def __init__(self) -> None:
        self.uploads: dict[str, Upload] = {}
        self.counters: dict[Account, Quota] = {}
        self.outbox: dict[str, Delivery] = {}
        self.manifests: dict[tuple[str, ManifestRef], tuple[Part, ...]] = {}
        self.risks = Counter[tuple[Principal, int]]()
        """Points by owner and UTC day; a FakeRates that slows owners down looks at the same."""
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copy = type(self)()
        copy.risks = deepcopy(self.risks, memo)
        copy.uploads, copy.counters = dict(self.uploads), dict(self.counters)
        copy.outbox, copy.manifests = dict(self.outbox), dict(self.manifests)
        return copy

    def add(self, upload: Upload, room: Room) -> None:
        more = QuotaChange(upload.size, 1)
        _demand(upload, more, room, {})  # what can never fit is refused without looking
        with self._lock:
            if upload.id in self.uploads:
                raise Exists(self.uploads[upload.id])
            _demand(upload, more, room, self.counters)
            self.uploads[upload.id] = upload
            self._count(upload, more)
            self._owe(announcement(None, upload))

    def get(self, upload_id: str) -> Upload | None:
        return self.uploads.get(upload_id)

    def save(self, before: Upload, after: Upload, room: Room | None = None) -> Upload:
        return self._save(before, after, announcement(before, after), room)

    def save_told(self, before: Upload, after: Upload) -> Upload:
        return self._save(before, after, None)

    def _save(self, before: Upload, after: Upload, owed: Event | None, room: Room | None = None) -> Upload:
        with self._lock:
            current = self.uploads.get(before.id)
            changes = _changes(before, after)
            if current is None or not _is_as_read(current, before, changes):
                if current is not None and changes and _is_applied(current, after, changes):
                    return current
                raise Conflict(current)
            change = quota_change(before, after)
            if change and room:
                _demand(after, change, room, self.counters)
            self.uploads[before.id] = replace(current, **changes)
            self._count(after, change or QuotaChange(0, 0))
            if earned := risk_change(before, after):
                self.risks[after.principal, earned.day] += earned.points
            self._owe(owed)
            return after if change or owed else self.uploads[before.id]

    def put_manifest(self, upload_id: str, parts: Sequence[Part]) -> ManifestRef:
        kept = tuple(replace(part, stored_at=None) for part in parts)
        manifest = ManifestRef(hashlib.sha256(repr(kept).encode()).hexdigest(), len(kept))
        self.manifests[upload_id, manifest] = kept
        return manifest

    def get_manifest(self, upload_id: str, manifest: ManifestRef) -> tuple[Part, ...]:
        if (upload_id, manifest) not in self.manifests:
            raise Unavailable(f"{upload_id}: manifest {manifest.sha256} is not complete in the table")
        return self.manifests[upload_id, manifest]

    def list_owned(self, principal: Principal, word: Word | None, cursor: str | None, limit: int) -> UploadPage:
        owner = (principal.tenant, principal.owner)
        owned = [u for u in list(self.uploads.values()) if (u.tenant, u.owner) == owner]
        return self._page(owned, None, word, cursor, limit)

    def list_all(self, tenant: str | None, word: Word | None, cursor: str | None, limit: int) -> UploadPage:
        return self._page(list(self.uploads.values()), tenant, word, cursor, limit)

    def list_kept(self, tenant: str | None, cursor: str | None, limit: int) -> UploadPage:
        kept = [u for u in list(self.uploads.values()) if u.status is Status.QUARANTINED and u.removed_at is None]
        return self._page(kept, tenant, None, cursor, limit)

    def _page(
        self, uploads: Sequence[Upload], tenant: str | None, word: Word | None, cursor: str | None, limit: int
    ) -> UploadPage:
        position = _position(cursor) if cursor else (1 << 63, "")
        rest = sorted(((u.created_at, u.id) for u in uploads if (u.created_at, u.id) < position), reverse=True)
        page = [self.uploads[upload_id] for _, upload_id in rest[:limit]]
        more = _cursor(rest[limit - 1]) if len(rest) >= limit else None
        return UploadPage(tuple(u for u in page if tenant in (None, u.tenant) and word in (None, u.word)), more)

    def overdue(self, now: int, limit: int) -> tuple[str, ...]:
        due = ((u.due_at, u.id) for u in list(self.uploads.values()) if u.due_at is not None and u.due_at <= now)
        return tuple(upload_id for _, upload_id in sorted(due)[:limit])

    def unsent(self, before: int, limit: int) -> tuple[Event, ...]:
        waiting = (d.event for d in list(self.outbox.values()) if not d.is_sent and d.event.at < before)
        return tuple(sorted(waiting, key=lambda event: (event.at, event.id))[:limit])

    def sent(self, event: Event) -> None:
        if event.id in self.outbox:
            self.outbox[event.id] = Delivery(event, is_sent=True)

    def _owe(self, event: Event | None) -> None:
        if event:
            self.outbox[event.id] = Delivery(event)

    def _count(self, upload: Upload, change: QuotaChange) -> None:
        for account in accounts(upload):
            held = self.counters.get(account, NOTHING)
            self.counters[account] = Quota(held.size + change.size, held.uploads + change.uploads)


def _demand(upload: Upload, more: QuotaChange, room: Room, counters: Mapping[Account, Quota]) -> None:
    for account, quota in zip(accounts(upload), (room.owner, room.tenant), strict=True):
        held = counters.get(account, NOTHING)
        if not quota.has_room(held, more):
            raise quota.exceeded(account, held, more)


def _changes(before: Upload, after: Upload) -> dict[str, Any]:
    values = ((f.name, getattr(before, f.name), getattr(after, f.name)) for f in fields(Upload))
    return {name: new for name, old, new in values if old != new}


def _is_as_read(current: Upload, before: Upload, changes: dict[str, Any]) -> bool:
    fence = [*FENCE, *(name for name in COMPARED if name in changes)]
    return all(getattr(current, name) == getattr(before, name) for name in fence)


def _is_applied(current: Upload, after: Upload, changes: dict[str, Any]) -> bool:
    return all(getattr(current, name) == getattr(after, name) for name in (*changes, *FENCE))


def _cursor(position: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(f"{position[0]}#{position[1]}".encode()).decode()


def _position(cursor: str) -> tuple[int, str]:
    try:
        created_at, upload_id = base64.b64decode(cursor, b"-_", validate=True).decode().split("#")
        return int(created_at), upload_id
    except ValueError:
        message = "The cursor is not one of ours. Start again without it."
        raise Refused([Fault("cursor", "bad_cursor", message)]) from None
