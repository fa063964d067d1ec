"""What docs/policy.md says of the parts of a category: metadata, names, what may be inside, how large that may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from dev.policy_schema import UNITS
from portway.content import TRAITS as TRICKS
from portway.content import Bounds, Response
from portway.metadata_rules import FORMS, MAX_LENGTH, Kind
from portway.name_rules import TRAITS, Ruling

Category = Mapping[str, Any]
"""A category as it is compiled."""
RULINGS = {Ruling.ALLOW: "taken as it is", Ruling.CLEAN: "cleaned", Ruling.REFUSE: "refused"}
RESPONSES = {
    Response.ALLOW: "taken",
    Response.FLAG: "flagged",
    Response.STRIP: "left out",
    Response.REVIEW: "reviewed",
    Response.REJECT: "rejected",
}
BOUNDS = {
    "side": ("width or height of a picture, pixels", "pixel_bomb"),
    "pixels": ("pixels of a picture, all frames together", "pixel_bomb"),
    "ratio": ("unpacked to packed bytes", "archive_bomb"),
    "entries": ("entries of an archive", "archive_entries"),
    "unpacked": ("bytes that it unpacks to", "archive_bomb"),
    "metadata_text": ("characters of a text in its metadata", "metadata_oversized"),
}


def names(categories: Mapping[str, Category]) -> str:
    rows = (
        (f"it {trait.words}", f"`{rule}`", *(RULINGS[each["names"][rule]] for each in categories.values()))
        for rule, trait in TRAITS.items()
    )
    return table(("the name is unusual because", "code", *ticked(categories)), rows)


def content(categories: Mapping[str, Category]) -> str:
    rows = (
        (trait.about, f"`{trick}`", *(RESPONSES[each["content"][trick]] for each in categories.values()))
        for trick, trait in TRICKS.items()
    )
    return table(("the file", "code", *ticked(categories)), rows)


def bounds(categories: Mapping[str, Category]) -> str:
    rows = (
        (*_bound(field.name), *(f"{each['bounds'][field.name]:,}" for each in categories.values()))
        for field in dataclasses.fields(Bounds)
    )
    return table(("at most", "code", *ticked(categories)), rows)


def _bound(name: str) -> tuple[str, str]:
    words, code = BOUNDS.get(name, (name.replace("_", " "), ""))
    return words, f"`{code}`" if code else ""


def kept(categories: Mapping[str, Category]) -> str:
    rows = (
        (f"`{name}`", _days(each["retention"]["published_days"]), _days(each["retention"]["quarantined_days"]))
        for name, each in categories.items()
    )
    return table(("category", "published files", "quarantined files"), rows)


def _days(days: int | None) -> str:
    return "until they are deleted" if days is None else f"{days:,} days"


def metadata(fields: Category) -> str:
    """Nothing where a category asks for nothing."""
    rules = fields["metadata"]
    if not rules["fields"]:
        return ""
    rows = ((f"`{name}`", each["about"], _kind(each), _need(each)) for name, each in rules["fields"].items())
    others = "Others are taken, too." if rules["others"] == "allow" else "Others are refused: `unexpected`."
    return f"\nMetadata: {others}\n\n{table(('field', 'what it is for', 'value', 'needed'), rows)}"


def _kind(rule: Mapping[str, Any]) -> str:
    form = {
        Kind.TEXT: f"at most {rule.get('max_length', MAX_LENGTH)} characters",
        Kind.CHOICE: f"one of {', '.join(ticked(rule.get('choices', ())))}",
    }.get(rule["type"], FORMS[Kind(rule["type"])].words)
    pattern = f", of the form `{rule['pattern']}`" if "pattern" in rule else ""
    ends = "".join(f", {words} {rule[end]}" for end, words in (("min", "from"), ("max", "to")) if end in rule)
    return f"{form}{pattern}{ends}"


def _need(rule: Mapping[str, Any]) -> str:
    condition = rule.get("required_if")
    if condition:
        values = " or ".join(ticked(condition["equals"]))
        return f"where `{condition['field']}` is {values or 'there'}"
    return "always" if rule.get("required") else "no"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = tuple(head)
    lines = [titles, ("---",) * len(titles), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def ticked(words: Iterable[str]) -> list[str]:
    return [f"`{word}`" for word in words]


def size(count: int) -> str:
    """Bytes in the largest unit that leaves no rest."""
    unit, factor = max(
        ((unit, factor) for unit, factor in UNITS.items() if count % factor == 0 and count >= factor),
        key=lambda each: each[1],
        default=("B", 1),
    )
    return f"{count // factor:,} {unit}"
