"""What a policy may ask of metadata: the form of its rules, and what is wrong with rules of the right form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from re import _constants as op
from re import _parser
from typing import Any

from portway.metadata_rules import FORMS, MAX_LENGTH, Kind

MAX_WAYS = 1_000_000
"""Ways in which a pattern may be tried on one text: far below a second (tests/unit/test_policy_metadata.py)."""
TEXT = {"type": "string", "minLength": 1}
FIELD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "about"],
    "properties": {
        "type": {"enum": [kind.value for kind in Kind]},
        "about": TEXT,
        "required": {"type": "boolean"},
        "required_if": {
            "type": "object",
            "additionalProperties": False,
            "required": ["field"],
            "minProperties": 2,
            "maxProperties": 2,
            "properties": {
                "field": TEXT,
                "equals": {"oneOf": [TEXT, {"type": "array", "minItems": 1, "uniqueItems": True, "items": TEXT}]},
                "present": {"const": True},
            },
        },
        "pattern": TEXT,
        "choices": {"type": "array", "minItems": 1, "uniqueItems": True, "items": TEXT},
        "min": {"type": ["integer", "number", "string"]},
        "max": {"type": ["integer", "number", "string"]},
        "max_length": {"type": "integer", "minimum": 1, "maximum": 2048},
    },
}
METADATA = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "fields": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z0-9_.-]{1,64}$"},
            "additionalProperties": FIELD,
        },
        "others": {"enum": ["allow", "refuse"]},
    },
}
ONLY_FOR = {
    "pattern": {Kind.TEXT},
    "max_length": {Kind.TEXT},
    "choices": {Kind.CHOICE},
    "min": {kind for kind, form in FORMS.items() if form.is_ordered},
    "max": {kind for kind, form in FORMS.items() if form.is_ordered},
}
"""Rules that only make sense for fields of these types."""


def complete(written: Mapping[str, Any]) -> dict[str, Any]:
    """The rules with nothing left out: ends of ranges as texts, values of a condition as a list."""
    fields = {name: _complete(rule) for name, rule in written.get("fields", {}).items()}
    return {"fields": fields, "others": written.get("others", "allow")}


def _complete(rule: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**rule, "about": " ".join(rule["about"].split()).rstrip(".")}
    whole |= {end: str(rule[end]) for end in ("min", "max") if end in rule}
    if "required_if" in rule:
        equals = rule["required_if"].get("equals", [])
        values = [equals] if isinstance(equals, str) else equals
        whole["required_if"] = {"field": rule["required_if"]["field"], "equals": values}
    return whole


def mistakes(place: str, rules: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with completed rules, each with its place in the document."""
    for name, rule in rules["fields"].items():
        for mistake in (*_of_rule(rule), *_of_condition(rule, name, rules["fields"])):
            yield f"{place}.metadata.fields.{name}: {mistake}"


def _of_rule(rule: Mapping[str, Any]) -> Iterator[str]:
    kind = Kind(rule["type"])
    yield from (
        f"{which} is only for {', '.join(sorted(kinds))}"
        for which, kinds in ONLY_FOR.items()
        if which in rule and kind not in kinds
    )
    if kind is Kind.CHOICE and "choices" not in rule:
        yield "choices are missing"
    if rule.get("required") and "required_if" in rule:
        yield "required and required_if exclude each other"
    if "pattern" in rule:
        yield from _of_pattern(rule["pattern"], rule.get("max_length", MAX_LENGTH))
    if FORMS[kind].is_ordered:
        yield from _of_range(kind, rule)


def _of_range(kind: Kind, rule: Mapping[str, Any]) -> Iterator[str]:
    form, ends = FORMS[kind], {end: rule[end] for end in ("min", "max") if end in rule}
    read = {end: form.read(text) if form.pattern.fullmatch(text) else None for end, text in ends.items()}
    yield from (f"{end} {ends[end]!r} is not {form.words}" for end, value in read.items() if value is None)
    least, most = read.get("min"), read.get("max")
    if least is not None and most is not None and least > most:
        yield f"min {ends['min']} is over max {ends['max']}"


def _of_condition(rule: Mapping[str, Any], name: str, fields: Mapping[str, Any]) -> Iterator[str]:
    if "required_if" not in rule:
        return
    other, values = rule["required_if"]["field"], rule["required_if"]["equals"]
    if other == name or other not in fields:
        yield f"required_if names {other!r}, which is no other field here"
        return
    strange = sorted(set(values) - set(fields[other].get("choices", values)))
    if strange:
        yield f"required_if waits for {', '.join(strange)}, which {other} cannot be"


def _of_pattern(pattern: str, max_length: int) -> Iterator[str]:
    try:
        ways = _ways(_parser.parse(pattern), max_length)
    except (re.error, OverflowError, RecursionError) as error:
        yield f"pattern is none: {error}"
    except KeyError as error:
        yield f"pattern uses {error.args[0]}, which no limit of time can be given for: write it without"
    else:
        if ways > MAX_WAYS:
            yield (
                f"pattern may take long on {max_length} characters: repeat no group that has choices or repeats "
                "in it, repeat less often, or lower max_length"
            )


def _ways(parsed: Iterable[tuple[Any, Any]], length: int) -> int:
    """An upper bound for the ways in which a pattern can be tried on a text: what backtracking could cost.

    Each repeat may end anywhere, choices add up, what follows each other multiplies. KeyError for what looks around.
    """
    ways = 1
    for kind, argument in parsed:
        ways *= _ways_of(kind, argument, length)
        if ways > MAX_WAYS:
            return ways  # no need for numbers with thousands of digits
    return ways


def _ways_of(kind: Any, argument: Any, length: int) -> int:
    if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN, op.AT):
        return 1
    if kind is op.SUBPATTERN:
        return _ways(argument[-1], length)
    if kind is op.BRANCH:
        return sum(_ways(each, length) for each in argument[1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, body = argument
        most = min(int(most), length)
        inner = _ways(body, length)
        return int(max(1, most - int(least) + 1) * inner ** min(most, 64))
    raise KeyError(str(kind).lower())
