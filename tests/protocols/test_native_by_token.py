"""A phone with the token of one upload: it can finish that upload as its owner can, and nothing else."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from portway.errors import Unavailable
from portway.protocols import native_by_token
from portway.quotas import Quota
from portway.rates import Metered, Rate
from tests.protocols.documented import DocumentedService
from tests.protocols.service import COLLEAGUE, OPERATOR, Answer, Service, service
from tests.protocols.steps import BODIES, SIZE, created, given, sent, tiny, tiny_with_token

OWNERS = {  # operation → the path on which its owner asks the same
    "get_upload_by_token": "/v1/uploads/{}",
    "list_parts_by_token": "/v1/uploads/{}/parts",
    "sign_parts_by_token": "/v1/uploads/{}/parts",
    "report_progress_by_token": "/v1/uploads/{}/progress",
    "complete_by_token": "/v1/uploads/{}/complete",
}
REQUESTS: dict[str, list[tuple[str, Any]]] = {
    # operation: how far the upload came, and the body
    "get_upload_by_token": [("created", None), ("sent", None), ("published", None), ("removed", None)],
    "list_parts_by_token": [("sent", None), ("completed", None)],
    "sign_parts_by_token": [
        ("created", {"numbers": [1]}),
        ("created", {"range": [1, 1], "form": "template"}),
        ("created", {"numbers": [2]}),
        ("created", {"numbers": 1}),
        ("completed", {"numbers": [1]}),
    ],
    "report_progress_by_token": [("created", {"stored": [[1, 1]]}), ("created", {"stored": [[1, 9]]})],
    "complete_by_token": [("sent", None), ("sent", {"size": 5}), ("sent", {"size": 4}), ("created", {})],
}
CASES = [
    pytest.param(method, path, operation, until, body, id=f"{operation}-{until}-{position}")
    for method, path, operation, _ in native_by_token.ROUTES
    for position, (until, body) in enumerate(REQUESTS.get(operation, []))
]


def ask(api: Service, method: str, path: str, body: Any, token: str | None) -> Answer:
    """A request as it comes through a route without authorizer."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return api.call(method, path, body, who=None, headers=headers)


def held(api: Service) -> Any:
    return deepcopy((api.sessions.uploads, api.sessions.counters, api.objects.uploads, api.objects.versions))


def test_every_route_of_a_token_is_in_the_matrix() -> None:
    """A route cannot be added without its requests; none of them has an id in its path."""
    operations = {operation for _, _, operation, _ in native_by_token.ROUTES}
    assert operations == REQUESTS.keys() == OWNERS.keys()
    assert not [path for _, path, _, _ in native_by_token.ROUTES if "<" in path]


@pytest.mark.parametrize(("method", "path", "operation", "until", "body"), CASES)
def test_a_token_is_answered_as_its_owner_is(method: str, path: str, operation: str, until: str, body: Any) -> None:
    """Byte for byte the same answer, the same effect on records and files, good requests and bad ones."""
    answers = []
    for by_token in (True, False):
        api = service(DocumentedService)
        upload_id, token = tiny_with_token(api, until)
        own = OWNERS[operation].format(upload_id)
        answer = ask(api, method, path, body, token) if by_token else api.call(method, own, body)
        answers.append((answer, held(api)))
    assert answers[0] == answers[1]
    assert answers[0][0].status not in (401, 403, 404)


