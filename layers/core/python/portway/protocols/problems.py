"""Errors as application/problem+json (RFC 9457): stable `code`, what is wrong, what to do, and all faults at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import ConfigDict, Field

from portway.errors import (
    Fault,
    PartsDiffer,
    PartsMissing,
    PortwayError,
    QuotaExceeded,
    RateLimited,
    Refused,
    StoreAnswer,
    Unavailable,
    WrongState,
)
from portway.protocols.documents import Document

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 2
MOST_FAULTS, MOST_WORDS = 100, 10
"""How many faults are listed, and how many of them are told in `detail`: an answer must stay a small document."""
NO_ANSWER = "A store gave no answer; what was asked for may have happened. Send the same request again."
TOO_LARGE = 413
"""The status of `invalid_request` when file or body are larger than anybody may send."""
TITLES = {TOO_LARGE: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 names them; Python did so only later."""


class FaultView(Document):
    """One thing wrong with the request."""

    field: str
    code: str
    message: str
    limit: Any = None
    value: Any = None


class Problem(Document):
    """What is answered instead of a result. Further members depend on the code: `missing`, `used`, `limit`, `state`."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str = Field(description="Stable; decide by it")
    detail: str = Field(description="What happened and what to do next")
    retryable: bool = Field(description="Whether the same request can succeed later")
    errors: list[FaultView] = Field(default_factory=list)


def title(status: int) -> str:
    """The name of an HTTP status, the same on every Python."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def problem(
    status: int, code: str, detail: str, *, retryable: bool = False, retry_seconds: int = RETRY_SECONDS, **more: Any
) -> Response[str]:
    """The answer for one error; `more` holds further members of the problem."""
    view = Problem(
        type=f"urn:portway:problem:{code}",
        title=title(status),
        status=status,
        code=code,
        detail=detail,
        retryable=retryable,
        **more,
    )
    headers = {"Retry-After": str(retry_seconds)} if retryable else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(status, CONTENT_TYPE, view.model_dump_json(), headers)


def of_error(error: PortwayError, statuses: Mapping[str, int]) -> Response[str]:
    """The answer for a refusal of the core, by the protocol's table. What only a store says is `unavailable`."""
    if isinstance(error, Refused):
        return invalid(error.faults, statuses)
    if isinstance(error, StoreAnswer):  # what it says is for the log
        return problem(statuses[Unavailable.code], Unavailable.code, NO_ANSWER, retryable=True)
    status = statuses[error.code]
    if isinstance(error, RateLimited):
        seconds = -(-error.retry_after_ms // 1000)  # whole seconds, never too early
        return problem(status, error.code, str(error), retryable=True, retry_seconds=seconds, **_members(error))
    if isinstance(error, PartsDiffer):
        return problem(status, error.code, _told(error.faults), errors=fault_views(error.faults))
    return problem(status, error.code, str(error), retryable=error.retryable, **_members(error))


def invalid(found: Sequence[Fault], statuses: Mapping[str, int]) -> Response[str]:
    """The answer to a request that breaks rules."""
    too_large = any(fault.code == "too_large" and fault.field in ("size", "body") for fault in found)
    return problem(
        TOO_LARGE if too_large else statuses[Refused.code], Refused.code, _told(found), errors=fault_views(found)
    )


def _told(found: Sequence[Fault]) -> str:
    """The first faults in words."""
    words = [_shown(fault.message) for fault in found[:MOST_WORDS]]
    more = len(found) - len(words)
    return " ".join([*words, f"And {more} more."] if more else words)


def fault_views(found: Sequence[Fault]) -> list[FaultView]:
    return [
        FaultView(field=_shown(f.field), code=f.code, message=_shown(f.message), limit=f.limit, value=_shown(f.value))
        for f in found[:MOST_FAULTS]
    ]


def _shown(value: Any) -> Any:
    """What a client sent, as it can be sent back: short, valid Unicode, and no number that JSON readers would bend."""
    match value:
        case str():
            return value[:300].encode(errors="replace").decode()
        case int() if value.bit_length() > 63:
            return f"a number of {value.bit_length()} bits"
        case list():
            return [_shown(each) for each in value[:20]]
    return value


def _members(error: PortwayError) -> dict[str, Any]:
    match error:
        case PartsMissing():
            return {"missing": error.missing}
        case QuotaExceeded():
            left = max(0, error.limit - error.used)
            return {
                "scope": error.scope,
                "what": error.what,
                "used": error.used,
                "limit": error.limit,
                "left": left,
                "wanted": error.wanted,
            }
        case RateLimited():
            return {"what": error.what, "retry_after_ms": error.retry_after_ms, "reduced": error.reduced}
        case WrongState():
            return {"state": error.state}
    return {}
