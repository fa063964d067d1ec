"""How the routes of the native API are described in the OpenAPI document: what each answers, and when it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from portway.protocols.problems import CONTENT_TYPE, TOO_LARGE, title

WHEN = {
    "malformed_json": "the body is not JSON in UTF-8",
    "unsupported_media_type": "the body was not sent as application/json",
    "invalid_request": "the request breaks rules; `errors` names every field",
    "bad_token": "the token opens no upload, or no longer; whatever is wrong with it is answered the same way",
    "forbidden": "the token names no owner or no tenant",
    "not_found": "you have no such upload; another's is answered the same way",
    "no_such_route": "you are no operator; every unknown route is answered the same way",
    "gone": "the file was removed",
    "wrong_state": "`state` does not allow it; `detail` says what to do",
    "parts_missing": "S3 does not have every part; `missing` holds their ranges",
    "parts_differ": "what S3 holds is not what was declared; `errors` says where",
    "idempotency_key_reused": "the Idempotency-Key was used with another body",
    "quota_exceeded": "bytes or open uploads are used up; `scope` (`owner` or `tenant`), `what`, `used`, `limit`, "
    "`left` and `wanted` say how",
    "rate_limited": "you are faster than your rate; `retry_after_ms` says when the same request is admitted, `reduced` "
    "whether your rate is lower than usual",
    "internal": "something went wrong on our side",
    "busy": "the record is being changed by others; try again",
    "unavailable": "a store gave no answer, the effect may have happened; try again",
}
OUTSIDE = {"malformed_json": 400, "no_such_route": 404, "unsupported_media_type": 415, "internal": 500}
"""Statuses of the refusals that do not come from the core."""
TAGS = {"token": "tokens", "file": "files", "all": "operators", "any": "operators"}
"""What a part of an operation's name says about where it belongs."""
ALWAYS = ("internal", "busy", "unavailable")
BODY = ("malformed_json", "unsupported_media_type", "invalid_request")
OWNERS: Mapping[str, tuple[str, ...]] = {
    "create": (*BODY, "quota_exceeded", "idempotency_key_reused", "rate_limited"),
    "list_uploads": ("invalid_request",),
    "get_upload": ("not_found",),
    "cancel": ("not_found", "wrong_state"),
    "list_parts": ("not_found", "invalid_request"),
    "sign_parts": (*BODY, "not_found", "wrong_state", "quota_exceeded", "rate_limited"),
    "report_progress": (*BODY, "not_found", "parts_differ"),
    "complete": (*BODY, "not_found", "wrong_state", "parts_missing", "parts_differ"),
    "retry_upload": ("not_found", "wrong_state", "gone", "quota_exceeded"),
    "give_token": (*BODY, "not_found", "wrong_state"),
    "revoke_token": ("not_found",),
    "get_file": ("not_found", "wrong_state", "gone"),
    "get_file_url": ("not_found", "wrong_state", "gone", "invalid_request"),
    "delete_file": ("not_found", "wrong_state"),
}
UNKNOWN_TO_OTHERS = ("no_such_route", "not_found")
DECISION = (*BODY, *UNKNOWN_TO_OTHERS, "wrong_state", "gone", "quota_exceeded")
FOR_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "list_all_uploads": ("no_such_route", "invalid_request"),
    "get_any_upload": UNKNOWN_TO_OTHERS,
    "get_any_url": (*UNKNOWN_TO_OTHERS, "wrong_state", "gone"),
    "release_any_upload": DECISION,
    "reject_any_upload": DECISION,
    "retry_any_upload": DECISION,
    "remove_any_upload": (*BODY, *UNKNOWN_TO_OTHERS, "wrong_state"),
}
BY_TOKEN = "_by_token"
"""How the operations end in whose requests the token of one upload stands instead of a JWT."""
STEPS = ("get_upload", "list_parts", "sign_parts", "report_progress", "complete")
"""What can be asked by token, too: refused as its owner is, but for an upload that is not there."""
REFUSED = {
    **OWNERS,
    **FOR_OPERATORS,
    **{step + BY_TOKEN: tuple(code for code in OWNERS[step] if code != "not_found") for step in STEPS},
}
"""With which codes an operation may refuse, besides those of every operation."""


def document(operation: str, words: str | None, answers: dict[int, Any], statuses: Mapping[str, int]) -> dict[str, Any]:
    """Arguments of the resolver's `route` that describe one operation; `statuses` are those of the core's codes."""
    summary, _, rest = (words or "").strip().partition("\n")
    good = {status: _good(status, view) for status, view in answers.items()}
    own: dict[str, Any] = {"security": [{"capability": []}]} if operation.endswith(BY_TOKEN) else {}
    return {
        "summary": operation.replace("_", " ").capitalize(),
        "description": " ".join([summary, *rest.split()]).strip(),
        "operation_id": operation,
        "tags": [next((tag for part, tag in TAGS.items() if part in operation), "uploads")],
        "responses": {**good, **_refusals(operation, statuses)},
        **own,
    }


def _good(status: int, view: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"model": view}}} if view else {}
    return {"description": HTTPStatus(status).phrase, **content}


def _refusals(operation: str, statuses: Mapping[str, int]) -> dict[int, dict[str, Any]]:
    """The Problem's schema is named, not handed over: a cold start would pay for each."""
    told: dict[int, list[str]] = {}
    who = "bad_token" if operation.endswith(BY_TOKEN) else "forbidden"
    for code in (*REFUSED[operation], who, *ALWAYS):
        for status in _statuses(operation, code, statuses):
            told.setdefault(status, []).append(f"`{code}`: {WHEN[code]}.")
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {s: {"description": " ".join([f"{title(s)}.", *told[s]]), "content": content} for s in sorted(told)}


def _statuses(operation: str, code: str, statuses: Mapping[str, int]) -> Iterator[int]:
    yield OUTSIDE[code] if code in OUTSIDE else statuses[code]
    if code == "invalid_request" and "malformed_json" in REFUSED[operation]:
        yield TOO_LARGE
