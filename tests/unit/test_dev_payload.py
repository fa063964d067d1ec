"""HTTP becomes the event that API Gateway makes of it (payload 2.0), and a function's answer becomes HTTP."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dev.front.payload import BadAnswer, Request, answer, event
from dev.provision.plan import Route

ROUTE = Route(method="ANY", path="/v1/{proxy+}", function="ApiFunction", authorizer="Jwt")
NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).resolve().parents[2] / "events/api_create.json"


def made(request: Request, claims: dict[str, str] | None = None, **parameters: str) -> dict[str, Any]:
    return event(request, ROUTE, parameters, claims, "api", NOW)


def test_the_event_has_the_shape_of_a_real_one() -> None:
    """Every key of a recorded event is there, at every level, with the same kind of value."""
    real = json.loads(EXAMPLE.read_text("utf-8"))
    headers = [(name, value) for name, value in real["headers"].items() if not name.startswith("x-")]
    request = Request(method="POST", target="/v1/uploads", headers=headers, body=real["body"].encode())
    ours = made(request, real["requestContext"]["authorizer"]["jwt"]["claims"], proxy="uploads")
    ours["requestContext"]["http"]["sourceIp"] = real["requestContext"]["http"]["sourceIp"]
    for name in ("accountId", "apiId", "requestId"):
        ours["requestContext"][name] = real["requestContext"][name]
    for name in ("x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"):
        ours["headers"][name] = real["headers"][name]
    assert ours == real


def test_headers_are_joined_and_cookies_apart() -> None:
    """Names are in lower case, repeated headers joined by a comma, cookies in a list of their own."""
    headers = [("Accept", "a"), ("ACCEPT", "b"), ("Cookie", "x=1; y=2"), ("Host", "api.test:80")]
    found = made(Request(method="GET", target="/v1/x", headers=headers))
    assert found["headers"]["accept"] == "a,b"
    assert "cookie" not in found["headers"]
    assert found["cookies"] == ["x=1", "y=2"]
    assert found["requestContext"]["domainName"] == "api.test:80"


def test_the_query_comes_raw_and_gathered() -> None:
    """The raw query stays as it was sent; the parsed one is decoded, with repeated names joined by a comma."""
    found = made(Request(method="GET", target="/v1/a%20b?q=1&q=%C3%A4&empty=", headers=[]))
    assert found["rawPath"] == "/v1/a b"
    assert found["rawQueryString"] == "q=1&q=%C3%A4&empty="
    assert found["queryStringParameters"] == {"q": "1,ä", "empty": ""}


def test_no_query_no_body_no_claims_no_keys() -> None:
    """What a request does not have is absent from the event, not empty."""
    found = made(Request(method="GET", target="/v1/x", headers=[]))
    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & found.keys()
    assert "authorizer" not in found["requestContext"]
    assert found["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("kind", "body", "is_base64"),
    [
        ("application/json", b'{"a": "\xc3\xa4"}', False),
        ("text/plain; charset=utf-8", b"words", False),
        ("application/octet-stream", b"words", True),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("application/json", b"\xff\xfe", True),
    ],
)
def test_only_text_goes_over_as_text(kind: str, body: bytes, is_base64: bool) -> None:
    """JSON and text are text in the event, everything else (and broken text) is base64."""
    found = made(Request(method="POST", target="/v1/x", headers=[("Content-Type", kind)], body=body))
    assert found["isBase64Encoded"] is is_base64
    text = found["body"]
    assert (base64.b64decode(text) if is_base64 else text.encode()) == body


def test_an_answer_becomes_http() -> None:
    """Status, headers, cookies and body arrive; base64 is decoded; a body without a type is plain text."""
    found = answer({"statusCode": 201, "headers": {"Location": "/x"}, "cookies": ["a=1", "b=2"], "body": "text"})
    assert found.status == 201
    assert list(found.headers) == [
        ("location", "/x"),
        ("content-type", "text/plain;charset=utf-8"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]
    assert answer({"statusCode": 200, "body": "AAE=", "isBase64Encoded": True}).body == b"\x00\x01"
    assert answer({"statusCode": "204"}).headers == []


def test_an_answer_without_a_status_is_inferred() -> None:
    """Whatever else a function returns is the JSON body of a 200, as payload 2.0 says."""
    found = answer({"hello": "world"})
    assert (found.status, found.body) == (200, b'{"hello": "world"}')


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "many"},
        {"statusCode": 200, "body": 7},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a"]},
    ],
)
def test_an_answer_that_is_no_http_is_refused(result: Any) -> None:
    """An answer that the gateway could not send is an error, not a guess."""
    with pytest.raises(BadAnswer):
        answer(result)
