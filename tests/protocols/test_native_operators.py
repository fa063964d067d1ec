"""GET /v1/operator/uploads: everybody's uploads, for operators; for others no such route."""

from __future__ import annotations

import pytest

from portway.processing import Outcome
from tests.protocols.service import COLLEAGUE, OPERATOR, OWNER, STRANGER, Claim, Service
from tests.protocols.steps import TINY, tiny
from tests.protocols.test_native_refusals import refused

LIST = "/v1/operator/uploads"
ODD = ("", "?status=odd", "?reason=odd", "?cursor=%00", "?owner=x", "?colour=blue", "?status=failed&status=expired")


def listed(api: Service, query: str = "") -> list[str]:
    answer = api.call("GET", LIST + query, who=OPERATOR)
    assert answer.status == 200, answer.text
    return [item["id"] for item in answer.document["uploads"]]


def test_an_operator_sees_all_tenants_and_whose_each_upload_is(api: Service) -> None:
    """The items are those of one's own list, with tenant and owner."""
    mine = tiny(api, "created")
    api.clock.pass_seconds(1)
    theirs = tiny(api, "published", STRANGER)
    newest, oldest = api.call("GET", LIST, who=OPERATOR).document["uploads"]
    assert [(item["id"], item["tenant"], item["owner"]) for item in (newest, oldest)] == [
        (theirs, "other", "stranger"),
        (mine, "acme", "owner"),
    ]
    own = api.call("GET", "/v1/uploads", who=OWNER).document["uploads"]
    assert [{**own[0], "tenant": "acme", "owner": "owner", "risk": {"points": 0, "level": "low"}}] == [oldest]


def test_an_operator_sees_who_is_risky(api: Service) -> None:
    """Refused files make points, for two days: every upload of the same owner shows them, and nobody else's does."""
    picture = {**TINY, "name": "no.png", "content_type": "image/png", "category": "images"}
    for _ in range(4):
        upload = api.call("POST", "/v1/uploads", picture, who=STRANGER).document
        api.put_parts(upload["signed"], {1: b"hello"})
        api.call("POST", f"/v1/uploads/{upload['id']}/complete", who=STRANGER)
        assert api.arrive(upload["id"]) is Outcome.QUARANTINED
    tiny(api, "created", OWNER)

    def risks() -> dict[str, dict[str, object]]:
        return {item["owner"]: item["risk"] for item in api.call("GET", LIST, who=OPERATOR).document["uploads"]}

    assert risks() == {"stranger": {"points": 28, "level": "medium"}, "owner": {"points": 0, "level": "low"}}
    api.clock.pass_seconds(2 * 86_400)
    assert risks()["stranger"] == {"points": 0, "level": "low"}


def test_by_status_tenant_and_owner(api: Service) -> None:
    """Each alone and together."""
    mine, theirs, done = tiny(api, "created"), tiny(api, "created", STRANGER), tiny(api, "published", COLLEAGUE)
    assert set(listed(api)) == {mine, theirs, done}
    assert set(listed(api, "?tenant=acme")) == {mine, done}
    assert listed(api, "?tenant=acme&owner=colleague") == [done]
    assert listed(api, "?status=completed") == [done]
    assert listed(api, "?status=completed&tenant=other") == []
    failed = tiny(api, "failed", STRANGER)
    assert listed(api, "?reason=error") == [failed]
    assert listed(api, "?reason=error&tenant=acme") == []
    assert listed(api, "?reason=in_review") == []


@pytest.mark.parametrize("who", [OWNER, COLLEAGUE, STRANGER, {**OWNER, "roles": "[operators]"}, {**OWNER, "roles": ""}])
@pytest.mark.parametrize("query", ODD)
def test_for_others_there_is_no_such_route(api: Service, who: Claim, query: str) -> None:
    """Byte for byte the answer of a route that was never there, whatever the query says."""
    tiny(api, "created")
    answer = api.call("GET", LIST + query, who=who)
    assert answer == api.call("GET", "/v1/operator/unknown" + query, who=who)
    refused(answer, 404, "no_such_route")


@pytest.mark.parametrize(
    ("query", "field"),
    [("?status=nonsense", "status"), ("?reason=odd", "reason"), ("?cursor=x", "cursor"), ("?owner=ann", "owner")],
)
def test_an_operator_is_told_what_is_wrong(api: Service, query: str, field: str) -> None:
    """Faults are named as on every other route."""
    problem = refused(api.call("GET", LIST + query, who=OPERATOR), 422, "invalid_request")
    assert [fault["field"] for fault in problem["errors"]] == [field]


def test_a_list_goes_on_with_its_cursor(api: Service) -> None:
    """More than a hundred uploads come in pages, without gaps or repeats."""
    made = [tiny(api, "created", {"sub": f"owner-{n}", "tenant": "acme"}) for n in range(105)]
    first = api.call("GET", LIST, who=OPERATOR).document
    second = api.call("GET", f"{LIST}?cursor={first['cursor']}", who=OPERATOR).document
    shown = [item["id"] for page in (first, second) for item in page["uploads"]]
    assert (len(first["uploads"]), second["cursor"]) == (100, None)
    assert sorted(shown) == sorted(made)
