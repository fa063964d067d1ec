"""What the front is told when it starts: one JSON file, written by the supervisor."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dev.private import write_private
from dev.provision.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`site` is what .portway/dev.json says; `logs` the folder of all logs; the default of the categories is first."""

    plan: Plan
    site: dict[str, Any]
    issuer: str
    jwks: dict[str, Any]
    logs: str
    region: str
    ahead: str
    """The file of dev.clock."""
    sweep_seconds: float
    retry_seconds: int
    categories: list[str]
    compute: str = "inprocess"
    """A row of dev.front.app.COMPUTE."""
    policy: str = ""
    """The compiled policy, for functions that look for it at /opt."""

    def save(self, path: Path) -> None:
        """For this user only: the file holds tokens and keys."""
        write_private(path, json.dumps({**asdict(self), "plan": self.plan.as_json()}))

    @classmethod
    def load(cls, path: Path) -> Front:
        raw = json.loads(path.read_text("utf-8"))
        return cls(**{**raw, "plan": Plan.of(raw["plan"])})
