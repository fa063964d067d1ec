"""How the routes of the native API are described in the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from portway.protocols.problems import CONTENT_TYPE, Problem

REFUSALS = (400, 401, 403, 404, 409, 410, 413, 422, 500, 503)
FROM_GATEWAY = frozenset({401})
"""Answered by the gateway before our code runs: not a problem document."""


def document(operation: str, words: str | None, answers: dict[int, Any]) -> dict[str, Any]:
    """Arguments of the resolver's `route` that describe one operation."""
    summary, _, rest = (words or "").strip().partition("\n")
    description = " ".join([summary, *rest.split()]).strip()
    good = {status: _good(status, view) for status, view in answers.items()}
    return {
        "summary": operation.replace("_", " ").capitalize(),
        "description": description,
        "operation_id": operation,
        "tags": ["files" if "file" in operation else "uploads"],
        "responses": {**good, **{status: _refusal(status) for status in REFUSALS}},
        "security": [{"bearer": []}],
    }


def _good(status: int, view: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"model": view}}} if view else {}
    return {"description": HTTPStatus(status).phrase, **content}


def _refusal(status: int) -> dict[str, Any]:
    phrase = HTTPStatus(status).phrase
    if status in FROM_GATEWAY:
        return {"description": f"{phrase}, answered by the gateway"}
    return {"description": phrase, "content": {CONTENT_TYPE: {"model": Problem}}}
