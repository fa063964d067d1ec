"""Types for consumers are made from the schemas of the events, and say nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from dev import events

SCHEMA: dict[str, Any] = {
    "description": "Something happened.",
    "required": ["id", "schema", "state", "note", "data", "place"],
    "properties": {
        "id": {"type": "string", "description": "Its name."},
        "schema": {"const": 2},
        "state": {"enum": ["on", None]},
        "note": {"type": ["string", "null"]},
        "data": {"type": "object", "additionalProperties": {"type": "integer"}},
        "place": {
            "title": "Place",
            "type": ["object", "null"],
            "required": ["x"],
            "properties": {"x": {"type": "number"}},
        },
    },
}


def test_a_schema_becomes_a_class_with_its_words() -> None:
    """Constants and choices are literals, what may be missing is None, an object with properties has its own class."""
    place, thing = events.classes("ThingV2", SCHEMA)
    assert place == ("Place", "class Place(TypedDict):\n    x: float\n")
    assert thing[1].splitlines() == [
        "class ThingV2(TypedDict):",
        '    """Something happened."""',
        "",
        "    id: str",
        '    """Its name."""',
        "    schema: Literal[2]",
        "    state: Literal['on', None]",
        "    note: str | None",
        "    data: dict[str, int]",
        "    place: Place | None",
    ]


def test_a_field_that_may_be_missing_is_refused() -> None:
    """A consumer would have to ask whether it is there; the type could not tell him so."""
    with pytest.raises(ValueError, match="could not rely on"):
        list(events.classes("ThingV2", {**SCHEMA, "required": ["id"]}))


def test_long_words_are_wrapped() -> None:
    """No line of the module is wider than the house allows."""
    assert max(map(len, events.words("word " * 60).splitlines())) <= 120
    assert events.class_name("file.published", 1) == "FilePublishedV1"


def test_the_types_are_those_of_the_schemas() -> None:
    """What the consumer imports is what would be made now."""
    assert events.PAGE.read_text("utf-8") == events.text()
