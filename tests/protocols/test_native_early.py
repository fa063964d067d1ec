"""What create says of a file before a byte of it is sent: its first bytes, and what its category asks of metadata."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from tests.protocols.service import Service
from tests.protocols.test_native_refusals import refused

PICTURE = {"name": "a.png", "size": 5000, "content_type": "image/png", "category": "images"}
PNG = b64encode(b"\x89PNG\r\n\x1a\n".ljust(600)).decode()
PROGRAM = b64encode(b"MZ".ljust(600, b"\0")).decode()


def found(problem: Any) -> set[tuple[str, str]]:
    return {(fault["field"], fault["code"]) for fault in problem["errors"]}


def test_a_picture_that_is_none_is_refused_before_it_is_sent(api: Service) -> None:
    """With every other fault, and nothing exists afterwards."""
    asked = {**PICTURE, "head": PROGRAM, "window": -1}
    problem = refused(api.call("POST", "/v1/uploads", asked), 422, "invalid_request")
    assert found(problem) == {("content_type", "content_mismatch"), ("head", "executable"), ("window", "out_of_range")}
    assert not api.sessions.uploads


def test_a_head_that_is_too_long_is_no_file_that_is_too_large(api: Service) -> None:
    """422, as for any other field: the file itself may be sent."""
    asked = {**PICTURE, "head": PNG, "size": 100}
    problem = refused(api.call("POST", "/v1/uploads", asked), 422, "invalid_request")
    assert found(problem) == {("head", "too_large")}


def test_where_it_is_not_refused_it_is_warned_of(api: Service) -> None:
    """`anything` takes what is not what it says, and serves it as mere bytes."""
    answer = api.call("POST", "/v1/uploads", {**PICTURE, "category": "anything", "head": PROGRAM})
    assert answer.status == 201
    assert [warning["code"] for warning in answer.document["warnings"]] == ["content_mismatch"]


def test_a_head_is_not_kept_and_proves_nothing(api: Service) -> None:
    """It is in no record and no log, and the stored file is inspected as if there had been none."""
    upload = api.call("POST", "/v1/uploads", {**PICTURE, "head": PNG}).document
    assert PNG not in repr(api.sessions.uploads) + api.logs.getvalue()
    api.put_parts(upload["signed"], {1: b"no picture".ljust(5000)})
    assert api.call("POST", f"/v1/uploads/{upload['id']}/complete").status == 200
    assert api.arrive(upload["id"]) == "quarantined"


def test_create_with_a_head_may_be_repeated(api: Service) -> None:
    """The same upload for the same request; another head under the same key is another request."""
    key, asked = {"idempotency-key": "k"}, {**PICTURE, "head": PNG}
    first, again = (api.call("POST", "/v1/uploads", asked, headers=key) for _ in range(2))
    assert first.document["id"] == again.document["id"]
    other = {**PICTURE, "head": b64encode(b"\x89PNG\r\n\x1a\n".ljust(700)).decode()}
    refused(api.call("POST", "/v1/uploads", other, headers=key), 422, "idempotency_key_reused")
