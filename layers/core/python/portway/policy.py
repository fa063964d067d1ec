"""What may be uploaded, and under which key. Pure; the document is policy.yaml, compiled to JSON by `make policy`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from portway import metadata_rules, profiles, retention
from portway.checks import Check
from portway.content import Bounds, Response, Trick
from portway.errors import BadSettings, Fault
from portway.ids import ID
from portway.media_types import canonical, contradiction
from portway.metadata_rules import MetadataRules, metadata_faults
from portway.model import Upload
from portway.name_rules import NameRule, Ruling, kept_name, ruled_out
from portway.names import extension, name_faults
from portway.profiles import Profile
from portway.quotas import Quota, Quotas, Room
from portway.retention import Retention
from portway.scans import ScanRule
from portway.verdicts import Severity

MAX_METADATA_BYTES = 2048
CONTENT_TYPE = re.compile(
    r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}( *; *[a-z0-9_.-]+=(\"[ !#-~]*\"|[!#-:<-~]+))*",
    re.ASCII | re.IGNORECASE,
)
"""One line of printable ASCII: it becomes a header of S3."""
KEY = re.compile(rf"(?:in|files)/[0-9a-f]{{16}}/({ID.pattern})")


@dataclass(frozen=True, slots=True)
class Publish:
    """How a clean file is published: the Cache-Control it is served with, and how long its incoming copy is kept."""

    cache_control: str = "private"
    keep_incoming_hours: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a category of files may be. Sizes in bytes; `*` stands for any; types and extensions in lower case.

    `on_mismatch` is how bad it is when extension or content contradict the declared type; `content` is what is done
    about what may be inside a file. `results` names what is made of published files (portway.results.RESULTS).
    """

    min_size: int
    max_size: int
    content_types: tuple[str, ...]
    extensions: tuple[str, ...]
    on_mismatch: Severity
    names: Mapping[NameRule, Ruling]
    content: Mapping[Trick, Response]
    bounds: Bounds
    metadata: MetadataRules
    scan: ScanRule
    publish: Publish
    results: tuple[str, ...]
    retention: Retention
    profiles: tuple[Profile, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """The whole document. `version` changes whenever the document does, and is part of every verdict."""

    version: str
    default_category: str
    categories: Mapping[str, Policy]
    quotas: Quotas

    def publish_of(self, category: str) -> Publish:
        """How files of a category are published; those of one that is no more in the usual way."""
        found = self.categories.get(category)
        return found.publish if found else Publish()


def load(text: str) -> Policies:
    """The compiled document. BadSettings when it is not one."""
    try:
        document = json.loads(text)
        categories = {name: _policy(fields) for name, fields in document["categories"].items()}
        default, quotas = document["default_category"], _quotas(document["quotas"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"the policy document is not valid: {error!r}; make it with `make policy`") from error
    if default not in categories:
        raise BadSettings(f"default_category {default!r} is not one of {sorted(categories)}")
    plain = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return Policies(hashlib.sha256(plain.encode()).hexdigest()[:12], default, categories, quotas)


def _quotas(fields: Mapping[str, Any]) -> Quotas:
    return Quotas(_room(fields), {tenant: _room(room) for tenant, room in fields["tenants"].items()})


def _room(fields: Mapping[str, Any]) -> Room:
    owner, tenant = (
        Quota(int(fields[scope]["bytes"]), int(fields[scope]["open_uploads"])) for scope in ("owner", "tenant")
    )
    return Room(owner, tenant)


def _check(*, name: str, deadline_seconds: int, on_error: str, **target: str) -> Check:
    return Check(name, target.get("lambda", ""), deadline_seconds, Severity(on_error), target.get("url", ""))


def _policy(fields: Mapping[str, Any]) -> Policy:
    return Policy(
        min_size=int(fields["min_size"]),
        max_size=int(fields["max_size"]),
        content_types=tuple(map(canonical, fields["content_types"])),
        extensions=tuple(fields["extensions"]),
        on_mismatch=Severity(fields["on_mismatch"]),
        names={rule: Ruling(fields["names"][rule]) for rule in NameRule},
        content={trick: Response(fields["content"][trick]) for trick in Trick},
        bounds=Bounds(**fields["bounds"]),
        metadata=metadata_rules.load(fields["metadata"]),
        scan=ScanRule(fields["scan"]),
        publish=Publish(**fields["publish"]),
        results=tuple(fields["results"]),
        retention=retention.load(fields["retention"]),
        profiles=profiles.load(fields["profiles"]),
        checks=tuple(_check(**check) for check in fields["checks"]),
    )


def faults(
    policies: Policies, *, category: str, name: str, size: int | None, content_type: str, metadata: Mapping[str, str]
) -> list[Fault]:
    """Everything in a declaration that the rules forbid. A size that nobody knows yet breaks none."""
    found = [*name_faults(name), *_type_faults(content_type), *_metadata_faults(metadata)]
    policy = policies.categories.get(category)
    if policy is None:
        known = sorted(policies.categories)
        words = f"category must be one of {', '.join(known)}."
        return [*found, Fault("category", "unknown", words, known, category)]
    kept = kept_name(policy.names, name)
    found += [*ruled_out(policy.names, name), *_category_faults(policy, category, kept, size, content_type)]
    return [*found, *metadata_faults(policy.metadata, metadata)]


def sizes(policies: Policies, category: str) -> tuple[int, int]:
    """Least and most bytes of a file in this category; nothing fits into one that is no more."""
    policy = policies.categories.get(category)
    return (policy.min_size, policy.max_size) if policy else (0, 0)


def retained_until(policies: Policies, ended: Upload) -> int | None:
    """When the file of an upload that came to its end is removed; None where nothing says so.

    For a category that is no more what the record says.
    """
    policy = policies.categories.get(ended.category)
    return policy.retention.until(ended.status, ended.history[-1].at) if policy else ended.retained_until


def name_in(policies: Policies, category: str, name: str) -> str:
    """The name that the record of an upload in this category holds."""
    return kept_name(policies.categories[category].names, name)


def warnings(policies: Policies, *, category: str, name: str, content_type: str) -> list[Fault]:
    """What is odd about a declaration without being forbidden: its inspection will say the same later."""
    policy, kept = policies.categories[category], name_in(policies, category, name)
    found = [] if kept == name else [Fault("name", "cleaned", f"The file is kept under the name {kept}.", kept, name)]
    return [*found, *(_contradictions(kept, content_type) if policy.on_mismatch is Severity.WARNING else [])]


def _category_faults(policy: Policy, category: str, name: str, size: int | None, content_type: str) -> list[Fault]:
    kind, suffix, least, most = canonical(content_type), extension(name), policy.min_size, policy.max_size
    types, suffixes = list(policy.content_types), list(policy.extensions)
    said = least if size is None else size
    rules = (
        (said < least, Fault("size", "too_small", f"{category} takes files from {least} bytes.", least, size)),
        (said > most, Fault("size", "too_large", f"{category} takes files up to {most} bytes.", most, size)),
        (
            not any(fnmatchcase(kind, allowed) for allowed in types),
            Fault("content_type", "not_allowed", f"{category} takes {', '.join(types)}.", types, content_type),
        ),
        (
            not any(fnmatchcase(suffix, allowed) for allowed in suffixes),
            Fault("name", "extension_not_allowed", f"{category} takes {', '.join(suffixes)}.", suffixes, suffix),
        ),
    )
    refused = _contradictions(name, content_type) if policy.on_mismatch is Severity.REJECT else []
    return [*(fault for broken, fault in rules if broken), *refused]


def _contradictions(name: str, content_type: str) -> list[Fault]:
    expected = contradiction(content_type, extension(name))
    words = f"The name says {expected}, content_type says {content_type}. Declare the real type."
    return [Fault("content_type", "extension_mismatch", words, expected, content_type)] if expected else []


def _type_faults(content_type: str) -> list[Fault]:
    if len(content_type) <= 255 and CONTENT_TYPE.fullmatch(content_type):
        return []
    words = (
        "content_type must be a media type such as image/png or application/octet-stream, of at most 255 characters."
    )
    return [Fault("content_type", "malformed", words, 255, content_type[:300])]


def _metadata_faults(metadata: Mapping[str, str]) -> list[Fault]:
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    if size <= MAX_METADATA_BYTES:
        return []
    words = f"metadata is {size} bytes as JSON; at most {MAX_METADATA_BYTES} are kept."
    return [Fault("metadata", "too_large", words, MAX_METADATA_BYTES, size)]


def incoming_key(tenant: str, upload_id: str) -> str:
    """Where the bytes of an upload land: nothing of it comes from the client."""
    return f"in/{_hashed(tenant)}/{upload_id}"


def published_key(tenant: str, upload_id: str) -> str:
    """Where the clean file is."""
    return f"files/{_hashed(tenant)}/{upload_id}"


def upload_of(key: str) -> str | None:
    """The upload id in one of our keys; None for any other key."""
    match = KEY.fullmatch(key)
    return match[1] if match else None


def _hashed(tenant: str) -> str:
    return hashlib.sha256(tenant.encode()).hexdigest()[:16]
