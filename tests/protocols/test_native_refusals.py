"""Refusals of the native API: one problem document for each, which names everything that is wrong at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from portway import errors
from portway.errors import PortwayError
from portway.protocols import native, native_documents
from portway.quotas import Quota, Quotas, Room
from portway.rates import Metered, Rate
from tests.protocols.documented import DocumentedService
from tests.protocols.service import OWNER, Answer, Service, service, shipped_policies
from tests.protocols.steps import BODIES, FILE, MIB, created, sent, tiny

MEMBERS = {"type", "title", "status", "code", "detail", "retryable", "errors"}
UNKNOWN = "0" * 26


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The problem document, after a look at what all of them have in common (RFC 9457)."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.document
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:portway:problem:{code}")
    assert problem.keys() >= MEMBERS
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert ("retry-after" in answer.headers) == problem["retryable"]
    return problem


def test_every_error_has_a_status() -> None:
    """Each class that can reach a client is in the table; what only a store says is 503."""
    of_stores = {kind.code for kind in _all(errors.StoreAnswer)} - {"unavailable"}
    assert {kind.code for kind in _all(PortwayError)} - of_stores - {"bad_settings", "error"} == native.STATUS.keys()


def refusals() -> dict[str, tuple[int, Callable[[Service], Answer]]]:
    """Code → its status, and a request that gets it."""
    return {
        "malformed_json": (400, lambda api: api.send("POST", "/v1/uploads", "{")),
        "unsupported_media_type": (
            415,
            lambda api: api.send("POST", "/v1/uploads", "", headers={"content-type": "text/plain"}),
        ),
        "invalid_request": (422, lambda api: api.call("POST", "/v1/uploads", {})),
        "bad_token": (401, lambda api: api.call("GET", "/v1/capability", who=None)),
        "forbidden": (403, lambda api: api.call("GET", "/v1/uploads", who={"sub": "owner"})),
        "not_found": (404, lambda api: api.call("GET", f"/v1/uploads/{UNKNOWN}")),
        "no_such_route": (404, lambda api: api.call("GET", "/v1/operator/uploads")),
        "gone": (410, lambda api: api.call("GET", f"/v1/files/{tiny(api, 'removed')}")),
        "wrong_state": (409, lambda api: api.call("DELETE", f"/v1/uploads/{tiny(api, 'completed')}")),
        "parts_missing": (409, lambda api: api.call("POST", f"/v1/uploads/{tiny(api, 'created')}/complete")),
        "parts_differ": (422, _parts_differ),
        "idempotency_key_reused": (422, _key_reused),
        "quota_exceeded": (403, _over_quota),
        "rate_limited": (429, _too_fast),
        "busy": (503, _busy),
        "unavailable": (503, lambda api: _failing(api, errors.Unavailable("no answer"))),
        "internal": (500, lambda api: _failing(api, RuntimeError("https://s3/?X-Amz-Secret=1"))),
    }


def _parts_differ(api: Service) -> Answer:
    upload_id = sent(api)
    return api.call("POST", f"/v1/uploads/{upload_id}/complete", {"checksum": "AAAAAAAAAAA="})


def _key_reused(api: Service) -> Answer:
    key = {"idempotency-key": "k"}
    api.call("POST", "/v1/uploads", FILE, headers=key)
    return api.call("POST", "/v1/uploads", {**FILE, "name": "b.bin"}, headers=key)


def _over_quota(api: Service) -> Answer:
    small = service(DocumentedService, Quota(10 * MIB, 5))
    return small.call("POST", "/v1/uploads", FILE)


def _too_fast(api: Service) -> Answer:
    slow = service(DocumentedService, rates={Metered.CREATE: Rate(1, 1)})
    assert slow.call("POST", "/v1/uploads", FILE).status == 201
    return slow.call("POST", "/v1/uploads", FILE)


def _busy(api: Service) -> Answer:
    upload_id = sent(api)
    current = api.sessions.uploads[upload_id]
    return _failing(api, errors.Conflict(current), "save", f"DELETE /v1/uploads/{upload_id}")


def _failing(
    api: Service, error: Exception, method: str = "get", request: str = f"GET /v1/uploads/{UNKNOWN}"
) -> Answer:
    def fail(*_: object) -> None:
        raise error

    setattr(api.sessions, method, fail)
    verb, _, path = request.partition(" ")
    return api.call(verb, path)


@pytest.mark.parametrize(("code", "status", "ask"), [(code, *rest) for code, rest in refusals().items()])
def test_each_code_has_its_status(api: Service, code: str, status: int, ask: Callable[[Service], Answer]) -> None:
    """Clients decide by `code`; the status says the kind, and Retry-After comes with what can be tried again."""
    problem = refused(ask(api), status, code)
    assert problem["retryable"] == (code in ("rate_limited", "busy", "unavailable", "internal"))


def test_every_documented_code_is_shown_here() -> None:
    """A new code fails until a request that gets it is in the table above."""
    assert refusals().keys() == native_documents.WHEN.keys()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("secret words"), 500, "internal"),
        (errors.BadSettings("secret words"), 500, "internal"),
        (errors.Unavailable("secret words"), 503, "unavailable"),
        (errors.PartsChanged("secret words"), 503, "unavailable"),
    ],
)
def test_what_went_wrong_inside_is_for_the_log(api: Service, error: Exception, status: int, code: str) -> None:
    """A client learns only whether trying again can help; the details are in the log, once."""
    answer = _failing(api, error)
    refused(answer, status, code)
    assert "secret" not in answer.text
    (line,) = [line for line in api.log_lines() if line["level"] != "INFO"]
    assert "secret words" in json.dumps(line)


@pytest.mark.parametrize(
    "request_line", ["GET /", "GET /v1", "GET /v1/uploads/", "PUT /v1/uploads", "POST /v1/files/x"]
)
def test_unknown_routes_and_methods_are_not_found(api: Service, request_line: str) -> None:
    """404 `no_such_route`, never the framework's own words."""
    method, _, path = request_line.partition(" ")
    refused(api.call(method, path), 404, "no_such_route")


