"""docs/policy.md, the policy in words, from policy.yaml: `python -m dev.policy_page [--check]`.

With --check it only compares, and exits 1 with the differences.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from dev import policy_sections as sections
from dev.config import ROOT
from dev.policy import compile_policy
from dev.policy_documents import merged
from dev.policy_sections import size, table, ticked
from portway.names import MAX_BYTES, MAX_CHARACTERS, MAX_CLEAN_BYTES
from portway.policy import MAX_METADATA_BYTES

SOURCE, TARGET = ROOT / "policy.yaml", ROOT / "docs/policy.md"
MISMATCH = {
    "note": "noted in the verdict",
    "warning": "published with a warning, as `application/octet-stream`",
    "reject": "refused at create where the name shows it, else quarantined",
}
SCANS = {
    "required": "always: where no scanner is configured, the file is kept back",
    "configured": "where the deployment has a scanner",
    "none": "never",
}
SCOPES = {"owner": "an owner", "tenant": "a tenant, all owners together"}
HEAD = """\
# What may be uploaded

Made from [policy.yaml](../policy.yaml) by `make policy-page`; a difference fails `make check`. To change a rule, change
that file and deploy: the functions carry it compiled. A request that breaks rules is answered with all of them at once,
each with its field and code, and nothing is created.

A request without `category` is in `{default_category}`.
"""
NAMES = f"""\
## File names

In every category a name is refused that is empty or over {MAX_CHARACTERS} characters or {MAX_BYTES:,} bytes of UTF-8,
that holds a control character, a bidirectional override, half of a surrogate pair, `/` or `\\`, or that is `.` or `..`.
A name is data and never part of a key. What else may be unusual, by category:
"""
CLEANED = f"""\
A cleaned name has lost what turns text around, `< > : " | ? *`, and dots and blanks at both ends; it is in NFC, has at
most {MAX_CLEAN_BYTES} bytes, and begins with `_` where it would be a device. Create answers with the warning `cleaned`.
Every name is cleaned like this when a browser is told under which name to save a file.
"""
CONTENT = """\
## What is inside

What inspectors look for, and what each category does about it. *Flagged*: published, with a warning; four warnings are
a high risk, and the file is reviewed. *Left out*: published without it. *Reviewed*: kept back until an operator has
decided. *Rejected*: kept back. What is *taken* is not even mentioned.
"""
BOUNDS = """\
How large what is inside may be:
"""
METADATA = f"""\
## Metadata

In every category metadata may have up to {MAX_METADATA_BYTES:,} bytes as JSON. Fields are texts by name; an empty text
is as good as none. What a category asks of them stands with the category. The codes are `missing`, `malformed`,
`not_allowed`, `too_long`, `too_small`, `too_large` and `unexpected`, each with the field as `metadata.<name>`.
"""
QUOTAS = """\
## Quotas

An upload needs room on its owner's account and on its tenant's; both count it when it is created. Its place among
the open uploads is free again when it ends, its bytes when it fails or its file is removed. The code is
`quota_exceeded`, with `scope`, `what`, `used`, `limit`, `left` and `wanted`.
"""


def page(text: str) -> str:
    """The page about the policy that is written in `text` (YAML, valid)."""
    document, about = json.loads(compile_policy(text)), _about(text)
    parts = [HEAD.format_map(document)]
    categories = {name: document["categories"][name] for name in about}
    parts += [_category(name, about[name], fields) for name, fields in categories.items()]
    parts += [NAMES, sections.names(categories), CLEANED]
    parts += [CONTENT, sections.content(categories), BOUNDS, sections.bounds(categories)]
    parts += [METADATA, QUOTAS, _quotas(document["quotas"])]
    return "\n".join(parts)


def _about(text: str) -> dict[str, str]:
    """What the document says about each category, in its order."""
    return {name: " ".join(fields["about"].split()) for name, fields in merged([text])["categories"].items()}


def _category(name: str, about: str, fields: Mapping[str, Any]) -> str:
    rows = [
        ("size", f"{size(fields['min_size'])} to {size(fields['max_size'])}", "`too_small`, `too_large`"),
        ("content type", _words(fields["content_types"]), "`not_allowed`"),
        ("extension", _words(fields["extensions"]), "`extension_not_allowed`"),
        ("name or content contradicts the type", MISMATCH[fields["on_mismatch"]], "`extension_mismatch`"),
        ("scanned for malware", SCANS[fields["scan"]], "`infected`, `not_scanned`"),
        ("how it is published", _published(fields["publish"]), ""),
    ]
    section = f"## Category `{name}`\n\n{about}\n\n{table(('what', 'rule', 'code'), rows)}"
    return section + sections.metadata(fields)


def _published(how: Mapping[str, Any]) -> str:
    hours = how["keep_incoming_hours"]
    kept = "an hour" if hours == 1 else f"{hours} hours"
    return f"`Cache-Control: {how['cache_control']}`; the incoming copy is kept for {kept}"


def _quotas(quotas: Mapping[str, Any]) -> str:
    rooms = {"": quotas, **{f", for tenant `{name}`": room for name, room in sorted(quotas["tenants"].items())}}
    rows = (
        (f"{words}{whose}", size(room[scope]["bytes"]), f"{room[scope]['open_uploads']:,}")
        for whose, room in rooms.items()
        for scope, words in SCOPES.items()
    )
    return table(("who", "bytes held", "open uploads"), rows)


def _words(patterns: Iterable[str]) -> str:
    return "any" if {*patterns} & {"*", "*/*"} else ", ".join(ticked(patterns))


def main(arguments: Iterable[str] = ()) -> int:
    wanted = page(SOURCE.read_text("utf-8"))
    if "--check" not in arguments:
        TARGET.write_text(wanted, "utf-8")
        return 0
    written = TARGET.read_text("utf-8") if TARGET.exists() else ""
    lines = list(difflib.unified_diff(written.splitlines(), wanted.splitlines(), "written", "policy.yaml", lineterm=""))
    print("\n".join([*lines, "docs/policy.md is stale: make policy-page"]) if lines else "docs/policy.md: current")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
