"""From what is written to one document of the right form: YAML is read, checked, and put together.

The first document is the whole policy. Those after it add categories and profiles, or put their own in the place of one
of the same name, whole; whatever else they say counts only where they are the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from dev.policy_schema import SCHEMA

ADDED = ("profiles", "categories")
"""What documents after the first one add."""
ADDITION = {**SCHEMA, "required": [], "minProperties": 1}


class Invalid(Exception):
    """The documents break their rules; the text has a line for each mistake."""


class Loader(yaml.SafeLoader):
    """YAML in which a day stays the text that it was written as."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in each if tag != "tag:yaml.org,2002:timestamp"]
    for first, each in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def merged(texts: Sequence[str]) -> dict[str, Any]:
    """One document. Invalid names every mistake and its place, and which document it is in where there are several."""
    documents, wrong = [], list[str]()
    for number, text in enumerate(texts, 1):
        place = f"document {number}: " if len(texts) > 1 else ""
        document, mistakes = _read(text, ADDITION if number > 1 else SCHEMA)
        documents.append(document)
        wrong += (f"{place}{mistake}" for mistake in mistakes)
    if wrong:
        raise Invalid("\n".join(wrong))
    whole: dict[str, Any] = documents[0]
    for name in ADDED:
        parts = [document.get(name, {}) for document in documents]
        whole[name] = {each: fields for part in parts for each, fields in part.items()}
    return whole


def replaced(texts: Sequence[str]) -> Iterator[str]:
    """What one of these valid documents says again, and so takes from one before it."""
    seen = set[str]()
    for text in texts:
        document: Mapping[str, Any] = yaml.load(text, Loader)
        places = {f"{name}.{each}" for name in ADDED for each in document.get(name, {})}
        yield from sorted(places & seen)
        seen |= places


def _read(text: str, schema: Mapping[str, Any]) -> tuple[Any, list[str]]:
    try:
        document = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        return None, [f"not YAML: {error}"]
    errors = sorted(Draft202012Validator(schema).iter_errors(document), key=lambda error: list(map(str, error.path)))
    return document, [f"{'.'.join(map(str, e.path)) or 'document'}: {e.message}" for e in errors]
