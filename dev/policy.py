"""Validate policy.yaml and compile it to the JSON that the functions read: `python -m dev.policy policy.yaml OUT.json`.

Every mistake is named with its place, all at once; nothing is written then. Exit code 1.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from dev import policy_metadata
from dev.policy_schema import SCHEMA, SIZE, UNITS
from portway import policy
from portway.content import TRAITS as TRICKS
from portway.content import Bounds
from portway.name_rules import TRAITS, Ruling
from portway.parts import Limits
from portway.policy import Publish

MOST = Limits().max_object
"""Bytes of the largest file that S3 keeps."""


class Invalid(Exception):
    """The document breaks its rules; the text has a line for each."""


class Loader(yaml.SafeLoader):
    """YAML in which a day stays the text that it was written as."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in each if tag != "tag:yaml.org,2002:timestamp"]
    for first, each in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    """What is written, unchecked. Raises yaml.YAMLError."""
    return yaml.load(text, Loader)


def compile_policy(text: str) -> str:
    """The compiled document: sizes in bytes, and nothing left out. Invalid names every mistake and its place."""
    try:
        document = read(text)
    except yaml.YAMLError as error:
        raise Invalid(f"not YAML: {error}") from error
    errors = sorted(Draft202012Validator(SCHEMA).iter_errors(document), key=lambda error: list(map(str, error.path)))
    if errors:
        raise Invalid("\n".join(f"{'.'.join(map(str, e.path)) or 'document'}: {e.message}" for e in errors))
    for fields in document["categories"].values():
        del fields["about"]  # words for docs/policy.md: no other version of the rules because of them
        fields |= {name: _bytes(fields[name]) for name in ("min_size", "max_size")}
        fields["content"] = {trick: trait.usual for trick, trait in TRICKS.items()} | fields.get("content", {})
        fields.setdefault("results", [])
        fields["bounds"] = dataclasses.asdict(Bounds()) | _sizes(fields.get("bounds", {}))
        fields["names"] = dict.fromkeys(TRAITS, Ruling.ALLOW) | fields.get("names", {})
        fields["publish"] = dataclasses.asdict(Publish()) | fields.get("publish", {})
        fields["metadata"] = policy_metadata.complete(fields.get("metadata", {}))
    document["quotas"] = _quotas(document["quotas"])
    compiled = json.dumps(document, indent=1, sort_keys=True) + "\n"
    _check(document, compiled)
    return compiled


def _check(document: dict[str, Any], compiled: str) -> None:
    wrong = [
        f"categories.{name}: min_size {fields['min_size']} is over max_size {fields['max_size']}"
        for name, fields in document["categories"].items()
        if fields["min_size"] > fields["max_size"]
    ]
    wrong += [
        f"categories.{name}: max_size {fields['max_size']} is over {MOST}: S3 keeps no larger file"
        for name, fields in document["categories"].items()
        if fields["max_size"] > MOST
    ]
    for name, fields in document["categories"].items():
        wrong += policy_metadata.mistakes(f"categories.{name}", fields["metadata"])
    if document["default_category"] not in document["categories"]:
        wrong.append(f"default_category: there is no category {document['default_category']!r}")
    if wrong:
        raise Invalid("\n".join(wrong))
    policy.load(compiled)


def _quotas(written: dict[str, Any]) -> dict[str, Any]:
    """Every number of every tenant: what an exception does not name is as usual."""
    usual = _room(written)
    others = written.get("tenants", {})
    return {
        **usual,
        "tenants": {
            name: {scope: quota | _room(room).get(scope, {}) for scope, quota in usual.items()}
            for name, room in others.items()
        },
    }


def _room(written: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The quotas that are written, with sizes in bytes."""
    return {
        scope: {what: _bytes(amount) for what, amount in written[scope].items()}
        for scope in ("owner", "tenant")
        if scope in written
    }


def _sizes(written: dict[str, int | str]) -> dict[str, int]:
    return {name: _bytes(size) for name, size in written.items()}


def _bytes(size: int | str) -> int:
    match = SIZE.fullmatch(str(size))
    return int(match[1]) * UNITS[match[2]] if match else int(size)


def main(source: str, target: str) -> int:
    try:
        compiled = compile_policy(Path(source).read_text(encoding="utf-8"))
    except Invalid as error:
        print(f"{source} is not valid:\n{error}", file=sys.stderr)
        return 1
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(compiled, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
