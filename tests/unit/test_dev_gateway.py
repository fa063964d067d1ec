"""The front answers as an HTTP API does: routing, tokens, limits, CORS, and its own refusals word for word."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from dev.front.compute import FunctionFailed, PayloadTooLarge
from dev.front.gateway import BODY_BYTES, Gateway
from dev.front.payload import Answer, Request
from dev.identity import AUDIENCE, Claims, Identity
from dev.provision.plan import Authorizer, Cors, Plan, Route

ISSUER, ORIGIN = "http://issuer.test", "http://page.test"
PREFLIGHT = {"Access-Control-Request-Method": "POST"}
IDENTITY = Identity.create()
NAMES = Claims("tenant", "roles", "operator")
TOKENS = IDENTITY.tokens(ISSUER, NAMES)
PLAN = Plan(
    api_id="api",
    routes=[
        Route(method="ANY", path="/v1/{proxy+}", function="Api", authorizer="Jwt"),
        Route(method="OPTIONS", path="/v1/{proxy+}", function="Options"),
        Route(method="GET", path="/v1/uploads/{id}", function="One"),
        Route(method="ANY", path="/v1/health", function="Health"),
        Route(method="GET", path="/v1/scoped", function="Scoped", authorizer="Jwt", scopes=["admin"]),
    ],
    authorizers={"Jwt": Authorizer(issuer=ISSUER, audience=[AUDIENCE])},
    cors=Cors(
        allow_origins=[ORIGIN],
        allow_methods=["GET", "POST"],
        allow_headers=["authorization"],
        expose_headers=["retry-after"],
        max_age=3000,
    ),
)


class FakeCompute:
    """Answers with the event it got, or does what a test wants."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.error: Exception | None = None
        self.hang = asyncio.Event()
        self.hangs = False

    async def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        self.calls.append((function, event))
        if self.hangs:
            await self.hang.wait()
        if self.error:
            raise self.error
        return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "http://evil"}, "body": function}


@pytest.fixture
def compute() -> FakeCompute:
    return FakeCompute()


@pytest.fixture
def gateway(compute: FakeCompute) -> Gateway:
    return Gateway(PLAN, jwt.PyJWKSet.from_dict(IDENTITY.jwks), compute, seconds=0.02)


def request(
    method: str = "GET",
    target: str = "/v1/uploads",
    headers: Mapping[str, str] | None = None,
    *,
    token: str | None = TOKENS["owner"],
    body: bytes = b"",
) -> Request:
    sent = list((headers or {}).items())
    return Request(
        method=method,
        target=target,
        body=body,
        headers=[*sent, *([("Authorization", f"Bearer {token}")] if token else [])],
    )


def assert_own(answer: Answer, status: int, message: str) -> None:
    """An answer of the gateway: its exact body, no problem document, no CORS."""
    assert answer.status == status
    assert answer.body == json.dumps({"message": message}, separators=(",", ":")).encode()
    names = [name for name, _ in answer.headers]
    assert dict(answer.headers)["content-type"] == "application/json"
    assert not [name for name in names if name.startswith("access-control")]


async def test_the_most_specific_route_wins(gateway: Gateway, compute: FakeCompute) -> None:
    """Exact before variable before greedy, a named method before ANY."""
    await gateway.answer(request("GET", "/v1/health"))
    await gateway.answer(request("GET", "/v1/uploads/7"))
    await gateway.answer(request("DELETE", "/v1/uploads/7?x=1"))
    await gateway.answer(request("OPTIONS", "/v1/anything", token=None))
    assert [name for name, _ in compute.calls] == ["Health", "One", "Api", "Options"]
    assert compute.calls[1][1]["pathParameters"] == {"id": "7"}
    assert compute.calls[2][1]["pathParameters"] == {"proxy": "uploads/7"}


async def test_claims_reach_the_function_as_strings(gateway: Gateway, compute: FakeCompute) -> None:
    """An HTTP API hands every claim over as a string, a list as `[a b]`."""
    await gateway.answer(request(token=TOKENS["operator"]))
    claims = compute.calls[0][1]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["sub"], claims["roles"], claims["tenant"]) == ("operator", "[operator]", "operations")
    assert claims["exp"].isdecimal()
    await gateway.answer(request(token=_token(aud=["x", AUDIENCE], flag=True, deep={"b": [1, 2], "a": None})))
    claims = compute.calls[1][1]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["aud"], claims["flag"], claims["deep"]) == (f"[x {AUDIENCE}]", "true", "map[a:None b:[1 2]]")


def _token(signed_by: Identity = IDENTITY, **claims: Any) -> str:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "owner", "iat": now, "exp": now + 60}
    return signed_by.token({name: value for name, value in {**usual, **claims}.items() if value is not ...})


