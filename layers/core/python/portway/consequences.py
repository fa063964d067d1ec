"""What a move entails, derived from the record before and after it: the quota given back and the event that is owed.

Stores write both in the transaction of the move, so that neither can be forgotten or done twice. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portway.model import RETAINED, Status, Upload
from portway.quotas import Account, QuotaChange

EVENT_TYPES: Mapping[Status, str] = {
    Status.PUBLISHED: "file.published",
    Status.QUARANTINED: "file.quarantined",
    Status.ABORTED: "upload.failed",
    Status.EXPIRED: "upload.expired",
}


def accounts(upload: Upload) -> tuple[Account, Account]:
    """Where an upload is counted, at its creation and whenever something is given back: its owner's, its tenant's."""
    return Account(upload.tenant, upload.owner), Account(upload.tenant)


def quota_change(before: Upload, after: Upload) -> QuotaChange | None:
    """What a write gives back to both accounts, or takes. A retained file keeps its bytes counted until it is removed,
    so that another inspection takes an open upload only.
    """
    if after.removed_at and not before.removed_at:
        return QuotaChange(-after.size, 0)
    if after.is_terminal and not before.is_terminal:
        return QuotaChange(0 if after.status in RETAINED else -after.size, -1)
    if before.is_terminal and not after.is_terminal:
        return QuotaChange(0, 1)
    return None


@dataclass(frozen=True, slots=True)
class Event:
    """An outbox record. `id` is `upload#state#lease`, so that a consumer can drop repeats; `detail` is plain JSON."""

    id: str
    upload_id: str
    type: str
    at: int
    detail: Mapping[str, Any]


def announcement(before: Upload, after: Upload) -> Event | None:
    """The event that a terminal move owes the world; it is stored with the move and sent afterwards."""
    if not after.is_terminal or before.is_terminal:
        return None
    at = after.history[-1].at
    published = after.published
    detail: dict[str, Any] = {
        "schema": 1,
        "id": after.id,
        "tenant": after.tenant,
        "owner": after.owner,
        "status": after.word.value,
        "reason": after.reason.value if after.reason else None,
        "name": after.name,
        "size": after.size,
        "category": after.category,
        "metadata": dict(after.metadata),
        "at_ms": at,
        "file": published
        and {
            "bucket": published.bucket,
            "key": published.key,
            "version_id": published.version_id,
            "content_type": published.content_type,
            "checksum_algorithm": after.checksum_algorithm.value,
            "checksum": after.stored.checksum if after.stored else None,
        },
    }
    return Event(f"{after.id}#{after.status}#{after.lease}", after.id, EVENT_TYPES[after.status], at, detail)
