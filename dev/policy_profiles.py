"""Profiles of a policy: what a law or a contract asks for, said once, and laid over the categories that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dev import policy_metadata
from portway.content import Response

STRENGTH = {response.value: strength for strength, response in enumerate(Response)}
Fields = dict[str, Any]


def laid_over(place: str, category: Fields, profiles: Mapping[str, Any]) -> list[str]:
    """Change a completed category into one that keeps to its profiles: of two rules the stricter one counts.

    Answers with what is wrong; the profiles that were named stand in the category then, as the functions read them.
    """
    wrong, named = list[str](), {}
    for name in category.get("profiles", []):
        if name not in profiles:
            wrong.append(f"{place}.profiles: there is no profile {name!r}")
            continue
        profile = profiles[name]
        metadata = policy_metadata.complete(profile.get("metadata", {}))
        content = {trick: Response(response) for trick, response in profile.get("content", {}).items()}
        wrong += (f"{place}: {mistake} of profile {name!r}" for mistake in _metadata(category["metadata"], metadata))
        category["content"] |= {trick: stricter(category["content"][trick], each) for trick, each in content.items()}
        category["retention"] = shorter(category["retention"], profile.get("retention", {}))
        named[name] = {
            "content": content,
            "fields": metadata["fields"],
            "unproven": profile.get("unproven", Response.REVIEW.value),
        }
    category["profiles"] = named
    return wrong


def stricter(one: str, other: str) -> str:
    return max(one, other, key=STRENGTH.__getitem__)


def shorter(kept: Mapping[str, int | None], wanted: Mapping[str, int | str]) -> dict[str, int | None]:
    """Of two times to keep files the shorter one; None is for ever."""
    days = {name: [each for each in (kept[name], _days(wanted.get(name))) if each is not None] for name in kept}
    return {name: min(each) if each else None for name, each in days.items()}


def retention(written: Mapping[str, int | str], usual: Mapping[str, int | None]) -> dict[str, int | None]:
    """Days after which files are removed, None for never."""
    return {name: _days(written[name]) if name in written else days for name, days in usual.items()}


def _days(written: int | str | None) -> int | None:
    return written if isinstance(written, int) else None


def _metadata(kept: Fields, wanted: Fields) -> Iterator[str]:
    """Ask for these fields as well. What is needed by one of two rules is needed; else they have to be the same."""
    for name, rule in wanted["fields"].items():
        has = kept["fields"].get(name, rule)
        if _plain(has) != _plain(rule):
            yield f"metadata.fields.{name} is not the field"
            continue
        asks = has | rule if rule.get("required") or "required_if" not in has else has
        if asks.get("required"):
            asks.pop("required_if", None)
        kept["fields"][name] = asks
    if wanted["others"] == "refuse":
        kept["others"] = "refuse"


def _plain(rule: Mapping[str, Any]) -> Fields:
    """A field without when it is needed and what is said about it."""
    return {name: value for name, value in rule.items() if name not in ("required", "required_if", "about")}
