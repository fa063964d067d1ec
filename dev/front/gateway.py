"""An HTTP API on a laptop: route, authorize, hand over, wait at most 30 s; CORS and refusals as AWS answers them.

What the gateway answers itself is not problem+json and carries no CORS headers.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime

import jwt

from dev.front import authorizer, payload
from dev.front.compute import Compute, FunctionFailed, PayloadTooLarge
from dev.front.payload import Answer, BadAnswer, Request
from dev.provision.plan import Cors, Plan, Route

BODY_BYTES = 10 * 1024 * 1024
"""The largest request body (quota of HTTP APIs, payload size)."""
SECONDS = 30.0
"""How long an integration may take (quota of HTTP APIs, maximum integration timeout)."""

log = logging.getLogger(__name__)


def refusal(status: int, message: str, **headers: str) -> Answer:
    """An answer of the gateway itself."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Answer(status=status, headers=[("content-type", "application/json"), *named], body=body)


UNAUTHORIZED = refusal(401, "Unauthorized", www_authenticate="Bearer")
FORBIDDEN = refusal(403, "Forbidden")
NOT_FOUND = refusal(404, "Not Found")
TOO_LARGE = refusal(413, "Request Entity Too Large")
BROKEN = refusal(500, "Internal Server Error")
UNAVAILABLE = refusal(503, "Service Unavailable")


class Gateway:
    """Answers requests by the routes of a plan. `seconds` is the patience with a function."""

    def __init__(
        self,
        plan: Plan,
        keys: jwt.PyJWKSet,
        compute: Compute,
        seconds: float = SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._plan, self._keys, self._compute, self._seconds, self._now = plan, keys, compute, seconds, now
        self._routes = sorted(((route, _pattern(route.path)) for route in plan.routes), key=lambda row: _rank(row[0]))

    async def answer(self, request: Request) -> Answer:
        """The whole way of one request."""
        if is_preflight(request) and self._plan.cors:
            return preflight(request, self._plan.cors)
        if len(request.body) > BODY_BYTES:
            return TOO_LARGE
        route, path_parameters = self._match(request)
        if route is None:
            return NOT_FOUND
        try:
            claims = self._claims(request, route)
        except authorizer.Unauthorized as error:
            log.info("401 %s %s: %s", request.method, request.path, error)
            return UNAUTHORIZED
        except authorizer.Forbidden:
            return FORBIDDEN
        event = payload.event(request, route, path_parameters, claims, self._plan.api_id, self._now())
        given = await self._integration(route.function, event)
        return given if self._plan.cors is None else with_cors(request, given, self._plan.cors)

    def _match(self, request: Request) -> tuple[Route | None, dict[str, str]]:
        for route, pattern in self._routes:
            found = pattern.fullmatch(request.path) if route.method in ("ANY", request.method) else None
            if found:
                return route, found.groupdict()
        return None, {}

    def _claims(self, request: Request, route: Route) -> dict[str, str] | None:
        if route.authorizer is None:
            return None
        chosen = self._plan.authorizers[route.authorizer]
        return authorizer.claims(request.header("authorization"), chosen, self._keys, route.scopes)

    async def _integration(self, function: str, event: dict[str, object]) -> Answer:
        """The function's answer, or the gateway's when there is none. A late function runs on, nobody hears it."""
        running = asyncio.ensure_future(self._compute.invoke(function, event))
        try:
            return payload.answer(await asyncio.wait_for(asyncio.shield(running), self._seconds))
        except TimeoutError:
            running.add_done_callback(_hear_out)
            return UNAVAILABLE
        except PayloadTooLarge:
            return TOO_LARGE
        except (FunctionFailed, BadAnswer) as error:
            log.error("%s", error)
            return BROKEN


def _hear_out(late: asyncio.Future[object]) -> None:
    """Take the outcome of a late invocation, so that asyncio does not call it forgotten."""
    if not late.cancelled():
        late.exception()


def _pattern(path: str) -> re.Pattern[str]:
    """A route's path as an expression: {name} is one segment, {name+} everything that is left."""
    parts = re.split(r"\{(\w+)(\+?)\}", path)
    text = re.escape(parts[0])
    for name, greedy, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        text += f"(?P<{name}>{'.+' if greedy else '[^/]+'}){re.escape(rest)}"
    return re.compile(text)


def _rank(route: Route) -> tuple[bool, int, bool]:
    """The most specific route wins: exact before variable before greedy, a method before ANY."""
    return ("+}" in route.path, route.path.count("{"), route.method == "ANY")


def is_preflight(request: Request) -> bool:
    asked = request.header("origin") and request.header("access-control-request-method")
    return request.method == "OPTIONS" and bool(asked)


def preflight(request: Request, cors: Cors) -> Answer:
    """The gateway's own answer to a preflight; without CORS headers for an origin that is not allowed."""
    headers = _origin_headers(request, cors)
    if headers:
        headers += [("access-control-allow-methods", ",".join(cors.allow_methods))]
        headers += [("access-control-allow-headers", ",".join(cors.allow_headers))]
        headers += [("access-control-max-age", str(cors.max_age))] if cors.max_age is not None else []
    return Answer(status=204, headers=headers)


def with_cors(request: Request, given: Answer, cors: Cors) -> Answer:
    """A function's answer with the gateway's CORS headers; those of the function itself are dropped."""
    own = [(name, value) for name, value in given.headers if not name.startswith("access-control-")]
    added = _origin_headers(request, cors)
    if added and cors.expose_headers:
        added += [("access-control-expose-headers", ",".join(cors.expose_headers))]
    return Answer(status=given.status, headers=[*own, *added], body=given.body)


def _origin_headers(request: Request, cors: Cors) -> list[tuple[str, str]]:
    origin = request.header("origin")
    if origin is None or not {origin, "*"} & set(cors.allow_origins):
        return []
    allowed = [("access-control-allow-origin", origin if origin in cors.allow_origins else "*")]
    return allowed + ([("access-control-allow-credentials", "true")] if cors.allow_credentials else [])
