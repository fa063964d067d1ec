"""What is wrong with the form of a request, in our words: Pydantic finds it, one table says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portway.errors import Fault

WORDS: Mapping[str, str] = {
    "missing": "{field} is missing. Add it.",
    "extra_forbidden": "{field} is not a field of this request. Check its spelling, or leave it out.",
    "string_type": "{field} must be a text in quotes.",
    "string_unicode": "{field} holds half of a surrogate pair. Send valid Unicode.",
    "not_unicode": "{field} holds half of a surrogate pair. Send valid Unicode.",
    "int_type": "{field} must be a whole number, without quotes.",
    "int_parsing": "{field} must be a whole number.",
    "int_parsing_size": "{field} has too many digits. Send a smaller number.",
    "greater_than_equal": "{field} must be at least {limit}.",
    "less_than_equal": "{field} must be at most {limit}.",
    "bool_type": "{field} must be true or false, without quotes.",
    "enum": "{field} must be {limit}.",
    "literal_error": "{field} must be {limit}.",
    "list_type": "{field} must be an array: [ … ].",
    "tuple_type": "{field} must be an array of two numbers: [first, last].",
    "too_long": "{field} must be an array of two numbers: [first, last].",
    "dict_type": "{field} must be an object: {{ … }}.",
    "model_type": "{field} must be one JSON object: {{ … }}.",
}
"""By the type of Pydantic's error, which is also the code of the fault; `limit` is what the value breaks."""
OTHERWISE = "{field} is not what it must be. Compare it with the OpenAPI document."
LIMITS = ("ge", "le", "expected", "max_length")
"""What Pydantic calls the limit that a value breaks."""
PLACES = ("body", "query", "header", "path", "[key]")
"""Steps of Pydantic's path that say where something was, not what it is called."""


def form_fault(error: Mapping[str, Any]) -> Fault:
    """One of Pydantic's errors: the field as a dotted path, its code, our words, limit and value."""
    field = ".".join(str(step) for step in error["loc"] if step not in PLACES) or "body"
    kind, context = error["type"], error.get("ctx", {})
    limit = next((context[name] for name in LIMITS if name in context), None)
    value = error.get("input") if kind != "missing" else None
    shown = value if isinstance(value, int | float | str | None) else str(value)[:100]
    return Fault(field, kind, WORDS.get(kind, OTHERWISE).format(field=field[:100], limit=limit), limit, shown)
