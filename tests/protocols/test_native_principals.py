"""Who asks: from the claims that the gateway verified, and from nothing else in a request."""

from __future__ import annotations

from typing import Any

import pytest

from portway.errors import Forbidden
from portway.model import Principal
from portway.protocols.principals import Claims, words
from tests.protocols.service import OWNER, Service
from tests.protocols.steps import BY_JWT, FILE, created
from tests.protocols.test_native_refusals import refused

UNUSABLE: dict[str, dict[str, Any] | None] = {
    "no authorizer": None,
    "no claims": {},
    "no tenant": {"sub": "owner"},
    "an empty tenant": {"sub": "owner", "tenant": ""},
    "no owner": {"tenant": "acme"},
    "an empty owner": {"sub": "", "tenant": "acme"},
    "a tenant that fits no key": {"sub": "owner", "tenant": "\u5b57" * 101},
    "half a surrogate pair": {"sub": "owner", "tenant": "\ud800"},
}


@pytest.mark.parametrize("claims", UNUSABLE.values(), ids=UNUSABLE.keys())
@pytest.mark.parametrize("route", BY_JWT, ids=lambda route: route[2])
def test_a_token_without_tenant_or_owner_opens_nothing(
    api: Service, route: tuple[str, str, str, Any], claims: dict[str, Any] | None
) -> None:
    """403 on every route, and the answer says which claim is missing."""
    method, path, operation, _ = route
    bodies = {"create": FILE, "sign_parts": {"numbers": [1]}, "report_progress": {"stored": []}}
    body = bodies.get(operation, {"why": "seen"} if method == "POST" and "any" in operation else None)
    answer = api.call(method, path.replace("<upload_id>", "0" * 26).replace("<file_id>", "0" * 26), body, who=claims)
    problem = refused(answer, 403, "forbidden")
    assert "'sub'" in problem["detail"] or "'tenant'" in problem["detail"]
    assert not api.sessions.uploads


def test_owner_and_tenant_come_from_the_token(api: Service) -> None:
    """Headers and queries that claim otherwise change nothing, and fields of the body are refused."""
    headers = {"x-tenant": "other", "x-amzn-oidc-identity": "stranger", "x-forwarded-user": "stranger"}
    answer = api.call("POST", "/v1/uploads?tenant=other&sub=stranger", FILE, headers=headers)
    upload = api.sessions.uploads[answer.document["id"]]
    assert (upload.tenant, upload.owner) == ("acme", "owner")
    for field in ("tenant", "owner", "sub", "key", "upload_id"):
        refused(api.call("POST", "/v1/uploads", {**FILE, field: "other"}), 422, "invalid_request")


def test_odd_names_of_tenants_are_kept_apart(api: Service) -> None:
    """Separators, blanks and Unicode in claims never make two principals one."""
    odd: list[dict[str, Any]] = [
        {"sub": "b#c", "tenant": "a"},
        {"sub": "c", "tenant": "a#b"},
        {"sub": "b/c", "tenant": "a"},
        {"sub": "c", "tenant": "a/b"},
        {"sub": "é", "tenant": "ü"},
        {"sub": "e\u0301", "tenant": "ü"},
        {"sub": " ", "tenant": "a"},
    ]
    ids = {created(api, who=who)["id"]: who for who in odd}
    for upload_id in ids:
        seen = [who for who in odd if api.call("GET", f"/v1/uploads/{upload_id}", who=who).status == 200]
        assert seen == [ids[upload_id]]
    for who in odd:
        assert len(api.call("GET", "/v1/uploads", who=who).document["uploads"]) == 1


@pytest.mark.parametrize(
    ("claim", "is_operator"),
    [
        ("[operator]", True),
        ("[member operator]", True),
        ("operator", True),
        ("member operator", True),
        (["member", "operator"], True),
        ("[member]", False),
        ("[operators]", False),
        ("[co-operator member]", False),
        ("OPERATOR", False),
        ("", False),
        (None, False),
    ],
)
def test_roles_come_as_the_gateway_writes_them(claim: object, is_operator: bool) -> None:
    """An HTTP API hands arrays over as `[a b]`; only the whole word makes an operator."""
    assert Claims().principal({**OWNER, "roles": claim}) == Principal("acme", "owner", is_operator)


def test_the_names_of_claims_are_parameters() -> None:
    """Every identity provider has its own."""
    claims = Claims("custom:organisation", "scope", "portway/operate")
    token = {"sub": "owner", "custom:organisation": "acme", "scope": "openid portway/operate"}
    assert claims.principal(token) == Principal("acme", "owner", True)
    with pytest.raises(Forbidden, match="custom:organisation"):
        claims.principal(OWNER)


def test_words_of_a_claim() -> None:
    """The same words, however the claim came."""
    assert words("[a b]") == words("a b") == words(["a", "b"]) == ["a", "b"]
    assert words("[]") == words("") == words(None) == []
