"""How long finished files are kept, by policy: days from their end, or until somebody removes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portway.model import Status

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which a file is removed, None for never."""

    published_days: int | None
    quarantined_days: int | None

    def until(self, status: Status, ended_at: int) -> int | None:
        """When a file that ended so is removed; None where nothing says so."""
        days = {Status.PUBLISHED: self.published_days, Status.QUARANTINED: self.quarantined_days}.get(status)
        return None if days is None else ended_at + days * DAY_MS


def load(compiled: Mapping[str, Any]) -> Retention:
    """As `make policy` compiled it. KeyError, TypeError or ValueError when it is none."""
    published, quarantined = compiled["published_days"], compiled["quarantined_days"]
    return Retention(published and int(published), quarantined and int(quarantined))
