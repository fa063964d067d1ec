"""Validate policy.yaml and compile it to the JSON that functions read: `python -m dev.policy FILE.yaml … OUT.json`.

Every mistake is named with its place, all at once; nothing is written then. Exit code 1.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dev import policy_metadata, policy_profiles
from dev.policy_documents import Invalid, merged, replaced
from dev.policy_schema import SIZE, UNITS
from portway import policy
from portway.content import TRAITS as TRICKS
from portway.content import Bounds
from portway.name_rules import TRAITS, Ruling
from portway.parts import Limits
from portway.policy import Publish

MOST = Limits().max_object
"""Bytes of the largest file that S3 keeps."""


RETENTION: Mapping[str, int | None] = {"published_days": None, "quarantined_days": 90}
"""Published files stay until somebody removes them; what nobody may read is removed after a quarter of a year."""


CHECK_SECONDS = 60
"""What all checks of a file may take together: a function that processes has five minutes for everything."""


def compile_policy(*texts: str) -> str:
    """The compiled document: sizes in bytes, and nothing left out. Invalid names every mistake and its place.

    With several texts it is the first one, with the categories and profiles of the others (dev/policy_documents.py).
    """
    document = merged(texts)
    for fields in document["categories"].values():
        _complete(fields)
    profiles = document.pop("profiles")
    wrong = [
        mistake
        for name, fields in document["categories"].items()
        for mistake in policy_profiles.laid_over(f"categories.{name}", fields, profiles)
    ]
    wrong += _mistakes(document)
    if wrong:
        raise Invalid("\n".join(wrong))
    document["quotas"] = _quotas(document["quotas"])
    compiled = json.dumps(document, indent=1, sort_keys=True) + "\n"
    policy.load(compiled)
    return compiled


def _complete(fields: dict[str, Any]) -> None:
    """Write into a category what it leaves out."""
    del fields["about"]  # words for docs/policy.md: no other version of the rules because of them
    fields |= {name: _bytes(fields[name]) for name in ("min_size", "max_size")}
    fields["content"] = {trick: trait.usual for trick, trait in TRICKS.items()} | fields.get("content", {})
    fields.setdefault("results", [])
    fields["checks"] = [{"deadline_seconds": 10, "on_error": "review"} | check for check in fields.get("checks", [])]
    fields["bounds"] = dataclasses.asdict(Bounds()) | _sizes(fields.get("bounds", {}))
    fields["names"] = dict.fromkeys(TRAITS, Ruling.ALLOW) | fields.get("names", {})
    fields["publish"] = dataclasses.asdict(Publish()) | fields.get("publish", {})
    fields["metadata"] = policy_metadata.complete(fields.get("metadata", {}))
    fields["retention"] = policy_profiles.retention(fields.get("retention", {}), RETENTION)


def _mistakes(document: Mapping[str, Any]) -> Iterator[str]:
    for name, fields in document["categories"].items():
        place, least, most = f"categories.{name}", fields["min_size"], fields["max_size"]
        if least > most:
            yield f"{place}: min_size {least} is over max_size {most}"
        if most > MOST:
            yield f"{place}: max_size {most} is over {MOST}: S3 keeps no larger file"
        yield from policy_metadata.mistakes(place, fields["metadata"])
        yield from _check_mistakes(f"{place}.checks", fields["checks"])
    if document["default_category"] not in document["categories"]:
        yield f"default_category: there is no category {document['default_category']!r}"


def _check_mistakes(place: str, checks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for check in checks:
        if ("lambda" in check) == ("url" in check):
            yield f"{place}.{check['name']}: it has a lambda or a url, one of them"
    if len({check["name"] for check in checks}) < len(checks):
        yield f"{place}: two have one name"
    if sum(check["deadline_seconds"] for check in checks) > CHECK_SECONDS:
        yield f"{place}: together they may take {CHECK_SECONDS} seconds"


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


def main(*paths: str) -> int:
    """All paths but the last are of policies, the last is of what is compiled."""
    *sources, target = paths
    texts = [Path(source).read_text(encoding="utf-8") for source in sources]
    try:
        compiled = compile_policy(*texts)
    except Invalid as error:
        print(f"{' '.join(sources)} is not valid:\n{error}", file=sys.stderr)
        return 1
    for name in replaced(texts):
        print(f"{name} was written before; the later one counts", file=sys.stderr)
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")  # another build may be reading it
    scratch.write_text(compiled, encoding="utf-8")
    scratch.replace(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