@pytest.mark.parametrize(("method", "path", "operation", "until", "body"), CASES)
def test_a_token_that_opens_nothing_is_answered_the_same_everywhere(
    api: Service, method: str, path: str, operation: str, until: str, body: Any
) -> None:
    """Taken back, replaced, run out, of nobody, none at all, a JWT: one answer, whatever is asked; nothing changes."""
    live, token = tiny_with_token(api, until)
    kinds = {kind: tiny_with_token(api, "created", 60) for kind in ("revoked", "replaced", "expired")}
    assert api.call("DELETE", f"/v1/uploads/{kinds['revoked'][0]}/token").status == 204
    given(api, kinds["replaced"][0])
    api.clock.pass_seconds(60)
    tokens = {kind: made for kind, (_, made) in kinds.items()} | {
        "of another upload": f"{kinds['replaced'][0]}.{token.partition('.')[2]}",
        "malformed": live,
        "a JWT": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
        "none": None,
    }
    before = held(api)
    first, *others = (ask(api, method, path, body, made) for made in tokens.values())
    assert (first.status, first.document["code"], first.headers["www-authenticate"]) == (401, "bad_token", "Bearer")
    assert others == [first] * len(others)
    assert held(api) == before


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("{", "application/json"),
        ("[]", "application/json"),
        ('{"colour": 1}', "application/json"),
        ("a=b", "application/x-www-form-urlencoded"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "application/json"),
        ("x" * 2_000_000, "application/json"),
    ],
)
@pytest.mark.parametrize("route", [r for r in native_by_token.ROUTES if r[0] == "POST"], ids=lambda route: route[2])
def test_who_has_no_token_learns_nothing_about_his_request(
    api: Service, route: tuple[str, str, str, Any], text: str, content_type: str
) -> None:
    """A body that nobody can read is 401 without a good token, and what it deserves with one."""
    _, token = tiny_with_token(api, "created")
    for sent_token, wanted in (("nonsense", {401}), (token, {400, 413, 415, 422})):
        headers = {"authorization": f"Bearer {sent_token}", "content-type": content_type}
        assert api.send("POST", route[1], text, who=None, headers=headers).status in wanted


def test_a_query_is_read_for_a_good_token_only(api: Service) -> None:
    """The same for what is wrong in a query."""
    _, token = tiny_with_token(api, "created")
    assert ask(api, "GET", "/v1/capability/parts?limit=x", None, "nonsense").status == 401
    assert ask(api, "GET", "/v1/capability/parts?limit=x", None, token).status == 422


def test_a_phone_finishes_an_upload_with_its_token_alone(api: Service) -> None:
    """Sign, send, report, complete, ask: no other credential, and no id."""
    upload = created(api, window=0, auto_complete=False)
    token = given(api, upload["id"])
    signed = ask(api, "POST", "/v1/capability/parts", {"range": [1, 3]}, token).document
    api.put_parts(signed, BODIES)
    assert ask(api, "POST", "/v1/capability/progress", {"stored": [[1, 3]]}, token).document["status"] == "in_progress"
    assert len(ask(api, "GET", "/v1/capability/parts?limit=2", None, token).document["parts"]) == 2
    assert ask(api, "POST", "/v1/capability/complete", {"size": SIZE}, token).document["status"] == "processing"
    api.arrive(upload["id"])
    assert ask(api, "GET", "/v1/capability", None, token).document["status"] == "completed"


def test_a_stream_is_sent_by_its_token(api: Service) -> None:
    """Of unknown size: lengths with each window, the size at the end; and what it reserves is the owner's quota."""
    token = given(api, created(api, size=None)["id"])
    wanted = {"numbers": [1], "lengths": {"1": 5}}
    api.put_parts(ask(api, "POST", "/v1/capability/parts", wanted, token).document, {1: b"hello"})
    assert ask(api, "POST", "/v1/capability/complete", {"size": 5}, token).document["size"] == 5
    small = service(DocumentedService, Quota(4, 9))
    token = given(small, created(small, size=None)["id"])
    refused = ask(small, "POST", "/v1/capability/parts", wanted, token)
    assert (refused.status, refused.document["code"]) == (403, "quota_exceeded")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/token", "/url", "/uploads", "/cancel", "/file", "", "/parts", "/progress", "/complete", "/../uploads"]
)
def test_a_token_can_do_nothing_else(api: Service, method: str, path: str) -> None:
    """Not cancel, not download, not list, not give further tokens: there is no such route below it."""
    _, token = tiny_with_token(api, "published")
    known = {(m, p) for m, p, _, _ in native_by_token.ROUTES}
    if (method, f"/v1/capability{path}") not in known:
        before = held(api)
        answer = ask(api, method, f"/v1/capability{path}", None, token)
        assert (answer.status, answer.document["code"], held(api)) == (404, "no_such_route", before)


def test_the_owners_routes_do_not_take_a_token(api: Service) -> None:
    """Should the gateway ever let one through: without verified claims nobody is anybody there."""
    upload_id, token = tiny_with_token(api, "sent")
    before = held(api)
    for method, path, body in (
        ("GET", f"/v1/uploads/{upload_id}", None),
        ("DELETE", f"/v1/uploads/{upload_id}", None),
        ("POST", f"/v1/uploads/{upload_id}/token", {}),
        ("GET", "/v1/uploads", None),
    ):
        assert ask(api, method, path, body, token).status == 403
    assert held(api) == before


