"""Metadata of a declaration: typed, needed always or sometimes, and every fault named with its field."""

from __future__ import annotations

from typing import Any

import pytest

from portway.errors import Fault
from portway.metadata_rules import load, metadata_faults


def faults(field: dict[str, Any], metadata: dict[str, str], others: str = "allow") -> list[Fault]:
    """Of metadata under a rule for `task_id`; `kind` may be one of two."""
    kind = {"type": "choice", "about": "what it is", "choices": ["scan", "images"]}
    fields = {"task_id": {"about": "the number of the task", **field}, "kind": kind}
    return list(metadata_faults(load({"fields": fields, "others": others}), metadata))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ({"type": "text"}, "Grüße\n", None),
        ({"type": "text"}, "x" * 500, None),
        ({"type": "text"}, "x" * 501, "too_long"),
        ({"type": "text", "max_length": 3}, "four", "too_long"),
        ({"type": "text", "pattern": "[0-9]{8}"}, "12345678", None),
        ({"type": "text", "pattern": "[0-9]{8}"}, "1234567", "malformed"),
        ({"type": "text", "pattern": "[0-9]{8}"}, "12345678\n", "malformed"),
        ({"type": "text", "pattern": "[0-9]{8}"}, "x12345678", "malformed"),
        ({"type": "integer"}, "-42", None),
        ({"type": "integer"}, "4.0", "malformed"),
        ({"type": "integer"}, "٤", "malformed"),
        ({"type": "integer"}, "9" * 19, "malformed"),
        ({"type": "integer", "min": "1", "max": "9"}, "1", None),
        ({"type": "integer", "min": "1", "max": "9"}, "0", "too_small"),
        ({"type": "integer", "min": "1", "max": "9"}, "10", "too_large"),
        ({"type": "number", "max": "1.5"}, "1.50", None),
        ({"type": "number", "max": "1.5"}, "1.51", "too_large"),
        ({"type": "number"}, "1e9", "malformed"),
        ({"type": "number"}, "NaN", "malformed"),
        ({"type": "boolean"}, "true", None),
        ({"type": "boolean"}, "True", "malformed"),
        ({"type": "date", "min": "2026-01-01"}, "2026-02-28", None),
        ({"type": "date"}, "2026-02-29", "malformed"),
        ({"type": "date"}, "20260228", "malformed"),
        ({"type": "date", "min": "2026-01-01"}, "2025-12-31", "too_small"),
        ({"type": "choice", "choices": ["a", "b"]}, "b", None),
        ({"type": "choice", "choices": ["a", "b"]}, "c", "not_allowed"),
    ],
)
def test_a_value_is_what_its_type_says(field: dict[str, Any], value: str, code: str | None) -> None:
    """One spelling for each type, limits are inclusive, and a pattern is about the whole value."""
    found = faults(field, {"task_id": value})
    assert [fault.code for fault in found] == ([code] if code else [])
    assert all(fault.field == "metadata.task_id" and fault.message for fault in found)


@pytest.mark.parametrize(
    ("field", "metadata", "is_missing"),
    [
        ({}, {}, False),
        ({"required": True}, {}, True),
        ({"required": True}, {"task_id": ""}, True),
        ({"required": True}, {"task_id": "1"}, False),
        ({"required_if": {"field": "kind", "equals": ["images"]}}, {"kind": "images"}, True),
        ({"required_if": {"field": "kind", "equals": ["images"]}}, {"kind": "scan"}, False),
        ({"required_if": {"field": "kind", "equals": ["images"]}}, {}, False),
        ({"required_if": {"field": "kind", "equals": []}}, {"kind": "scan"}, True),
        ({"required_if": {"field": "kind", "equals": []}}, {}, False),
        ({"required_if": {"field": "kind", "equals": []}}, {"kind": ""}, False),
    ],
)
def test_what_is_needed_is_missed(field: dict[str, Any], metadata: dict[str, str], is_missing: bool) -> None:
    """Always, or only beside another field; an empty text is as good as none."""
    found = faults({"type": "text", **field}, metadata)
    assert [fault.code for fault in found] == ["missing"] * is_missing
    assert all("the number of the task" in fault.message for fault in found)


def test_other_fields_are_taken_unless_the_category_refuses_them() -> None:
    """Each is named, with those that are known."""
    assert faults({"type": "text"}, {"colour": "blue"}) == []
    found = faults({"type": "text"}, {"colour": "blue", "artist": "x"}, others="refuse")
    assert [(fault.field, fault.code) for fault in found] == [
        ("metadata.artist", "unexpected"),
        ("metadata.colour", "unexpected"),
    ]
    assert found[0].limit == ["kind", "task_id"]


def test_faults_of_all_fields_come_at_once() -> None:
    """In the order of the policy; a long value is not repeated whole."""
    found = faults({"type": "integer"}, {"task_id": "x" * 400, "kind": "film"})
    assert [(fault.field, fault.code) for fault in found] == [
        ("metadata.task_id", "malformed"),
        ("metadata.kind", "not_allowed"),
    ]
    assert found[0].value == "x" * 100
    assert found[1].limit == ["scan", "images"]
