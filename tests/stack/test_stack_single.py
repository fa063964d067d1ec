"""A small file in one signed PUT on the running stack: two requests, and a URL that takes nothing but that file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dev.client import Api, fetch
from tests.stack.test_stack_urls import CHECKSUM, Put, checksum, header, swapped

BODY = b"a small file"
WANTED = {"name": "a.txt", "size": len(BODY), "content_type": "text/plain; charset=utf-8", "checksum": checksum(BODY)}
MUTATIONS: dict[str, Callable[[Put], Put]] = {
    "one byte longer": lambda put: replace(put, body=put.body + b"x"),
    "one byte shorter": lambda put: replace(put, body=put.body[:-1]),
    "nothing": lambda put: replace(put, body=b""),
    "another checksum": header(CHECKSUM, checksum(b"other")),
    "no checksum": lambda put: replace(put, headers={k: v for k, v in put.headers.items() if k != CHECKSUM}),
    "another type": header("content-type", "text/html"),
    "no type": lambda put: replace(put, headers={k: v for k, v in put.headers.items() if k != "content-type"}),
    "without the condition": lambda put: replace(
        put, headers={k: v for k, v in put.headers.items() if k != "if-none-match"}
    ),
    "another condition": header("if-none-match", '"etag"'),
    "another key": swapped(r"/in/([0-9a-f]{16})/[^?]*", r"/in/\1/00000000000000000000000000"),
    "another tenant's folder": swapped("/in/[0-9a-f]{16}/", "/in/0000000000000000/"),
    "as a part": swapped(r"\?", "?uploadId=x&partNumber=1&"),
    "with a subresource": swapped(r"\?", "?acl&"),
    "a longer life": swapped(r"X-Amz-Expires=\d+", "X-Amz-Expires=86400"),
    "fewer signed headers": swapped("%3Bif-none-match", ""),
    "another signature": swapped("X-Amz-Signature=.{8}", "X-Amz-Signature=00000000"),
    "no query": swapped(r"\?.*", ""),
    "DELETE": lambda put: replace(put, method="DELETE", body=b""),
    "GET": lambda put: replace(put, method="GET", body=b""),
    "POST": lambda put: replace(put, method="POST", body=b""),
    **{
        f"an added {name}": header(name, value)
        for name, value in {
            "x-amz-acl": "public-read",
            "x-amz-tagging": "GuardDutyMalwareScanStatus=NO_THREATS_FOUND",
            "x-amz-copy-source": "/published/files/x",
            "x-amz-meta-portway-upload": "00000000000000000000000000",
            "x-amz-storage-class": "GLACIER",
            "x-amz-website-redirect-location": "https://example.org",
        }.items()
    },
}


def created(api: Api, **changes: Any) -> tuple[str, Put]:
    """The id of a single upload, and its PUT as the answer says to send it."""
    made = api.ask("POST", "/v1/uploads", {**WANTED, **changes})
    assert made["strategy"] == "single"
    (part,) = made["signed"]["parts"]
    assert part["length"] == len(BODY)
    return made["id"], Put(part["url"], "PUT", BODY, part["headers"])


def test_two_requests_are_all(api: Api) -> None:
    """Create, PUT: the event does the rest, and what is published is what was sent."""
    upload_id, put = created(api)
    assert put.send() == 200
    view = api.await_end(upload_id)
    assert (view["status"], view["strategy"]) == ("completed", "single")
    assert [step["state"] for step in view["history"]] == ["OPEN", "STORED", "PROCESSING", "PUBLISHED"]
    assert b"".join(fetch(api.ask("GET", f"/v1/files/{upload_id}/url")["url"])) == BODY


def test_an_empty_file_is_a_small_file(api: Api) -> None:
    """Nothing to send is sent, too."""
    made = api.ask("POST", "/v1/uploads", {**WANTED, "size": 0, "checksum": checksum(b"")})
    (part,) = made["signed"]["parts"]
    assert Put(part["url"], "PUT", b"", part["headers"]).send() == 200
    assert api.await_end(made["id"])["status"] == "completed"


def test_a_repeated_put_is_412(api: Api) -> None:
    """Whoever lost the first answer asks the status: there is one object, and one file of it."""
    upload_id, put = created(api)
    assert [put.send(), put.send()] == [200, 412]
    assert api.ask("GET", f"/v1/uploads/{upload_id}")["missing"] == []
    assert api.await_end(upload_id)["status"] == "completed"
    assert put.send() == 412


def test_complete_waits_for_nothing(api: Api) -> None:
    """409 before the file is there, 200 after; the event meets what complete has done."""
    upload_id, put = created(api)
    early = api.call("POST", f"/v1/uploads/{upload_id}/complete", {})
    assert (early.status, early.document["missing"]) == (409, [[1, 1]])
    assert put.send() == 200
    assert api.call("POST", f"/v1/uploads/{upload_id}/complete", {}).status == 200
    assert api.await_end(upload_id)["status"] == "completed"


@pytest.fixture(scope="module")
def opened(stack: Any) -> tuple[Api, str, Put]:
    api = stack.api()
    upload_id, put = created(api)
    return api, upload_id, put


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_put_url_accepts_exactly_what_was_signed(
    opened: tuple[Api, str, Put], mutation: Callable[[Put], Put]
) -> None:
    """Whatever is changed: 403, and there is no object."""
    api, upload_id, put = opened
    assert mutation(put).send() == 403
    assert api.ask("GET", f"/v1/uploads/{upload_id}/parts")["parts"] == []


def test_another_file_of_the_same_length_is_refused(api: Api) -> None:
    """The checksum is signed, and S3 compares it with what it gets."""
    upload_id, put = created(api)
    assert replace(put, body=BODY[::-1]).send() == 400
    assert api.ask("GET", f"/v1/uploads/{upload_id}")["bytes_stored"] == 0


def test_a_file_that_comes_after_the_cancellation_is_none(api: Api) -> None:
    """The URL is still good; what it brings is never processed."""
    upload_id, put = created(api)
    assert api.call("DELETE", f"/v1/uploads/{upload_id}").status == 204
    assert put.send() == 200
    assert api.await_end(upload_id)["status"] == "cancelled"
    assert api.call("GET", f"/v1/files/{upload_id}").status == 409
