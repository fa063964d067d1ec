"""What a category asks of the metadata of a file: fields with a type, a pattern, a range, needed always or sometimes.

Metadata are texts by name on the wire. A number, a date or a yes is such a text too, in one spelling; an empty text is
as good as none. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portway.errors import Fault

MAX_LENGTH = 500
"""Characters of a text whose rule names no other limit: what a pattern is tried on has an end."""


class Kind(StrEnum):
    """What the text of a field stands for."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind is written, and what may be compared of it; `read` is for texts of this form only."""

    pattern: re.Pattern[str]
    words: str
    read: Callable[[str], Any] = str
    is_ordered: bool = False


def _date(text: str) -> date | None:
    """None for a day that no calendar has."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


ANY = re.compile(r"(?s:.*)")
FORMS: Mapping[Kind, Form] = {
    Kind.TEXT: Form(ANY, "a text"),
    Kind.CHOICE: Form(ANY, "one of the choices"),
    Kind.INTEGER: Form(re.compile(r"-?[0-9]{1,18}"), "a whole number such as 42", int, True),
    Kind.NUMBER: Form(re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?"), "a number such as 1.5", Decimal, True),
    Kind.BOOLEAN: Form(re.compile(r"true|false"), "true or false"),
    Kind.DATE: Form(re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a day such as 2026-12-31", _date, True),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Another field that is there, with one of these values; with any, where none is named."""

    field: str
    equals: tuple[str, ...] = ()

    def holds(self, metadata: Mapping[str, str]) -> bool:
        value = metadata.get(self.field, "")
        return value in self.equals if self.equals else bool(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """`about` is what the field is for, in words that go into the answer. `least` and `most` are as `FORMS` reads."""

    kind: Kind
    about: str
    is_required: bool = False
    required_if: Condition | None = None
    pattern: re.Pattern[str] | None = None
    choices: tuple[str, ...] = ()
    least: Any = None
    most: Any = None
    max_length: int = MAX_LENGTH

    def is_needed(self, metadata: Mapping[str, str]) -> bool:
        return self.is_required or bool(self.required_if and self.required_if.holds(metadata))


@dataclass(frozen=True, slots=True)
class MetadataRules:
    """The fields by name, and whether there may be others."""

    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    takes_others: bool = True


def load(compiled: Mapping[str, Any]) -> MetadataRules:
    """The rules as `make policy` compiled them. KeyError, TypeError or ValueError when they are none."""
    fields = {name: _rule(written) for name, written in compiled["fields"].items()}
    return MetadataRules(fields, {"allow": True, "refuse": False}[compiled["others"]])


def _rule(written: Mapping[str, Any]) -> FieldRule:
    kind, condition, pattern = Kind(written["type"]), written.get("required_if"), written.get("pattern")
    read = FORMS[kind].read
    return FieldRule(
        kind=kind,
        about=written["about"],
        is_required=written.get("required", False),
        required_if=Condition(condition["field"], tuple(condition["equals"])) if condition else None,
        pattern=None if pattern is None else re.compile(pattern),
        choices=tuple(written.get("choices", ())),
        least=None if "min" not in written else read(written["min"]),
        most=None if "max" not in written else read(written["max"]),
        max_length=written.get("max_length", MAX_LENGTH),
    )


def metadata_faults(rules: MetadataRules, metadata: Mapping[str, str]) -> Iterator[Fault]:
    """Everything that these rules forbid: what is missing, what is not as it must be, what nobody asked for."""
    for name, rule in rules.fields.items():
        value = metadata.get(name, "")
        if value:
            yield from _value_faults(f"metadata.{name}", rule, value)
        elif rule.is_needed(metadata):
            yield Fault(f"metadata.{name}", "missing", f"metadata.{name} is missing: {rule.about}. Add it.")
    others = [] if rules.takes_others else sorted(metadata.keys() - rules.fields.keys())
    known = sorted(rules.fields)
    for name in others:
        words = f"This category takes no metadata but {', '.join(known)}. Leave it out."
        yield Fault(f"metadata.{name[:100]}", "unexpected", words, known)


def _value_faults(place: str, rule: FieldRule, value: str) -> Iterator[Fault]:
    """At most one: what is no number is not too small as well."""
    form, shown = FORMS[rule.kind], value[:100]
    if len(value) > rule.max_length:
        words = f"{place} has {len(value)} characters; at most {rule.max_length} are taken."
        yield Fault(place, "too_long", words, rule.max_length, len(value))
        return
    read = form.read(value) if form.pattern.fullmatch(value) else None
    if read is None or (rule.pattern and not rule.pattern.fullmatch(value)):
        what = form.words if rule.pattern is None else "of another form"
        limit = rule.pattern.pattern if rule.pattern else None
        yield Fault(place, "malformed", f"{place} must be {what}: {rule.about}.", limit, shown)
    elif rule.choices and value not in rule.choices:
        words = f"{place} must be one of {', '.join(rule.choices)}: {rule.about}."
        yield Fault(place, "not_allowed", words, list(rule.choices), shown)
    elif rule.least is not None and read < rule.least:
        yield Fault(place, "too_small", f"{place} must be at least {rule.least}.", str(rule.least), shown)
    elif rule.most is not None and read > rule.most:
        yield Fault(place, "too_large", f"{place} must be at most {rule.most}.", str(rule.most), shown)
