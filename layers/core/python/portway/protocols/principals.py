"""From the claims that the gateway verified to a Principal. Nothing else in a request says who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portway.errors import Forbidden
from portway.model import Principal

MAX_QUOTED = 900
"""Percent-encoded: both are in one key of the table, which ends at 2,048 bytes."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Which claims name the tenant and the operators (template parameters)."""

    tenant: str = "tenant"
    operator: str = "roles"
    operator_value: str = "operator"

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """Forbidden when the token names no owner or no tenant that can be written down."""
        owner, tenant = str(claims.get("sub") or ""), str(claims.get(self.tenant) or "")
        for claim, value in (("sub", owner), (self.tenant, tenant)):
            if not 1 <= len(quote(value, safe="", errors="replace")) <= MAX_QUOTED or not _is_unicode(value):
                raise Forbidden(f"The token has no usable claim {claim!r}. Ask whoever issues your tokens to add it.")
        return Principal(tenant, owner, self.is_operator(claims))

    def is_operator(self, claims: Mapping[str, Any]) -> bool:
        return self.operator_value in words(claims.get(self.operator))


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def words(claim: Any) -> list[str]:
    """A claim with several values. An HTTP API hands arrays over as the text `[a b]`, and a scope list as `a b`."""
    if isinstance(claim, list):
        return [str(value) for value in claim]
    text = str(claim or "")
    return (text[1:-1] if text.startswith("[") and text.endswith("]") else text).split()
