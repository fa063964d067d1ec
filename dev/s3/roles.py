"""Roles and what they may do, out of a file in the shape of `aws iam get-account-authorization-details`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.s3 import policy
from dev.s3.policy import Statement


@dataclass(frozen=True, slots=True)
class Role:
    """`trusted`: the principals (ARNs) that may assume it, services left out. `rights`: its identity policies."""

    trusted: frozenset[str]
    rights: tuple[Statement, ...]


Roles = Callable[[str], Role | None]
"""ARN → role; None for a principal that is no role."""


def parse(text: str) -> dict[str, Role]:
    """ARN → role; Refused NotImplemented for a policy that this endpoint cannot judge."""
    return {row["Arn"]: _role(row) for row in json.loads(text)["RoleDetailList"]}


def _role(row: Mapping[str, Any]) -> Role:
    rights = [one for each in row["RolePolicyList"] for one in policy.identity(each["PolicyDocument"])]
    return Role(frozenset(_trusted(row["AssumeRolePolicyDocument"])), tuple(rights))


def _trusted(document: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow" and statement["Action"] == "sts:AssumeRole" and "Condition" not in statement:
            named = statement["Principal"].get("AWS", [])
            found += named if isinstance(named, list) else [named]
    return found


def from_file(path: Path) -> Roles:
    """The roles of a file that may appear or change while the endpoint runs."""
    kept: tuple[int, dict[str, Role]] = (0, {})

    def role(arn: str) -> Role | None:
        nonlocal kept
        changed = path.stat().st_mtime_ns if path.exists() else 0
        if changed != kept[0]:
            kept = (changed, parse(path.read_text("utf-8")) if changed else {})
        return kept[1].get(arn)

    return role