async def test_a_bare_token_is_good_too(gateway: Gateway) -> None:
    """The header may hold the token without the word Bearer."""
    sent = Request(method="GET", target="/v1/uploads", headers=[("authorization", TOKENS["owner"])])
    assert (await gateway.answer(sent)).status == 200


BAD_TOKENS = {
    "none": None,
    "no token at all": "nonsense",
    "expired": _token(exp=int(time.time()) - 1),
    "without an end": _token(exp=...),
    "not yet": _token(nbf=int(time.time()) + 60),
    "from the future": _token(iat=int(time.time()) + 600),
    "another issuer": _token(iss="http://elsewhere.test"),
    "another audience": _token(aud="somebody"),
    "without audience": _token(aud=...),
    "another key": _token(Identity.create()),
    "a symmetric key": jwt.encode({"iss": ISSUER, "aud": AUDIENCE}, "x" * 32, "HS256", {"kid": "x"}),
    "tampered": TOKENS["owner"][:-8] + "AAAAAAAA",
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
async def test_a_token_that_is_not_good_is_401(gateway: Gateway, compute: FakeCompute, token: str | None) -> None:
    """Missing, expired, foreign or forged: the gateway says Unauthorized and the function hears nothing."""
    answer = await gateway.answer(request(headers={"Origin": ORIGIN}, token=token))
    assert_own(answer, 401, "Unauthorized")
    assert compute.calls == []


async def test_client_id_counts_where_there_is_no_audience(gateway: Gateway) -> None:
    """Cognito's access tokens name their client instead of an audience."""
    assert (await gateway.answer(request(token=_token(aud=..., client_id=AUDIENCE)))).status == 200


async def test_a_missing_scope_is_403(gateway: Gateway) -> None:
    """A route that asks for a scope refuses tokens without it."""
    assert_own(await gateway.answer(request("GET", "/v1/scoped")), 403, "Forbidden")
    assert (await gateway.answer(request("GET", "/v1/scoped", token=_token(scope="a admin")))).status == 200


async def test_an_unknown_path_is_404(gateway: Gateway) -> None:
    """No route: the gateway's own 404."""
    for target in ("/", "/v2/uploads", "/v1", "/v1/"):
        assert_own(await gateway.answer(request("GET", target)), 404, "Not Found")


async def test_ten_megabytes_are_the_limit(gateway: Gateway, compute: FakeCompute) -> None:
    """A larger body is 413, and so is one that Lambda does not take."""
    answer = await gateway.answer(request("POST", body=bytes(BODY_BYTES + 1)))
    assert_own(answer, 413, "Request Entity Too Large")
    assert compute.calls == []
    compute.error = PayloadTooLarge("7 MB")
    assert_own(await gateway.answer(request("POST", body=b"x")), 413, "Request Entity Too Large")


async def test_a_function_that_takes_too_long_is_503(gateway: Gateway, compute: FakeCompute) -> None:
    """The gateway gives up, the function does not: it runs on to its end."""
    compute.hangs = True
    assert_own(await gateway.answer(request()), 503, "Service Unavailable")
    compute.hang.set()


async def test_a_function_that_fails_is_500(gateway: Gateway, compute: FakeCompute) -> None:
    """The client learns nothing of the reason."""
    compute.error = FunctionFailed("KeyError: secret")
    assert_own(await gateway.answer(request()), 500, "Internal Server Error")


async def test_a_preflight_is_answered_by_the_gateway(gateway: Gateway, compute: FakeCompute) -> None:
    """The browser's question needs no token and reaches no function."""
    asked = request("OPTIONS", headers={"Origin": ORIGIN, **PREFLIGHT}, token=None)
    answer = await gateway.answer(asked)
    assert (answer.status, answer.body, compute.calls) == (204, b"", [])
    assert dict(answer.headers) == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization",
        "access-control-max-age": "3000",
    }


async def test_a_preflight_from_elsewhere_gets_no_permission(gateway: Gateway) -> None:
    """An origin that is not allowed gets an answer without a single CORS header."""
    asked = request("OPTIONS", headers={"Origin": "http://evil.test", **PREFLIGHT}, token=None)
    answer = await gateway.answer(asked)
    assert (answer.status, list(answer.headers)) == (204, [])


async def test_answers_carry_the_gateways_cors_headers(gateway: Gateway) -> None:
    """For an allowed origin only; what the function says about CORS is dropped."""
    allowed = dict((await gateway.answer(request(headers={"Origin": ORIGIN}))).headers)
    assert allowed["access-control-allow-origin"] == ORIGIN
    assert allowed["access-control-expose-headers"] == "retry-after"
    for headers in ({}, {"Origin": "http://evil.test"}):
        answer = await gateway.answer(request(headers=headers))
        assert not [name for name, _ in answer.headers if name.startswith("access-control")]
