"""The matrix: every route of the table, for everybody, with real tokens through the gateway.

tests/protocols/test_native_isolation.py asks the same of the API alone, byte for byte; a new route fails in both.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from dev.front.payload import Answer
from portway.protocols import native
from tests.protocols.steps import BY_JWT, TINY, tiny
from tests.protocols.test_native_isolation import REQUESTS, UNKNOWN
from tests.security.front import TOKENS, Front
from tests.security.tokens import EXPIRED, FORGED

NOBODY = {
    "anonymous": None,
    "expired": EXPIRED,
    "forged": FORGED["a stranger's key under our kid"],
    "unsigned": FORGED["alg none"],
}
SIGNED_IN = ("colleague", "stranger", "operator")
ABOUT_ONE = [
    pytest.param(method, path, until, body, id=f"{operation}-{until}-{position}")
    for method, path, operation, _ in native.ROUTES
    for position, (until, body) in enumerate(REQUESTS.get(operation, []))
]


def ask(front: Front, method: str, path: str, upload_id: str, body: Any, token: str | None) -> Answer:
    return front.ask(method, path.replace("<upload_id>", upload_id).replace("<file_id>", upload_id), body, token)


@pytest.mark.parametrize("token", NOBODY.values(), ids=NOBODY.keys())
@pytest.mark.parametrize("route", BY_JWT, ids=lambda route: route[2])
def test_without_a_good_token_every_route_says_the_same(
    front: Front, route: tuple[str, str, str, Any], token: str | None
) -> None:
    """401, whether there is such an upload or not; our code is not asked and nothing changes."""
    method, path, _, _ = route
    upload_id = tiny(front.service, "sent")
    before = front.held()
    answers = {ask(front, method, path, each, None, token).body for each in (upload_id, UNKNOWN)}
    assert answers == {b'{"message":"Unauthorized"}'}
    assert (front.calls, front.held()) == ([], before)


@pytest.mark.parametrize("who", SIGNED_IN)
@pytest.mark.parametrize(("method", "path", "until", "body"), ABOUT_ONE)
def test_anothers_upload_is_no_upload(
    front: Front, method: str, path: str, until: str, body: dict[str, Any] | None, who: str
) -> None:
    """Colleague, stranger and operator: 404 as for an id that never was, and nothing changes."""
    upload_id = tiny(front.service, until)
    before = front.held()
    foreign, unknown = (ask(front, method, path, each, body, TOKENS[who]) for each in (upload_id, UNKNOWN))
    assert (foreign.status, foreign) == (404, unknown)
    assert front.held() == before


@pytest.mark.parametrize(("method", "path", "until", "body"), ABOUT_ONE)
def test_its_owner_is_answered(front: Front, method: str, path: str, until: str, body: dict[str, Any] | None) -> None:
    """The same requests with the owner's token reach the upload: the matrix asks something."""
    assert ask(front, method, path, tiny(front.service, until), body, TOKENS["owner"]).status not in (401, 403, 404)


@pytest.mark.parametrize("who", SIGNED_IN)
def test_lists_and_creates_are_ones_own(front: Front, who: str) -> None:
    """The routes about no upload in particular: what one creates, another never finds in a list."""
    made = json.loads(front.ask("POST", "/v1/uploads", TINY, TOKENS[who]).body)["id"]
    tiny(front.service, "created")
    shown = json.loads(front.ask("GET", "/v1/uploads", token=TOKENS[who]).body)["uploads"]
    assert [item["id"] for item in shown] == [made]


@pytest.mark.parametrize("who", [None, "owner", "stranger", "operator"])
def test_no_route_is_hidden(front: Front, who: str | None) -> None:
    """Every method on every path of the table is either in the table or unknown: no verb was forgotten."""
    known = {(method, path) for method, path, _, _ in BY_JWT}
    for path in sorted({path for _, path in known}):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PROPFIND"):
            if (method, path) not in known:
                answer = ask(front, method, path, UNKNOWN, None, TOKENS[who] if who else None)
                assert answer.status == (404 if who else 401), (method, path)


def test_operators_have_routes_of_their_own(front: Front) -> None:
    """Whoever is no operator gets, below /v1/operator, the answer of a path that does not exist; nothing changes."""
    upload_id = tiny(front.service, "failed")
    before = front.held()
    routes = [("GET", "/v1/operator"), ("GET", "/v1/operator/nothing"), *((m, p) for m, p, _, _ in BY_JWT)]
    routes = [(m, p.replace("<upload_id>", upload_id)) for m, p in routes if p.startswith("/v1/operator")]
    for who in ("owner", "colleague", "stranger"):
        answers = [front.ask(method, path, token=TOKENS[who]) for method, path in routes]
        assert {(answer.status, answer.body) for answer in answers} == {(404, answers[0].body)}
    for token in NOBODY.values():
        assert {front.ask(method, path, token=token).status for method, path in routes} == {401}
    assert front.held() == before
