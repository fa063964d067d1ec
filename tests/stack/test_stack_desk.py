"""The quarantine desk over HTTP: a file that nobody but a person can judge, from its upload to its end."""

from __future__ import annotations

import hashlib
import io
import zipfile
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dev.client import Api, Refused
from tests.stack.local_stack import LocalStack, published_sha256, send

UPLOADS, WHY = "/v1/operator/uploads", {"why": "Asked the sender"}
ENCRYPTED, WORDS = 0x1, bytes(3 << 20)


def odd_archive() -> bytes:
    """A zip with four small oddities, which together are of high risk: a path upwards, a link, a bomb, a password."""
    made, link, locked = io.BytesIO(), zipfile.ZipInfo("link"), zipfile.ZipInfo("locked.txt")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../elsewhere.txt", "hello")
        archive.writestr(link, "/etc/hosts")
        archive.writestr("zeros", WORDS)
        archive.writestr(locked, "0123456789ab")
        central = archive.start_dir
    data = bytearray(made.getvalue())
    data[data.index(b"locked.txt") - 30 + 6] |= ENCRYPTED
    data[data.index(b"locked.txt", central) - 46 + 8] |= ENCRYPTED
    return bytes(data)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "form.zip"
    path.write_bytes(odd_archive())
    return path


def in_review(api: Api, path: Path) -> str:
    """Uploaded, inspected, and kept for an operator."""
    upload_id, _ = send(api, path)
    view = api.await_end(upload_id)
    assert (view["status"], view["reason"], view["risk"]) == ("failed", "in_review", "high"), view
    return upload_id


def test_a_file_in_review_is_looked_at_and_released(stack: LocalStack, odd: Path) -> None:
    """Listed, downloaded as mere bytes, released, published with the type that inspection gave it."""
    owner, desk = stack.api(), stack.api("operator")
    upload_id = in_review(owner, odd)
    assert upload_id in [each["id"] for each in desk.ask("GET", f"{UPLOADS}?reason=in_review")["uploads"]]
    story = desk.ask("GET", f"{UPLOADS}/{upload_id}")
    assert all(each["detail"] for each in story["verdict"]["findings"])
    status, headers, body = got(desk.ask("GET", f"{UPLOADS}/{upload_id}/url")["url"])
    assert (status, body) == (200, odd.read_bytes())
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith('attachment; filename="form.zip.quarantined"')
    assert headers["cache-control"] == "no-store"
    assert desk.ask("POST", f"{UPLOADS}/{upload_id}/release", WHY)["status"] == "processing"
    assert owner.await_end(upload_id)["status"] == "completed"
    assert owner.ask("GET", f"/v1/files/{upload_id}")["content_type"] == "application/zip"
    assert published_sha256(owner, upload_id) == hashlib.sha256(odd.read_bytes()).hexdigest()
    told = [(each["action"], each["operator"]) for each in desk.ask("GET", f"{UPLOADS}/{upload_id}")["decisions"]]
    assert told == [("read", "operator"), ("release", "operator")]


def test_a_rejected_file_stays_in_quarantine_until_it_is_removed(stack: LocalStack, odd: Path) -> None:
    """Its owner is told; a second decision at the same time is refused; removal takes the bytes."""
    owner, desk = stack.api(), stack.api("operator")
    upload_id = in_review(owner, odd)
    desk.ask("POST", f"{UPLOADS}/{upload_id}/reject", WHY)
    view = owner.await_end(upload_id)
    assert (view["status"], view["reason"]) == ("failed", "rejected")
    with pytest.raises(Refused, match="409"):
        owner.ask("GET", f"/v1/files/{upload_id}/url")
    url = desk.ask("GET", f"{UPLOADS}/{upload_id}/url")["url"]
    assert got(url)[0] == 200
    desk.call("POST", f"{UPLOADS}/{upload_id}/remove", WHY)
    assert got(url)[0] == 404
    with pytest.raises(Refused, match="410"):
        desk.ask("POST", f"{UPLOADS}/{upload_id}/release", WHY)


def test_what_is_signed_for_the_desk_cannot_be_made_to_open(stack: LocalStack, odd: Path) -> None:
    """Another type, another disposition, another key, a longer life: the signature covers all of it."""
    desk = stack.api("operator")
    url = desk.ask("GET", f"{UPLOADS}/{in_review(stack.api(), odd)}/url")["url"]
    changes = (
        ("application%2Foctet-stream", "text%2Fhtml"),
        ("attachment", "inline"),
        ("X-Amz-Expires=120", "X-Amz-Expires=900"),
        ("/in/", "/in/x"),
    )
    for old, new in changes:
        assert old in url
        assert got(url.replace(old, new, 1))[0] == 403


def got(url: str) -> tuple[int, dict[str, str], bytes]:
    """What a signed URL answers."""
    place = urlsplit(url)
    link = HTTPConnection(place.netloc, timeout=60)
    try:
        link.request("GET", url.removeprefix(f"{place.scheme}://{place.netloc}"))
        answer = link.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        link.close()
