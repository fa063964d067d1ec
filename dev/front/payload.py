"""HTTP requests as HTTP API events of payload version 2.0, and the answers of functions as HTTP. Pure.

Shapes: API Gateway developer guide, "Work with AWS Lambda proxy integrations for HTTP APIs". An HTTP API hands over
`rawPath` decoded, as captures of real events show.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from dev.provision.names import ACCOUNT
from dev.provision.plan import Route

TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
"""Bodies of these content types go over as text, all others in base64."""


class BadAnswer(Exception):
    """The function answered something that API Gateway cannot turn into HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. `target` is path and query as they were sent, `headers` in their order, names as sent."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes = b""
    source_ip: str = "127.0.0.1"

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.target.partition("?")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer. Header names in lower case; a name may come more than once (set-cookie)."""

    status: int
    headers: Sequence[tuple[str, str]] = field(default=())
    body: bytes = b""


def event(
    request: Request,
    route: Route,
    path_parameters: Mapping[str, str],
    claims: Mapping[str, str] | None,
    api_id: str,
    now: datetime,
) -> dict[str, Any]:
    """The event that a function gets for `request`. `claims` is None on a route without authorizer."""
    headers = _joined(request)
    raw_query = request.target.partition("?")[2]
    context = _context(request, headers, route, api_id, now)
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": request.path,
        "rawQueryString": raw_query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if cookies := [value for key, value in request.headers if key.lower() == "cookie"]:
        made["cookies"] = [cookie.strip() for row in cookies for cookie in row.split(";")]
    if raw_query:
        made["queryStringParameters"] = _gathered(parse_qsl(raw_query, keep_blank_values=True))
    if path_parameters:
        made["pathParameters"] = dict(path_parameters)
    return {**made, **_body(request)}


def _context(request: Request, headers: Mapping[str, str], route: Route, api_id: str, now: datetime) -> dict[str, Any]:
    host = headers.get("host", "")
    return {
        "accountId": ACCOUNT,
        "apiId": api_id,
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": base64.b64encode(uuid.uuid4().bytes[:11]).decode(),
        "routeKey": f"{route.method} {route.path}",
        "stage": "$default",
        "time": now.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _joined(request: Request) -> dict[str, str]:
    """Headers in lower case, repeated ones joined; cookies have a place of their own."""
    own = [(key.lower(), value) for key, value in request.headers if key.lower() != "cookie"]
    port = (request.header("host") or "").partition(":")[2] or "80"
    forwarded = [("x-forwarded-for", request.source_ip), ("x-forwarded-port", port), ("x-forwarded-proto", "http")]
    return _gathered([*own, *forwarded, ("x-amzn-trace-id", f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}")])


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        found[key] = f"{found[key]},{value}" if key in found else value
    return found


def _body(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    kind = (request.header("content-type") or "text/plain").lower()
    if kind.startswith(TEXT_TYPES):
        try:
            return {"body": request.body.decode()}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def answer(result: Any) -> Answer:
    """What the client gets. A result without statusCode is a body for a 200, as payload 2.0 infers. BadAnswer."""
    if not isinstance(result, Mapping) or "statusCode" not in result:
        body = result if isinstance(result, str) else json.dumps(result)
        return Answer(status=200, headers=[("content-type", "application/json")], body=body.encode())
    try:
        status = int(result["statusCode"])
        text = result.get("body") or ""
        body_bytes = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
        headers = {str(key).lower(): str(value) for key, value in (result.get("headers") or {}).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise BadAnswer(str(error)) from error
    if body_bytes:
        headers.setdefault("content-type", "text/plain;charset=utf-8")
    cookies = [("set-cookie", cookie) for cookie in result.get("cookies") or []]
    return Answer(status=status, headers=[*headers.items(), *cookies], body=body_bytes)
