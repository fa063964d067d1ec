"""The form of policy.yaml as a JSON Schema: what may be written where. What it means is checked in dev/policy.py."""

from __future__ import annotations

import dataclasses
import re

from dev.policy_metadata import METADATA
from portway.content import TRAITS as TRICKS
from portway.content import Bounds, Response
from portway.name_rules import TRAITS, Ruling
from portway.results import RESULTS
from portway.scans import ScanRule

UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
SIZE = re.compile(r"(\d+) ?(B|KiB|MiB|GiB|TiB)")
WORDS = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "pattern": "^[^A-Z\\s]+$"}}
BYTES = {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": f"^{SIZE.pattern}$"}]}
NAMES = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        rule.value: {"enum": [each.value for each in Ruling if trait.is_cleanable or each is not Ruling.CLEAN]}
        for rule, trait in TRAITS.items()
    },
}
CONTENT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        trick.value: {"enum": [each.value for each in Response if trait.is_strippable or each is not Response.STRIP]}
        for trick, trait in TRICKS.items()
    },
}
BOUNDS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {field.name: BYTES for field in dataclasses.fields(Bounds)},
}
PUBLISH = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "cache_control": {"type": "string", "pattern": "^[a-z-]+(=[0-9]+)?(, [a-z-]+(=[0-9]+)?)*$", "maxLength": 200},
        "keep_incoming_hours": {"type": "integer", "minimum": 1, "maximum": 8760},
    },
}
DAYS = {"oneOf": [{"type": "integer", "minimum": 1, "maximum": 36_500}, {"const": "forever"}]}
RETENTION = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {"published_days": DAYS, "quarantined_days": DAYS},
}
NAMED = {"pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}
PROFILE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["about"],
    "minProperties": 2,
    "properties": {
        "about": {"type": "string", "minLength": 1},
        "metadata": METADATA,
        "content": CONTENT,
        "retention": RETENTION,
        "unproven": {"enum": ["flag", "review", "reject"]},
    },
}
CHECK = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,30}$"},
        "lambda": {"type": "string", "pattern": "^[A-Za-z0-9:_-]{1,170}$"},
        "url": {"type": "string", "pattern": r"^https://[^\s@#]+$|^http://(127\.0\.0\.1|localhost)(:\d+)?/[^\s@#]*$"},
        "deadline_seconds": {"type": "integer", "minimum": 1, "maximum": 60},
        "on_error": {"enum": ["review", "reject"]},
    },
}
MOST_CHECKS = 3
"""Of a category: all that they say has to fit into one event."""
CATEGORY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["about", "min_size", "max_size", "content_types", "extensions", "on_mismatch", "scan"],
    "properties": {
        "about": {"type": "string", "minLength": 1},
        "min_size": BYTES,
        "max_size": BYTES,
        "content_types": WORDS,
        "extensions": WORDS,
        "on_mismatch": {"enum": ["note", "warning", "reject"]},
        "scan": {"enum": list(ScanRule)},
        "names": NAMES,
        "content": CONTENT,
        "bounds": BOUNDS,
        "results": {"type": "array", "uniqueItems": True, "items": {"enum": [*RESULTS]}},
        "metadata": METADATA,
        "publish": PUBLISH,
        "retention": RETENTION,
        "profiles": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        "checks": {"type": "array", "items": CHECK, "maxItems": MOST_CHECKS},
    },
}
QUOTA = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {"bytes": BYTES, "open_uploads": {"type": "integer", "minimum": 0}},
}
WHOLE_QUOTA = {**QUOTA, "required": ["bytes", "open_uploads"]}
ROOM = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {"owner": QUOTA, "tenant": QUOTA},
}
QUOTAS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["owner", "tenant"],
    "properties": {
        "owner": WHOLE_QUOTA,
        "tenant": WHOLE_QUOTA,
        "tenants": {
            "type": "object",
            "propertyNames": {"type": "string", "minLength": 1},
            "additionalProperties": ROOM,
        },
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["default_category", "categories", "quotas"],
    "properties": {
        "default_category": {"type": "string"},
        "categories": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": NAMED,
            "additionalProperties": CATEGORY,
        },
        "profiles": {"type": "object", "propertyNames": NAMED, "additionalProperties": PROFILE},
        "quotas": QUOTAS,
    },
}
