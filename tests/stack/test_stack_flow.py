"""One file's whole way over real HTTP: created, sent to S3 by signed URLs, inspected, published, downloaded."""

from __future__ import annotations

import http.client
import json
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from dev.client import Api, Reply
from dev.config import ROOT
from tests.stack.local_stack import MIB, LocalStack, file_of, published_sha256, received, send, transfer

PART = 16 * MIB
STATES = ["CREATING", "OPEN", "COMPLETING", "STORED", "PROCESSING", "PUBLISHED"]


@pytest.mark.parametrize(
    ("size", "parts"),
    [(0, 1), (1, 1), (PART, 1), (PART + 1, 2), (200_000_000, 12)],
    ids=["empty", "one-byte", "one-part", "one-part-and-a-byte", "200-MB"],
)
def test_a_file_is_published_as_it_was_sent(api: Api, tmp_path: Path, size: int, parts: int) -> None:
    """From nothing to 200 MB: the bytes behind the download URL are the bytes on disk, and the history says how."""
    upload_id, sent = send(api, file_of(tmp_path, size))
    view = api.await_end(upload_id)
    assert (view["status"], view["reason"], view["findings"]) == ("completed", None, [])
    assert (view["size"], view["part_count"], view["bytes_stored"], view["missing"]) == (size, parts, size, [])
    assert [step["state"] for step in view["history"]] == STATES
    assert published_sha256(api, upload_id) == sent.sha256
    file = api.ask("GET", f"/v1/files/{upload_id}")
    assert (file["size"], file["checksum"], file["checksum_algorithm"]) == (size, sent.crc, "crc64nvme")


def test_a_name_arrives_as_it_was_sent(api: Api, tmp_path: Path) -> None:
    """Blanks, quotes, umlauts and emoji in a name survive, and the download is saved under it."""
    name = 'Grüße "an alle" 👩‍🚀.txt'
    upload_id, _ = send(api, file_of(tmp_path, 10, name))
    assert api.await_end(upload_id)["name"] == name
    url = api.ask("GET", f"/v1/files/{upload_id}/url")["url"]
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert "filename*=UTF-8''Gr%C3%BC%C3%9Fe" in answer.headers["content-disposition"]


def _put(part: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    place = urlsplit(part["url"])
    link = http.client.HTTPConnection(place.netloc, timeout=30)
    link.request("PUT", f"{place.path}?{place.query}", body, part["headers"])
    answer = link.getresponse()
    status, text = answer.status, answer.read()
    link.close()
    return status, text


def test_a_url_accepts_only_what_was_announced(api: Api) -> None:
    """Other bytes or another length than the signed ones never become a part."""
    body = {"name": "a.bin", "size": 4, "content_type": "application/octet-stream", "window": 0}
    upload = api.ask("POST", "/v1/uploads", body)
    wanted = {"numbers": [1], "form": "urls", "checksums": {"1": "AAAAAAAAAAA="}}
    (part,) = api.ask("POST", f"/v1/uploads/{upload['id']}/parts", wanted)["parts"]
    assert _put(part, b"evil")[0] == 400
    status, text = _put(part, b"longer")
    assert (status, b"SignatureDoesNotMatch" in text) == (403, True)
    reply = api.call("POST", f"/v1/uploads/{upload['id']}/complete", {})
    assert (reply.status, reply.document["code"], reply.document["missing"]) == (409, "parts_missing", [[1, 1]])


def test_an_upload_can_be_resumed(api: Api, tmp_path: Path) -> None:
    """A second client that knows only the id learns what is missing and finishes the upload."""
    path = file_of(tmp_path, PART + 5)
    upload = api.ask("POST", "/v1/uploads", {"name": "a", "size": PART + 5, "content_type": "x/y"})
    first, second = upload["signed"]["parts"]
    content = path.read_bytes()
    assert _put(second, content[PART:])[0] == 200
    view = api.ask("GET", f"/v1/uploads/{upload['id']}")
    assert (view["status"], view["missing"], view["bytes_stored"]) == ("in_progress", [[1, 1]], 5)
    assert _put(first, content[:PART])[0] == 200
    listed = api.ask("GET", f"/v1/uploads/{upload['id']}/parts")["parts"]
    assert [(part["number"], part["size"]) for part in listed] == [(1, PART), (2, 5)]
    api.ask("POST", f"/v1/uploads/{upload['id']}/complete", {"size": PART + 5})
    assert api.await_end(upload["id"])["status"] == "completed"


def test_a_cancelled_upload_is_gone(api: Api, tmp_path: Path) -> None:
    """After DELETE its URLs are worth nothing and it cannot be completed."""
    upload, _ = transfer(api, file_of(tmp_path, 5))
    assert api.call("DELETE", f"/v1/uploads/{upload['id']}").status in (200, 202, 204)
    assert api.await_end(upload["id"])["status"] == "cancelled"
    assert api.call("POST", f"/v1/uploads/{upload['id']}/complete", {}).status in (409, 410)


OWNER_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/v1/uploads/{}", None),
    ("GET", "/v1/uploads/{}/parts", None),
    ("POST", "/v1/uploads/{}/parts", {"numbers": [1], "form": "urls"}),
    ("POST", "/v1/uploads/{}/progress", {"stored": [[1, 1]]}),
    ("POST", "/v1/uploads/{}/complete", {}),
    ("DELETE", "/v1/uploads/{}", None),
    ("POST", "/v1/uploads/{}/token", {}),
    ("DELETE", "/v1/uploads/{}/token", None),
    ("GET", "/v1/files/{}", None),
    ("GET", "/v1/files/{}/url", None),
    ("DELETE", "/v1/files/{}", None),
]


@pytest.mark.parametrize("principal", ["colleague", "stranger", "operator"])
def test_anothers_upload_looks_like_none(stack: LocalStack, tmp_path: Path, principal: str) -> None:
    """On every route, for open and published uploads, others get the very answer that an unknown id gets."""
    owner, other = stack.api(), stack.api(principal)
    published, _ = send(owner, file_of(tmp_path, 3))
    owner.await_end(published)
    opened, _ = transfer(owner, file_of(tmp_path, 4))
    for method, path, body in OWNER_ROUTES:
        unknown = other.call(method, path.format("0" * 26), body)
        assert unknown.status == 404, (method, path, unknown)
        for upload_id in (published, opened["id"]):
            assert _seen(other.call(method, path.format(upload_id), body)) == _seen(unknown), (method, path)
    assert other.ask("GET", "/v1/uploads")["uploads"] == []
    assert owner.ask("GET", f"/v1/files/{published}")["id"] == published


def _seen(reply: Reply) -> tuple[int, Any, set[str]]:
    return reply.status, reply.document, set(reply.headers)


def test_the_world_hears_of_a_published_file(stack: LocalStack, api: Api, tmp_path: Path) -> None:
    """The queue behind the bus gets file.published in the published schema, with the place and version of the file."""
    upload_id, sent = send(api, file_of(tmp_path, 7))
    api.await_end(upload_id)
    (event,) = received(stack.names()["PublishedQueue"], {upload_id})
    assert (event["source"], event["detail-type"]) == ("portway", "file.published")
    schema = json.loads((ROOT / "events/schemas/file.published.v1.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(event["detail"])
    assert event["detail"]["file"]["bucket"] == stack.site["published_bucket"]
    assert event["detail"]["file"]["checksum"] == sent.crc
