"""Bucket policies, CORS rules and ranges, as the strict endpoint reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dev.s3 import cors, policy, reads
from dev.s3.refused import Refused


def refusal(work: Callable[..., Any], *values: Any, **options: Any) -> str:
    """Status and code of the refusal that `work` ends in."""
    with pytest.raises(Refused) as caught:
        work(*values, **options)
    return f"{caught.value.status} {caught.value.code}"


def deny(**changed: Any) -> bytes:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*", **changed}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


def is_denied(text: bytes, action: str = "s3:PutObject", resource: str = "arn:aws:s3:::b/k", **context: str) -> bool:
    values = {name.replace("_", ":"): value for name, value in context.items()}
    return any(one.applies("arn:me", action, resource, values) for one in policy.parse(text))


@pytest.mark.parametrize(
    ("statement", "context", "expected"),
    [
        ({}, {}, True),
        ({"Action": "s3:Get*"}, {}, False),
        ({"Action": ["s3:GetObject", "s3:putobject"]}, {}, True),
        ({"Resource": "arn:aws:s3:::b"}, {}, False),
        ({"Principal": {"AWS": "arn:me"}}, {}, True),
        ({"Principal": {"AWS": ["arn:you"]}}, {}, False),
        ({"Condition": {"NumericGreaterThan": {"s3:signatureAge": "900000"}}}, {"s3_signatureage": "900001.5"}, True),
        ({"Condition": {"NumericGreaterThan": {"s3:signatureAge": 900000}}}, {"s3_signatureage": "900000"}, False),
        ({"Condition": {"NumericGreaterThan": {"s3:signatureAge": "900000"}}}, {}, False),
        ({"Condition": {"StringNotEquals": {"s3:authType": "REST-QUERY-STRING"}}}, {"s3_authtype": "POST"}, True),
        ({"Condition": {"StringNotEquals": {"s3:authType": ["POST", "x"]}}}, {"s3_authtype": "POST"}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": False}}}, {"aws_securetransport": "false"}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, {"aws_securetransport": "true"}, False),
    ],
)
def test_a_deny_applies_where_all_of_it_matches(
    statement: dict[str, Any], context: dict[str, str], expected: bool
) -> None:
    """Principal, action, resource and every condition; a missing key fails a condition unless it is negated."""
    assert is_denied(deny(**statement), **context) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"no json", "400 MalformedPolicy"),
        (b"{}", "400 MalformedPolicy"),
        (deny(Condition={"NumericGreaterThan": {"s3:signatureAge": "long"}}), "400 MalformedPolicy"),
        (deny(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "501 NotImplemented"),
        (deny(Condition={"StringEquals": {"s3:max-keys": "a"}}), "501 NotImplemented"),
        (deny(Principal={"Service": "x"}), "501 NotImplemented"),
        (deny(NotAction="s3:*"), "501 NotImplemented"),
        (deny(Effect="Allow"), "403 AccessDenied"),
    ],
)
def test_a_policy_that_is_not_understood_is_not_stored(text: bytes, expected: str) -> None:
    """Nothing of a policy is silently ignored, and none may open the bucket to everybody."""
    assert refusal(policy.parse, text) == expected


def cors_rules(*origins: str) -> tuple[cors.Rule, ...]:
    named = "".join(f"<AllowedOrigin>{origin}</AllowedOrigin>" for origin in origins)
    rule = f"{named}<AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>"
    return cors.parse(f"<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>".encode())


@pytest.mark.parametrize(
    ("allowed", "origin", "shown"),
    [
        ("http://app.test", "http://app.test", "http://app.test"),
        ("http://app.test", "http://app.test.evil", None),
        ("https://*.app.test", "https://a.app.test", "https://a.app.test"),
        ("*", "http://any.test", "*"),
    ],
)
def test_cors_shows_only_admitted_origins(allowed: str, origin: str, shown: str | None) -> None:
    """Exact, with one star, or everybody; and every answer varies by origin."""
    headers = cors.answer_headers(cors_rules(allowed), origin, "PUT")
    assert headers.get("Access-Control-Allow-Origin") == shown
    assert "Origin" in headers["Vary"]
    assert "Access-Control-Allow-Origin" not in cors.answer_headers(cors_rules(allowed), origin, "GET")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-99", (2, 10)),
        ("bytes=4-", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-4", None),
        ("items=0-1", None),
        ("bytes=0-1,3-4", None),
    ],
)
def test_ranges_of_ten_bytes(text: str, expected: tuple[int, int] | None) -> None:
    """One range is served; what cannot be read is ignored; what lies outside is 416."""
    window = reads.range_of(text, 10)
    assert (window and (window.start, window.end)) == expected
    for outside in ("bytes=10-", "bytes=-0", "bytes=99-100"):
        assert refusal(reads.range_of, outside, 10) == "416 InvalidRange"
