"""A team's own check: an invoice says in its metadata which order it belongs to, and is no longer than twenty pages."""

from __future__ import annotations

import re
from typing import Any

ORDER = re.compile(r"[0-9]{8}")
MOST_PAGES = 20


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """What Portway asks, what it wants to hear: docs/checks.md. An exception keeps the file back, too."""
    return {"findings": [*_order(event["metadata"]), *_length(event["facts"])]}


def _order(metadata: dict[str, str]) -> list[dict[str, str]]:
    if ORDER.fullmatch(metadata.get("order", "")):
        return []
    words = "The metadata field order must be the number of an order, eight digits. Upload the invoice again with it."
    return [{"code": "no_order", "severity": "reject", "words": words}]


def _length(facts: dict[str, Any]) -> list[dict[str, str]]:
    pages = facts.get("pages", 0)
    if pages <= MOST_PAGES:
        return []
    return [{"code": "long", "severity": "review", "words": f"The invoice has {pages} pages; somebody looks at it."}]
