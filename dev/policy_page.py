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
KEPT = """\
## How long files are kept

Days count from the end of an upload, when its file is published or put into quarantine; `retained_until` tells it in
the answers and `retained_until_ms` in the events. When the time is over, the sweeper deletes every version of the
file as its owner could have done, `file.deleted` is told, the bytes are given back to the quota, and seven days later
the record is forgotten. The policy of that day decides: a longer time keeps files longer that are there already, a
shorter one counts for files that end from then on. A file that ended when its category kept files for ever stays
until somebody deletes it.
"""
PROFILES = """\
## Profiles

A profile is what a law or a contract asks of several categories, written once under `profiles:` and named by each
category as `profiles: [...]`. Of a category's rule and a profile's the stricter one counts: metadata that either
needs are needed, the stronger answer to what is inside, the shorter time. The verdict names the profiles of a file
(`facts.profiles`), and says what of them nobody can vouch for, as bad as the profile says (`unproven`, usually
`review`): `profile_unmet` for a file whose metadata lack what is asked for now, `profile_unproven` for one that
nobody could look into. [examples/policies/student.yaml](../examples/policies/student.yaml) asks for consent, leaves
out places, and keeps nothing for longer than a year. All files are private: only a link that their owner asked for
reads them.
"""
OTHERS = """\
## Another policy

Change `policy.yaml`, or name other files: `make deploy POLICY="policy.yaml examples/policies/education.yaml"`; the
same works for `make policy`, `build` and `dev`. The first file is the whole policy. The others add their categories
and profiles, or put theirs in the place of one of the same name, which is told; their `default_category` and `quotas`
do not count. A file may as well stand alone. [examples/policies](../examples/policies) has policies for education,
for examination sheets and for what students hand in.

## Which inspectors look

All of them look at every file, in the order of `portway.inspectors`; a category says what is done about what they
find (above) and whether a malware scanner is asked (`scan`). A list of inspectors by category would only add a way to
forget one: what does not concern a type costs nothing, and what is not to be minded is answered with `allow`.
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
    parts += [METADATA, KEPT, sections.kept(categories), PROFILES, QUOTAS, _quotas(document["quotas"]), OTHERS]
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
        *(
            ("looked at by a check of the team", f"`{check['name']}`", f"`{check['name']}.…`")
            for check in fields["checks"]
        ),
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
