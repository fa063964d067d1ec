"""How much may be held, and by whom: an owner, and the tenant with all of its owners. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from portway.errors import QuotaExceeded


class Account(NamedTuple):
    """Where uploads are counted: with an owner, his own account; without, the one of the whole tenant."""

    tenant: str
    owner: str | None = None

    @property
    def scope(self) -> str:
        """`owner` or `tenant`, as refusals say it."""
        return "tenant" if self.owner is None else "owner"


@dataclass(frozen=True, slots=True)
class QuotaChange:
    """How a write moves the counters of each of the upload's accounts, in the same transaction."""

    size: int
    uploads: int


@dataclass(frozen=True, slots=True)
class Quota:
    """What one account may hold: bytes, and uploads that are not finished."""

    size: int
    uploads: int

    def has_room(self, held: Quota, more: QuotaChange) -> bool:
        """Whether `more` fits beside what is held. What is not asked for fits always, also above a lowered quota."""
        return self._has_uploads(held, more) and (more.size <= 0 or held.size + more.size <= self.size)

    def exceeded(self, account: Account, held: Quota, more: QuotaChange) -> QuotaExceeded:
        """Why `more` does not fit."""
        if not self._has_uploads(held, more):
            return QuotaExceeded(account.scope, "open_uploads", held.uploads, self.uploads, more.uploads)
        return QuotaExceeded(account.scope, "bytes", held.size, self.size, more.size)

    def _has_uploads(self, held: Quota, more: QuotaChange) -> bool:
        return more.uploads <= 0 or held.uploads + more.uploads <= self.uploads


NOTHING = Quota(0, 0)
"""What a new account holds."""


@dataclass(frozen=True, slots=True)
class Room:
    """What an upload has to fit into: both accounts have to have room."""

    owner: Quota
    tenant: Quota


@dataclass(frozen=True, slots=True)
class Quotas:
    """What everybody has, and the tenants that have something else."""

    usual: Room
    tenants: Mapping[str, Room] = field(default_factory=dict)

    def of(self, tenant: str) -> Room:
        return self.tenants.get(tenant, self.usual)
