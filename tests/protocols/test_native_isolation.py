"""Nobody but its owner sees an upload: every route, for everybody else, answers exactly as for an unknown id.

The matrix is made from the table of routes, so that a new route fails until its requests are written down here.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from portway.protocols import native
from tests.protocols.service import COLLEAGUE, OPERATOR, OWNER, STRANGER, Answer, Claim, Service
from tests.protocols.steps import FILE, tiny

OTHERS = {"colleague": COLLEAGUE, "stranger": STRANGER, "operator": OPERATOR}
UNKNOWN = "7ZK3M9Q2X4B6C8D0E1F5G7H9JA"

REQUESTS: dict[str, list[tuple[str, dict[str, Any] | None]]] = {
    # operation: how far the upload came, and the body
    "get_upload": [("sent", None), ("published", None)],
    "cancel": [("created", None), ("completed", None)],
    "list_parts": [("sent", None), ("completed", None)],
    "sign_parts": [("created", {"numbers": [1]}), ("created", {"range": [1, 1], "form": "template"})],
    "report_progress": [("created", {"stored": [[1, 1]]}), ("created", {"stored": [[1, 9999]]})],
    "complete": [("sent", None), ("created", {"size": 5, "checksum": "AAAAAAAAAAA="}), ("published", {})],
    "retry_upload": [("failed", None), ("published", None), ("sent", None)],
    "give_token": [("created", None), ("created", {"seconds": 60}), ("sent", {"seconds": 0}), ("published", {})],
    "revoke_token": [("created", None), ("published", None)],
    "get_file": [("published", None), ("removed", None), ("sent", None)],
    "get_file_url": [("published", None), ("removed", None), ("sent", None)],
    "delete_file": [("published", None), ("removed", None), ("sent", None)],
}
ABOUT_NONE = {"create", "list_uploads"}
CASES = [
    pytest.param(method, path, until, body, id=f"{operation}-{until}-{position}")
    for method, path, operation, _ in native.ROUTES
    for position, (until, body) in enumerate(REQUESTS.get(operation, []))
]


def ask(api: Service, method: str, path: str, upload_id: str, body: dict[str, Any] | None, who: Claim) -> Answer:
    path = path.replace("<upload_id>", upload_id).replace("<file_id>", upload_id)
    return api.call(method, path, body, who=who)


def test_every_route_is_in_the_matrix() -> None:
    """A route that is about an upload cannot be added without its requests."""
    ours = {operation: path for _, path, operation, _ in native.ROUTES}
    assert {operation for operation, path in ours.items() if "<" in path} == REQUESTS.keys()
    assert ours.keys() - REQUESTS.keys() == ABOUT_NONE


@pytest.mark.parametrize("who", OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize(("method", "path", "until", "body"), CASES)
def test_anothers_is_answered_like_an_unknown_id(
    api: Service, method: str, path: str, until: str, body: dict[str, Any] | None, who: Claim
) -> None:
    """Colleague, stranger and operator get 404, byte for byte the same as for an id that never was; nothing changes."""
    upload_id = tiny(api, until)
    before = deepcopy((api.sessions.uploads, api.sessions.counters, api.objects.uploads, api.objects.versions))
    foreign, unknown = (ask(api, method, path, asked, body, who) for asked in (upload_id, UNKNOWN))
    assert foreign.status == 404
    assert foreign == unknown
    assert (api.sessions.uploads, api.sessions.counters, api.objects.uploads, api.objects.versions) == before


@pytest.mark.parametrize(("method", "path", "until", "body"), CASES)
def test_the_owner_is_not_answered_like_that(
    api: Service, method: str, path: str, until: str, body: dict[str, Any] | None
) -> None:
    """The same requests reach the owner's upload: the matrix asks something."""
    assert ask(api, method, path, tiny(api, until), body, OWNER).status != 404


@pytest.mark.parametrize("body", [{"numbers": "1"}, {"stored": 1}, {"colour": 1}, {"numbers": [1], "range": [1, 2]}])
@pytest.mark.parametrize("operation", ["parts", "progress", "complete"])
def test_a_wrong_request_does_not_tell_either(api: Service, operation: str, body: dict[str, Any]) -> None:
    """Whether a body is refused has nothing to do with whose upload it is about."""
    path = "/v1/uploads/<upload_id>/" + operation
    foreign, unknown = (ask(api, "POST", path, each, body, STRANGER) for each in (tiny(api, "created"), UNKNOWN))
    assert foreign == unknown
    assert foreign.status == 422


@pytest.mark.parametrize(
    "odd", ["x", "0" * 25, "0" * 27, UNKNOWN.lower(), "I" * 26, "é" * 26, "%2e%2e", "null", "..", "*"]
)
def test_ids_of_another_form_are_unknown_too(api: Service, odd: str) -> None:
    """Nothing but an id of our form is ever looked up."""
    assert ask(api, "GET", "/v1/uploads/<upload_id>", odd, None, OWNER) == ask(
        api, "GET", "/v1/uploads/<upload_id>", UNKNOWN, None, OWNER
    )


@pytest.mark.parametrize("who", OTHERS.values(), ids=OTHERS.keys())
def test_lists_hold_ones_own_only(api: Service, who: Claim) -> None:
    """Neither does a cursor of another's list open it."""
    mine = {tiny(api, "created") for _ in range(3)}
    theirs = tiny(api, "created", who)
    cursor = api.call("GET", "/v1/uploads?limit=1").document["cursor"]
    for query in ("", f"?cursor={cursor}", "?limit=100", "?status=initiated"):
        shown = api.call("GET", f"/v1/uploads{query}", who=who).document["uploads"]
        assert {item["id"] for item in shown} <= {theirs} - mine


@pytest.mark.parametrize("who", OTHERS.values(), ids=OTHERS.keys())
def test_a_known_key_does_not_open_anothers_upload(api: Service, who: Claim) -> None:
    """Who knows the Idempotency-Key of another creates an upload of his own with it."""
    ids = {
        api.call("POST", "/v1/uploads", FILE, headers={"idempotency-key": "k"}, who=each).document["id"]
        for each in (OWNER, who)
    }
    assert len(ids) == 2
