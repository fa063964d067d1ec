"""A small judge of IAM policies: enough to say what the roles, buckets and queues of the template allow.

It knows the condition operators that the template uses and refuses any other, so that no statement is read wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """May this action be done to this resource? `context` holds the condition keys that AWS would know."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    service: str | None = None
    """The service principal that asks, for resource policies."""


def _like(value: str, pattern: Any) -> bool:
    return fnmatchcase(value, str(pattern).replace("[", "[[]"))


OPERATORS: Mapping[str, Callable[[str, Any], bool]] = {
    "StringLike": _like,
    "ArnEquals": _like,
    "Bool": lambda value, wanted: value == str(wanted).lower(),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
}


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
        and any(_like(ask.action.lower(), action.lower()) for action in _list(statement["Action"]))
        and any(_like(ask.resource, resource) for resource in _list(statement["Resource"]))
        and all(
            _holds(operator, key, wanted, ask)
            for operator, pairs in statement.get("Condition", {}).items()
            for key, wanted in pairs.items()
        )
    )


def _principal_fits(principal: Any, ask: Ask) -> bool:
    return principal == "*" or ask.service in _list(principal.get("Service", []))


def _holds(operator: str, key: str, wanted: Any, ask: Ask) -> bool:
    """A key that the request does not carry fails a condition, as in IAM."""
    if operator not in OPERATORS:
        raise NotImplementedError(f"condition operator {operator}")
    return key in ask.context and any(OPERATORS[operator](ask.context[key], one) for one in _list(wanted))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
