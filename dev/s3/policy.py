"""Policies of buckets, as far as Portway ships them (Deny statements), and of roles.

A key pair that is no role may do everything that no Deny forbids, and roles get their rights from their own policies
alone: Allow for a named principal in a bucket's policy changes nothing; for everybody it is refused, as Block Public
Access does. What is not built is 501 when the policy is put, never
silently ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from dev.s3.refused import Refused

ALLOW, DENY = "Allow", "Deny"
KEYS = {
    "s3:signatureage",
    "s3:authtype",
    "aws:securetransport",
    "aws:principalarn",
    "s3:prefix",
}  # keys are case-insensitive
STATEMENT_NAMES = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}

Context = Mapping[str, str]  # condition key in lower case → value; absent when the request has none
Compare = Callable[[str, str], bool]


def like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


OPERATORS: Mapping[str, tuple[Compare, bool]] = {  # comparison, and whether *no* listed value may match
    "StringEquals": (str.__eq__, False),
    "StringNotEquals": (str.__eq__, True),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (like, False),
    "ArnLike": (like, False),
    "ArnNotEquals": (like, True),
    "ArnNotLike": (like, True),
    "Bool": (lambda value, wanted: value.lower() == wanted.lower(), False),
    "NumericEquals": (lambda value, wanted: float(value) == float(wanted), False),
    "NumericNotEquals": (lambda value, wanted: float(value) == float(wanted), True),
    "NumericLessThan": (lambda value, wanted: float(value) < float(wanted), False),
    "NumericLessThanEquals": (lambda value, wanted: float(value) <= float(wanted), False),
    "NumericGreaterThan": (lambda value, wanted: float(value) > float(wanted), False),
    "NumericGreaterThanEquals": (lambda value, wanted: float(value) >= float(wanted), False),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. A key that the request lacks fails it, except for the negated operators."""

    operator: str
    key: str
    values: Sequence[str]

    def holds(self, context: Context) -> bool:
        compare, negated = OPERATORS[self.operator]
        value = context.get(self.key)
        if value is None:
            return negated
        return any(compare(value, wanted) for wanted in self.values) != negated


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `principals` are ARNs or `*`."""

    effect: str
    principals: Sequence[str]
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Sequence[Condition]

    def applies(self, principal: str, action: str, resource: str, context: Context) -> bool:
        return (
            any(one in ("*", principal) for one in self.principals)
            and any(like(action.lower(), pattern.lower()) for pattern in self.actions)
            and any(like(resource, pattern) for pattern in self.resources)
            and all(condition.holds(context) for condition in self.conditions)
        )


def parse(text: bytes) -> tuple[Statement, ...]:
    """The Deny statements of a policy; Refused MalformedPolicy, or NotImplemented naming what is not built."""
    try:
        document = json.loads(text)
        statements = document["Statement"]
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "MalformedPolicy", "Policies must be valid JSON with a Statement.") from None
    found = [_statement(one) for one in (statements if isinstance(statements, list) else [statements])]
    return tuple(deny for deny in found if deny)


def identity(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of a role's policy; Refused NotImplemented naming what is not built.

    Conditions of statements about other services are not looked at: those services are not here.
    """
    found = []
    for one in document["Statement"]:
        if unknown := set(one) - (STATEMENT_NAMES - {"Principal"}):
            raise _not_built(f"policy element {', '.join(sorted(unknown))}")
        actions = listed(one["Action"])
        if any(action.startswith(("s3:", "sts:")) for action in actions):
            found.append(Statement(one["Effect"], ["*"], actions, listed(one["Resource"]), _conditions(one)))
    return tuple(found)


def _statement(one: Any) -> Statement | None:
    if not isinstance(one, dict) or not {"Effect", "Principal", "Action", "Resource"} <= set(one) | _negated(one):
        raise Refused(400, "MalformedPolicy", "A statement needs Effect, Principal, Action and Resource.")
    if unknown := set(one) - STATEMENT_NAMES:
        raise _not_built(f"policy element {', '.join(sorted(unknown))}")
    principals = _principals(one["Principal"])
    conditions = _conditions(one)
    if one["Effect"] == DENY:
        return Statement(DENY, principals, listed(one["Action"]), listed(one["Resource"]), conditions)
    if "*" in principals:
        raise Refused(403, "AccessDenied", "Public policies are blocked by the BlockPublicPolicy setting.")
    return None


def _negated(one: Mapping[str, Any]) -> set[str]:
    return {name.removeprefix("Not") for name in one if name.startswith("Not")}


def _principals(value: Any) -> list[str]:
    if value == "*":
        return ["*"]
    if not isinstance(value, dict) or set(value) != {"AWS"}:
        raise _not_built(f"policy principal {json.dumps(value)}")
    return listed(value["AWS"])


def _conditions(one: Mapping[str, Any]) -> list[Condition]:
    return [
        _condition(operator, key, values)
        for operator, pairs in one.get("Condition", {}).items()
        for key, values in pairs.items()
    ]


def _condition(operator: str, key: str, values: Any) -> Condition:
    if operator not in OPERATORS:
        raise _not_built(f"policy condition operator {operator}")
    if key.lower() not in KEYS:
        raise _not_built(f"policy condition key {key}")
    wanted = listed(values)
    if operator.startswith("Numeric") and not all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in wanted):
        raise Refused(400, "MalformedPolicy", f"{operator} needs numbers.")
    return Condition(operator, key.lower(), wanted)


def listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _not_built(what: str) -> Refused:
    return Refused(501, "NotImplemented", f"This endpoint does not implement the {what}.")
