"""A small judge of IAM policies: enough to say what the roles, buckets and queues of the template allow.

Conditions are those of the strict S3 endpoint, so that both judge alike. An operator or element that is not known is
refused, so that no statement is read wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dev.s3.policy import OPERATORS, Condition, like, listed

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """May this action be done to this resource? `context` holds the condition keys that AWS would know."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    service: str | None = None
    """The service principal that asks, for resource policies."""


def allowed(statements: Iterable[Statement], ask: Ask) -> bool:
    """Some statement allows it and none denies it."""
    effects = {statement["Effect"] for statement in statements if _applies(statement, ask)}
    return effects == {"Allow"}


def denied(statements: Iterable[Statement], ask: Ask) -> bool:
    """Some statement forbids it, whatever others allow."""
    return any(statement["Effect"] == "Deny" and _applies(statement, ask) for statement in statements)


def _applies(statement: Statement, ask: Ask) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if unknown:
        raise NotImplementedError(f"policy elements {sorted(unknown)}")
    return (
        _principal_fits(statement.get("Principal", "*"), ask)
        and any(like(ask.action.lower(), action.lower()) for action in listed(statement["Action"]))
        and any(like(ask.resource, resource) for resource in listed(statement["Resource"]))
        and all(
            _holds(operator, key, wanted, ask)
            for operator, pairs in statement.get("Condition", {}).items()
            for key, wanted in pairs.items()
        )
    )


def _principal_fits(principal: Any, ask: Ask) -> bool:
    return principal == "*" or ask.service in listed(principal.get("Service", []))


def _holds(operator: str, key: str, wanted: Any, ask: Ask) -> bool:
    if operator not in OPERATORS:
        raise NotImplementedError(f"condition operator {operator}")
    context = {name.lower(): value for name, value in ask.context.items()}
    return Condition(operator, key.lower(), listed(wanted)).holds(context)
