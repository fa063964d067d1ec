"""A plan in force, and what came while it was."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

from dev.faulty.plan import Kind, Plan
from dev.faulty.wire import Head

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Spell:
    """The fronts of a network that were given a plan together share one: what comes at any of them counts."""

    plan: Plan
    requests: int = 0
    """Of clients, those that were broken too."""
    bodies: int = 0
    """For S3, that were answered."""
    _seen: Counter[str] = field(default_factory=Counter)

    @property
    def is_down(self) -> bool:
        return self.plan.down_after is not None and self.bodies >= self.plan.down_after

    def fate(self, head: Head) -> Kind | None:
        """What happens to a request. Those that tools sign with keys are left in peace, and preflights, which look
        the same to a page as what follows them."""
        if head.is_of_a_tool or head.is_a_preflight:
            return None
        asked, self.requests = head.asked, self.requests + 1
        before = self._seen[asked]
        self._seen[asked] += 1
        script = self.plan.script
        kind = script[self.requests - 1] if self.requests <= len(script) else self.plan.drawn(asked, before)
        if kind:
            log.warning("%s %s", kind, asked)
        return kind

    def answered(self, head: Head) -> bool:
        """Count it; whether the network goes down by that."""
        self.bodies += head.is_a_body_for_s3
        return head.is_a_body_for_s3 and self.is_down
