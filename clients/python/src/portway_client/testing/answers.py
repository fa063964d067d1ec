"""What Portway, its gateway and S3 say, in the shapes in which they say it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from portway_client.errors import Fault
from portway_client.transport import Response

RETRY_SECONDS = 2
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
RETRYABLE = {429, 503}


class Refused(Exception):
    """The API says no, with a problem document (RFC 9457)."""

    def __init__(self, status: int, code: str, detail: str, errors: Sequence[Fault] = (), **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.errors, self.more = status, code, detail, errors, more


class RefusedByS3(Exception):
    """S3 says no, in XML."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(errors: Sequence[Fault]) -> Refused:
    """Everything that is wrong with a request, at once. 413 when the file or the body is larger than anybody may."""
    too_large = any(fault.code == "too_large" and fault.field in ("size", "body") for fault in errors)
    words = " ".join(fault.message for fault in errors[:10])
    return Refused(413 if too_large else 422, "invalid_request", words, errors)


def document(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, {"content-type": "application/json", **(headers or {})}, json.dumps(content).encode())


def gateway(status: int, retry_after: float | None = None) -> Response:
    """What the gateway answers itself is no problem document."""
    return document(status, {"message": _title(status)}, _retry_after(retry_after))


def problem(refused: Refused, retry_after: float | None = None) -> Response:
    fault = {"limit": None, "value": None}
    content = {
        "type": f"urn:portway:problem:{refused.code}",
        "title": _title(refused.status),
        "status": refused.status,
        "code": refused.code,
        "detail": refused.detail,
        "retryable": refused.status in RETRYABLE or refused.code == "internal",
        "errors": [
            {**fault, "field": f.field, "code": f.code, "message": f.message, "limit": f.limit, "value": f.value}
            for f in refused.errors
        ],
        **refused.more,
    }
    if content["retryable"] and retry_after is None:
        retry_after = RETRY_SECONDS
    answer = document(refused.status, content, _retry_after(retry_after))
    return Response(answer.status, {**answer.headers, "content-type": "application/problem+json"}, answer.body)


def s3_error(status: int, code: str, message: str, retry_after: float | None = None) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'
    return Response(status, {"content-type": "application/xml", **_retry_after(retry_after)}, body.encode())


def _retry_after(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": f"{seconds:g}"}


def _title(status: int) -> str:
    return TITLES.get(status) or HTTPStatus(status).phrase
