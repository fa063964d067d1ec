"""What may be uploaded, and under which key. Pure; the document is policy.yaml, compiled to JSON by `make policy`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from portway.errors import BadSettings, Fault
from portway.model import Severity
from portway.names import extension, name_faults

MAX_METADATA_BYTES = 2048
CONTENT_TYPE = re.compile(
    r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}( *; *[a-z0-9_.-]+=(\"[ !#-~]*\"|[!#-:<-~]+))*",
    re.ASCII | re.IGNORECASE,
)
"""One line of printable ASCII: it becomes a header of S3."""
KEY = re.compile(r"(?:in|files)/[0-9a-f]{16}/([0-9A-HJKMNP-TV-Z]{26})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a category of files may be. Sizes in bytes; `*` stands for any; types and extensions in lower case.

    `on_mismatch` is how bad it is when extension or content contradict the declared type.
    """

    min_size: int
    max_size: int
    content_types: tuple[str, ...]
    extensions: tuple[str, ...]
    on_mismatch: Severity


@dataclass(frozen=True, slots=True)
class Policies:
    """The whole document. `version` changes whenever the document does, and is part of every verdict."""

    version: str
    default_category: str
    categories: Mapping[str, Policy]


def load(text: str) -> Policies:
    """The compiled document. BadSettings when it is not one."""
    try:
        document = json.loads(text)
        categories = {name: _policy(fields) for name, fields in document["categories"].items()}
        default = document["default_category"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"the policy document is not valid: {error!r}; make it with `make policy`") from error
    if default not in categories:
        raise BadSettings(f"default_category {default!r} is not one of {sorted(categories)}")
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return Policies(hashlib.sha256(canonical.encode()).hexdigest()[:12], default, categories)


def _policy(fields: Mapping[str, Any]) -> Policy:
    return Policy(
        min_size=int(fields["min_size"]),
        max_size=int(fields["max_size"]),
        content_types=tuple(fields["content_types"]),
        extensions=tuple(fields["extensions"]),
        on_mismatch=Severity(fields["on_mismatch"]),
    )


def faults(
    policies: Policies, *, category: str, name: str, size: int, content_type: str, metadata: Mapping[str, str]
) -> list[Fault]:
    """Everything in a declaration that the rules forbid."""
    found = [*name_faults(name), *_type_faults(content_type), *_metadata_faults(metadata)]
    policy = policies.categories.get(category)
    if policy is None:
        known = sorted(policies.categories)
        words = f"category must be one of {', '.join(known)}."
        return [*found, Fault("category", "unknown", words, known, category)]
    return [*found, *_category_faults(policy, category, name, size, content_type)]


def _category_faults(policy: Policy, category: str, name: str, size: int, content_type: str) -> list[Fault]:
    essence, suffix = media_type(content_type), extension(name)
    types, suffixes = list(policy.content_types), list(policy.extensions)
    rules = (
        (
            size < policy.min_size,
            "size",
            "too_small",
            f"{category} takes files from {policy.min_size} bytes.",
            policy.min_size,
            size,
        ),
        (
            size > policy.max_size,
            "size",
            "too_large",
            f"{category} takes files up to {policy.max_size} bytes.",
            policy.max_size,
            size,
        ),
        (
            not any(fnmatchcase(essence, allowed) for allowed in types),
            *("content_type", "not_allowed", f"{category} takes the types {', '.join(types)}.", types, content_type),
        ),
        (
            not any(fnmatchcase(suffix, allowed) for allowed in suffixes),
            *(
                "name",
                "extension_not_allowed",
                f"{category} takes the extensions {', '.join(suffixes)}.",
                suffixes,
                suffix,
            ),
        ),
    )
    return [Fault(field, code, words, limit, value) for broken, field, code, words, limit, value in rules if broken]


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


def media_type(content_type: str) -> str:
    """The type without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


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
