"""The policy of the small world: sizes of a few bytes, three categories, what tests of the use cases ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portway.content import TRAITS
from portway.name_rules import NameRule

CONTENT_RULES = {trick: trait.usual for trick, trait in TRAITS.items()}
FREE = {"fields": {}, "others": "allow"}
FOREVER = {"published_days": None, "quarantined_days": None}
ANYTHING: Mapping[str, Any] = {
    "min_size": 0,
    "max_size": 640,
    "content_types": ["*/*"],
    "extensions": ["*"],
    "on_mismatch": "warning",
    "names": dict.fromkeys(NameRule, "allow"),
    "content": CONTENT_RULES,
    "bounds": {},
    "metadata": FREE,
    "retention": FOREVER,
    "profiles": {},
    "checks": [],
    "scan": "configured",
    "publish": {"cache_control": "private, max-age=60", "keep_incoming_hours": 1},
    "results": ["facts", "gzip"],
}
POLICY: Mapping[str, Any] = {
    "default_category": "anything",
    "categories": {
        "anything": ANYTHING,
        "passing": {**ANYTHING, "retention": {"published_days": 1, "quarantined_days": 2}},
        "pictures": {
            "min_size": 2,
            "max_size": 20,
            "content_types": ["image/*"],
            "extensions": ["png", "jp*g"],
            "on_mismatch": "reject",
            "names": dict.fromkeys(NameRule, "refuse") | {"hidden": "clean", "special_character": "clean"},
            "content": CONTENT_RULES,
            "bounds": {"side": 100, "pixels": 5_000},
            "metadata": FREE,
            "retention": FOREVER,
            "profiles": {},
            "checks": [],
            "scan": "required",
            "publish": {"cache_control": "no-store", "keep_incoming_hours": 48},
            "results": [],
        },
    },
    "quotas": {
        "owner": {"bytes": 100, "open_uploads": 3},
        "tenant": {"bytes": 1000, "open_uploads": 30},
        "tenants": {},
    },
}
