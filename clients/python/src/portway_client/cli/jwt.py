"""What a bearer token says of itself, for people to see. Nothing is verified: that is the backend's part."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Claims:
    """`is_readable`: it is a JWT. Otherwise nothing is known of it."""

    is_readable: bool = False
    named: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, token: str) -> Claims:
        parts = token.split(".")
        if len(parts) != 3:
            return cls()
        try:
            found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (ValueError, binascii.Error):
            return cls()
        return cls(True, found) if isinstance(found, dict) else cls()

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970."""
        found = self.named.get("exp")
        return float(found) if isinstance(found, int | float) else None

    def text(self, name: str) -> str:
        """A claim in words; several with commas; empty if it is not there."""
        found = self.named.get(name, "")
        return ", ".join(map(str, found)) if isinstance(found, list) else str(found)
