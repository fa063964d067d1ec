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
class Quota:
    """What one account may hold: bytes, and uploads that are not finished."""

    size: int
    uploads: int

    def has_room(self, held: Quota, size: int) -> bool:
        """Whether one more upload of `size` bytes fits beside what is held."""
        return held.uploads < self.uploads and held.size + size <= self.size

    def exceeded(self, account: Account, held: Quota, size: int) -> QuotaExceeded:
        """Why one more upload of `size` bytes does not fit."""
        if held.uploads >= self.uploads:
            return QuotaExceeded(account.scope, "open_uploads", held.uploads, self.uploads, 1)
        return QuotaExceeded(account.scope, "bytes", held.size, self.size, size)


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
