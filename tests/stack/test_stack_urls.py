"""What the URLs of the running API are good for: mutations of both forms over HTTP, and the end of an upload."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.client import Api
from dev.s3.checksums import b64, digest

PART = 5 << 20
BODIES = {1: b"\1" * PART, 2: b"\2" * 9}
CHECKSUM = "x-amz-checksum-crc64nvme"
ADDED = {
    "x-amz-acl": "public-read",
    "x-amz-tagging": "GuardDutyMalwareScanStatus=NO_THREATS_FOUND",
    "x-amz-copy-source": "/published/files/x",
    "x-amz-meta-owner": "somebody",
    "x-amz-checksum-crc32": "AAAAAA==",
    "x-amz-server-side-encryption": "aws:kms",
}


@dataclass(frozen=True)
class Put:
    """The second part as a client sends it, about to be changed."""

    url: str
    method: str = "PUT"
    body: bytes = BODIES[2]
    headers: dict[str, str] = field(default_factory=dict)

    def send(self) -> int:
        """The status of S3's answer."""
        place = urlsplit(self.url)
        with closing(http.client.HTTPConnection(place.netloc, timeout=30)) as link:
            link.request(self.method, f"{place.path}?{place.query}", self.body, self.headers)
            answer = link.getresponse()
            answer.read()
            return answer.status


def checksum(body: bytes) -> str:
    return b64(digest("crc64nvme", body))


def swapped(pattern: str, new: str) -> Callable[[Put], Put]:
    """The URL with one thing exchanged."""

    def change(put: Put) -> Put:
        url = re.sub(pattern, new, put.url, count=1)
        assert url != put.url, pattern
        return replace(put, url=url)

    return change


def header(name: str, value: str) -> Callable[[Put], Put]:
    return lambda put: replace(put, headers={**put.headers, name: value})


MUTATIONS: dict[str, Callable[[Put], Put]] = {
    "one byte longer": lambda put: replace(put, body=put.body + b"x"),
    "one byte shorter": lambda put: replace(put, body=put.body[:-1]),
    "nothing": lambda put: replace(put, body=b""),
    "another checksum": header(CHECKSUM, checksum(b"other")),
    "no checksum": lambda put: replace(put, headers={}),
    "another part": swapped("partNumber=2", "partNumber=1"),
    "a part behind the end": swapped("partNumber=2", "partNumber=3"),
    "another upload": swapped("uploadId=", "uploadId=_"),
    "another key": swapped(r"/in/([0-9a-f]{16})/[^?]*", r"/in/\1/00000000000000000000000000"),
    "another tenant's folder": swapped("/in/[0-9a-f]{16}/", "/in/0000000000000000/"),
    "a longer life": swapped(r"X-Amz-Expires=\d+", "X-Amz-Expires=86400"),
    "another time": swapped(r"(X-Amz-Date=\d{8})T\d{6}", r"\1T000000"),
    "fewer signed headers": swapped("X-Amz-SignedHeaders=content-length%3B", "X-Amz-SignedHeaders="),
    "another signature": swapped("X-Amz-Signature=.{8}", "X-Amz-Signature=00000000"),
    "nothing signed": swapped(r"X-Amz-.*", ""),
    "no query": swapped(r"\?.*", ""),
    "DELETE": lambda put: replace(put, method="DELETE", body=b""),
    "GET": lambda put: replace(put, method="GET", body=b""),
    "POST": lambda put: replace(put, method="POST", body=b""),
    **{f"an added {name}": header(name, value) for name, value in ADDED.items()},
}


def asked(api: Api, upload_id: str, form: str, numbers: list[int]) -> dict[int, Put]:
    """The parts as this form of the answer says to send them, each with its checksum."""
    checksums = {str(number): checksum(BODIES[number]) for number in numbers}
    body = {"numbers": numbers, "form": form, "checksums": checksums}
    signed = api.ask("POST", f"/v1/uploads/{upload_id}/parts", body)
    if form == "urls":
        return {p["number"]: Put(p["url"], "PUT", BODIES[p["number"]], p["headers"]) for p in signed["parts"]}
    made = {}
    for number, signature in zip(signed["numbers"], signed["signatures"], strict=True):
        url = signed["template"].replace("{part_number}", str(number)).replace("{signature}", signature)
        made[number] = Put(url, "PUT", BODIES[number], {CHECKSUM: checksums[str(number)]})
    return made


def created(api: Api) -> str:
    size = sum(map(len, BODIES.values()))
    body = {"name": "a", "size": size, "content_type": "x/y", "part_size": PART, "window": 0}
    return str(api.ask("POST", "/v1/uploads", body)["id"])


@pytest.fixture(scope="module")
def opened(stack: Any) -> Iterator[tuple[Api, str]]:
    api = stack.api()
    upload_id = created(api)
    yield api, upload_id
    api.call("DELETE", f"/v1/uploads/{upload_id}")


@pytest.mark.parametrize("form", ["urls", "template"])
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_url_of_the_api_accepts_exactly_what_was_signed(
    opened: tuple[Api, str], form: str, mutation: Callable[[Put], Put]
) -> None:
    """Whatever is changed, in a full URL or in one made from the template: 403, and no part is stored."""
    api, upload_id = opened
    assert mutation(asked(api, upload_id, form, [2])[2]).send() == 403
    assert api.ask("GET", f"/v1/uploads/{upload_id}/parts")["parts"] == []


@pytest.mark.parametrize("end", ["complete", "cancel"])
def test_after_its_end_every_url_of_an_upload_is_dead(api: Api, end: str) -> None:
    """Both forms, all parts: what was good a moment ago is 404 after complete and after cancel."""
    upload_id = created(api)
    puts = [put for form in ("urls", "template") for put in asked(api, upload_id, form, [1, 2]).values()]
    assert [put.send() for put in puts] == [200] * 4
    if end == "complete":
        assert api.call("POST", f"/v1/uploads/{upload_id}/complete", {}).status in (200, 202)
    else:
        assert api.call("DELETE", f"/v1/uploads/{upload_id}").status in (202, 204)
    api.await_end(upload_id)
    assert [put.send() for put in puts] == [404] * 4