def test_missing_parts_come_as_ranges(api: Service) -> None:
    """409 with what to send, as inclusive ranges of part numbers."""
    upload = created(api)
    api.put_parts(upload["signed"], {2: BODIES[2]})
    problem = refused(api.call("POST", f"/v1/uploads/{upload['id']}/complete"), 409, "parts_missing")
    assert problem["missing"] == [[1, 1], [3, 3]]


@pytest.mark.parametrize("body", [{"size": 5}, {"checksum": "AAAA"}])
def test_complete_compares_what_it_is_told(api: Service, body: dict[str, Any]) -> None:
    """A size or checksum that cannot be right is refused, and the upload stays open."""
    upload_id = sent(api)
    problem = refused(api.call("POST", f"/v1/uploads/{upload_id}/complete", body), 422, "invalid_request")
    assert [fault["field"] for fault in problem["errors"]] == list(body)
    assert api.call("POST", f"/v1/uploads/{upload_id}/complete").status == 200


@pytest.mark.parametrize(
    ("quota", "what", "left"), [(Quota(20 * MIB, 9), "bytes", 9 * MIB), (Quota(1 << 40, 1), "open_uploads", 0)]
)
def test_the_quota_says_what_is_left(quota: Quota, what: str, left: int) -> None:
    """403 with used, limit, left and wanted, in the unit that ran out; nothing was created."""
    api = service(DocumentedService, quota)
    created(api)
    problem = refused(api.call("POST", "/v1/uploads", FILE), 403, "quota_exceeded")
    assert (problem["scope"], problem["what"], problem["left"]) == ("owner", what, left)
    assert problem["used"] + problem["left"] == problem["limit"]
    assert len(api.sessions.uploads) == len(api.objects.uploads) == 1


def test_a_full_tenant_is_told_from_a_full_owner() -> None:
    """`scope` says whose quota it is: nobody searches among his own uploads for what colleagues hold."""
    room = Room(Quota(1 << 40, 9), Quota(20 * MIB, 9))
    api = service(DocumentedService, policies=replace(shipped_policies(), quotas=Quotas(room)))
    api.call("POST", "/v1/uploads", FILE, who={**OWNER, "sub": "colleague"})
    problem = refused(api.call("POST", "/v1/uploads", FILE), 403, "quota_exceeded")
    assert (problem["scope"], problem["what"], problem["left"]) == ("tenant", "bytes", 9 * MIB)


def test_wrong_states_are_named(api: Service) -> None:
    """`state` is the model's word, `detail` says what to do."""
    upload_id = tiny(api, "published")
    problem = refused(api.call("POST", f"/v1/uploads/{upload_id}/parts", {"numbers": [1]}), 409, "wrong_state")
    assert problem["state"] == "PUBLISHED"
    early = refused(api.call("GET", f"/v1/files/{tiny(api, 'created')}"), 409, "wrong_state")
    assert early["state"] == "OPEN"


def _all(kind: type[PortwayError]) -> set[type[PortwayError]]:
    below = set(kind.__subclasses__())
    return below.union(*map(_all, below)) | {kind}