def test_signing_by_token_counts_on_the_owners_rate() -> None:
    """Two hundred phones of one owner are not two hundred times as fast."""
    api = service(DocumentedService, rates={Metered.CREATE: Rate(10, 10), Metered.SIGN: Rate(1, 2)})
    tokens = [given(api, created(api, window=0)["id"]) for _ in range(2)]
    statuses = [ask(api, "POST", "/v1/capability/parts", {"numbers": [1]}, tokens[n % 2]).status for n in range(3)]
    assert statuses == [200, 200, 429]
    other = given(api, created(api, COLLEAGUE, window=0)["id"], who=COLLEAGUE)
    assert ask(api, "POST", "/v1/capability/parts", {"numbers": [1]}, other).status == 200


def test_a_token_of_an_operator_makes_no_operator(api: Service) -> None:
    """It is good for the operator's own upload, as anybody's is."""
    upload = created(api, OPERATOR)
    token = given(api, upload["id"], who=OPERATOR)
    assert ask(api, "GET", "/v1/capability", None, token).document["id"] == upload["id"]
    assert ask(api, "GET", "/v1/operator/uploads", None, token).status == 403


def test_giving_a_token_answers_all_that_its_holder_needs(api: Service) -> None:
    """The token, its end and our clock; a shorter life on request, a longer one is refused with the range."""
    upload_id = sent(api)
    path = f"/v1/uploads/{upload_id}/token"
    made = api.call("POST", path)
    assert made.headers["location"] == path
    assert made.document.keys() == {"token", "expires_at", "server_time"}
    assert made.document["expires_at"] == "2026-01-08T00:00:00.000Z"
    assert api.call("POST", path, {"seconds": 60}).document["expires_at"] == "2026-01-01T00:01:00.000Z"
    refused = api.call("POST", path, {"seconds": 7 * 86_400 + 1})
    assert (refused.status, refused.document["errors"][0]["limit"]) == (422, [1, 7 * 86_400])
    assert api.call("POST", f"/v1/uploads/{tiny(api, 'published')}/token").status == 409
    assert [api.call("DELETE", path).status for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_has_no_case(api: Service, kind: str) -> None:
    """As RFC 9110 has it; other schemes, and a token without one, open nothing."""
    _, token = tiny_with_token(api, "created")
    odd = (f"Basic {token}", token, f"{kind}{token}", f"{kind}  {token}", f"{kind} {token}, x", f"{kind} {token}\t")
    statuses = [
        api.call("GET", "/v1/capability", who=None, headers={"authorization": text}).status
        for text in (f"{kind} {token}", *odd)
    ]
    assert statuses == [200, *[401] * len(odd)]


def test_a_store_that_does_not_answer_is_no_refusal(api: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 to try again: nobody throws a good token away because the table was slow."""
    _, token = tiny_with_token(api, "created")

    def slow(_: str) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(api.sessions, "get", slow)
    assert ask(api, "GET", "/v1/capability", None, token).status == 503
    assert ask(api, "POST", "/v1/capability/parts", {"colour": 1}, token).status == 503


def test_what_a_token_did_is_in_the_log_of_its_upload(api: Service) -> None:
    """Lines carry the upload, never the token; a refused token names none."""
    upload_id, token = tiny_with_token(api, "created")
    api.logs.truncate(0)
    api.logs.seek(0)
    assert ask(api, "POST", "/v1/capability/complete", {}, token).status == 409
    assert {line.get("upload_id") for line in api.log_lines()} == {upload_id}
    assert token not in api.logs.getvalue()


def test_who_asked_is_forgotten_with_the_request(api: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the framework kept its context: the next request has to show a token of its own."""
    _, token = tiny_with_token(api, "created")
    monkeypatch.setattr(type(api.app), "clear_context", lambda _: None)
    assert ask(api, "GET", "/v1/capability", None, token).status == 200
    assert "holder" in api.app.context
    for path in ("/v1/capability", "/v1/capability/parts?limit=x"):
        assert ask(api, "GET", path, None, None).status == 401


def test_a_record_that_went_away_in_between_is_a_bad_token(api: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its holder cannot tell it from a token that never was."""
    upload_id, token = tiny_with_token(api, "created")
    records = iter([api.sessions.uploads[upload_id], None])
    monkeypatch.setattr(api.sessions, "get", lambda _: next(records))
    assert ask(api, "GET", "/v1/capability", None, token).document["code"] == "bad_token"
    assert not list(records)
