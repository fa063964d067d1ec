"""Faults in the form of a request are told in our words: which field, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_origin, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from portway.protocols.native import ROUTES, Native
from portway.protocols.native_wire import CreateUpload
from portway.protocols.native_words import WORDS, form_fault
from tests.protocols.service import Service
from tests.protocols.steps import FILE, created

ERRORS = {
    "str": {"string_type"},
    "bool": {"bool_type"},
    "enum": {"enum"},
    "literal": {"literal_error"},
    "list": {"list_type"},
    "tuple": {"tuple_type", "too_long", "missing"},
    "dict": {"dict_type"},
    "model": {"model_type", "extra_forbidden", "missing"},
}
NO_ERRORS = {"definitions", "definition-ref", "model-fields", "model-field", "default", "nullable", "no-info"}
"""Kind of node in a schema of Pydantic: the errors that it can give. What is not here fails the test."""
LAX_INT = {"int_type", "int_parsing", "int_parsing_size", "string_unicode"}
BOUNDS = {"ge": "greater_than_equal", "le": "less_than_equal"}
PLAIN = {"type", "strict", "metadata", "ref", "serialization"}


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        for name, value in schema.items():
            if name not in ("metadata", "serialization"):
                yield from _nodes(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _nodes(value)


def _errors(node: dict[str, Any]) -> set[str]:
    """What one node can complain about; KeyError for a kind or a bound that nobody looked at."""
    if node["type"] == "function-after":
        return {{"_unicode": "not_unicode"}[node["function"]["function"].__name__]}
    if node["type"] == "int":
        kinds = {"int_type"} if node.get("strict") else LAX_INT
        return kinds | {BOUNDS[name] for name in node.keys() - PLAIN}
    return ERRORS[node["type"]] if node["type"] not in NO_ERRORS else set()


def _asked() -> Iterator[Any]:
    """Everything that routes take from a request."""
    for _, _, operation, *_ in ROUTES:
        hints = get_type_hints(getattr(Native, operation), include_extras=True)
        yield from (hint for hint in hints.values() if get_origin(hint) is Annotated)


def test_there_are_words_for_whatever_can_be_wrong() -> None:
    """Every error that a body or a parameter of any route can give has a sentence of ours, and none is left over."""
    adapters = [TypeAdapter(hint) for hint in _asked()]
    for each in adapters:
        each.rebuild(force=True)  # documents are compiled when they are first used
    schemas = [each.core_schema for each in adapters]
    assert len(schemas) > 10
    assert {error for schema in schemas for node in _nodes(schema) for error in _errors(node)} == WORDS.keys()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": 5}, "name must be a text in quotes."),
        ({"size": "many"}, "size must be a whole number, without quotes."),
        ({"content_type": "\ud800"}, "content_type holds half of a surrogate pair. Send valid Unicode."),
        ({"auto_complete": "yes"}, "auto_complete must be true or false, without quotes."),
        ({"metadata": []}, "metadata must be an object: { … }."),
        ({"checksum_algorithm": "md5"}, "checksum_algorithm must be 'crc64nvme', 'crc32c' or 'crc32'."),
        ({"part_checksums": {"x": ""}}, "part_checksums.x must be a whole number."),
        ({"part_checksums": {"0": ""}}, "part_checksums.0 must be at least 1."),
        ({"part_checksums": {"10001": ""}}, "part_checksums.10001 must be at most 10000."),
        ({"colour": "blue"}, "colour is not a field of this request. Check its spelling, or leave it out."),
    ],
)
def test_words_say_what_to_do(changes: dict[str, Any], words: str) -> None:
    """Each sentence names the field and what it must be, without a word of the library behind it."""
    with pytest.raises(ValidationError) as found:
        CreateUpload.model_validate({**FILE, **changes})
    assert [form_fault(error).message for error in found.value.errors()] == [words]


def test_a_missing_field_is_asked_for(api: Service) -> None:
    """Also in a tuple; and a request without its body is told so."""
    upload = created(api)
    for body, field in ({}, "stored"), ({"stored": [[1]]}, "stored.0.1"), (None, "body"):
        problem = api.call("POST", f"/v1/uploads/{upload['id']}/progress", body).document
        assert [(fault["field"], fault["message"]) for fault in problem["errors"]] == [
            (field, f"{field} is missing. Add it.")
        ]


def test_something_new_is_told_in_general() -> None:
    """An error that has no words yet does not show the library's."""
    fault = form_fault({"loc": ("body", "size"), "type": "new_in_pydantic", "msg": "Input should be blue", "input": 1})
    assert fault.message == "size is not what it must be. Compare it with the OpenAPI document."
