"""What a presigned URL is good for, and what it refuses: the table of docs about presigned URLs, over HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.s3.checksums import b64, digest
from tests.stack.s3_bucket import Bucket, answer, bucket, client, connection_to

BODY = b"0123456789" * 100
RIGHT = b64(digest("crc64nvme", BODY))
OTHER = b64(digest("crc64nvme", BODY[:-1] + b"x"))
CHECKSUM = "x-amz-checksum-crc64nvme"


@dataclass
class Clock:
    """The endpoint's clock, moved by the test."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Sent:
    """A presigned PUT of one part, about to be changed."""

    url: str
    method: str = "PUT"
    body: bytes = BODY
    headers: dict[str, str] = field(default_factory=lambda: {CHECKSUM: RIGHT})


CLOCK = Clock()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with bucket(tmp_path_factory.mktemp("s3"), clock=CLOCK) as one:
        yield one


@pytest.fixture
def upload(made: Bucket) -> Iterator[str]:
    yield made.begin("in/key", ChecksumAlgorithm="CRC64NVME")
    CLOCK.ahead = timedelta()


def swap(old: str, new: str) -> Callable[[str], Sent]:
    def change(url: str) -> Sent:
        assert old in url
        return Sent(url.replace(old, new, 1))

    return change


def extra(name: str, value: str) -> Callable[[str], Sent]:
    return lambda url: Sent(url, headers={CHECKSUM: RIGHT, name: value})


FORGED, DENIED = "403 SignatureDoesNotMatch", "403 AccessDenied"
TABLE: dict[str, tuple[Callable[[str], Sent], str]] = {
    "none": (Sent, "200"),
    "one byte longer": (lambda url: Sent(url, body=BODY + b"x"), FORGED),
    "one byte shorter": (lambda url: Sent(url, body=BODY[:-1]), FORGED),
    "other body of the same length": (lambda url: Sent(url, body=BODY[:-1] + b"x"), "400 BadDigest"),
    "other checksum value": (lambda url: Sent(url, headers={CHECKSUM: OTHER}), FORGED),
    "signed checksum left out": (lambda url: Sent(url, headers={}), FORGED),
    "other part number": (swap("partNumber=1", "partNumber=2"), FORGED),
    "other upload id": (swap("uploadId=", "uploadId=x"), FORGED),
    "other key": (swap("/in/key", "/in/other"), FORGED),
    "other bucket": (swap("/bucket/", "/published/"), FORGED),
    "DELETE instead of PUT": (lambda url: Sent(url, method="DELETE"), FORGED),
    "GET instead of PUT": (lambda url: Sent(url, method="GET", body=b""), FORGED),
    "unsigned x-amz-acl": (extra("x-amz-acl", "public-read"), DENIED),
    "unsigned x-amz-tagging": (extra("x-amz-tagging", "a=b"), DENIED),
    "unsigned x-amz-copy-source": (extra("x-amz-copy-source", "/bucket/secret"), DENIED),
    "unsigned second checksum": (extra("x-amz-checksum-crc32", "AAAAAA=="), DENIED),
    "unsigned Content-Type": (extra("Content-Type", "text/html"), "200"),
    "no query at all": (lambda url: Sent(url.partition("?")[0]), DENIED),
}


@pytest.mark.parametrize(("change", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_part_url_accepts_exactly_what_was_signed(
    made: Bucket, upload: str, change: Callable[[str], Sent], expected: str
) -> None:
    """The signed request goes through; whatever is changed is refused, and leaves no part behind."""
    covered: dict[str, Any] = {"ContentLength": len(BODY), "ChecksumCRC64NVME": RIGHT}
    sent = change(made.sign("upload_part", "in/key", UploadId=upload, PartNumber=1, **covered))
    assert answer(made.send(sent.method, sent.url, sent.body, sent.headers)) == expected
    stored = made.call("list_parts", "in/key", UploadId=upload).get("Parts", [])
    assert len(stored) == (1 if expected == "200" else 0)


@pytest.mark.parametrize(("later", "expected"), [(601, DENIED), (599, "200"), (-901, DENIED), (-890, "200")])
def test_a_url_ends_with_its_time(made: Bucket, upload: str, later: int, expected: str) -> None:
    """Ten minutes mean ten minutes, by the endpoint's clock; a date far ahead is refused too."""
    url = made.sign("upload_part", "in/key", UploadId=upload, PartNumber=1)
    CLOCK.ahead = timedelta(seconds=later)
    assert answer(made.send("PUT", url, BODY)) == expected


def test_the_bucket_policy_shortens_every_url(made: Bucket, upload: str) -> None:
    """`s3:signatureAge`: a URL older than the policy allows is refused, whatever its own expiry says."""
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::bucket/*",
        "Condition": {"NumericGreaterThan": {"s3:signatureAge": "300000"}},
    }
    url = made.sign("upload_part", "in/key", UploadId=upload, PartNumber=1)
    made.call("put_bucket_policy", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert answer(made.send("PUT", url, BODY)) == "200"
    CLOCK.ahead = timedelta(seconds=301)
    assert answer(made.send("PUT", url, BODY)) == DENIED
    CLOCK.ahead = timedelta()
    made.call("delete_bucket_policy")


def test_a_refused_upload_is_read_so_that_its_sender_sees_the_refusal(made: Bucket, upload: str) -> None:
    """A client that sends everything before it listens gets the 403, not a reset connection."""
    url = urlsplit(
        made.sign("upload_part", "in/key", UploadId=upload, PartNumber=1).replace("Signature=", "Signature=0")
    )
    size = 32 << 20
    head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection(connection_to(made.url), timeout=30) as connection:
        connection.sendall(head.encode())
        for _ in range(32):
            connection.sendall(bytes(1 << 20))
        assert connection.recv(12) == b"HTTP/1.1 403"


def test_a_client_that_asks_first_need_not_send_the_body(made: Bucket, upload: str) -> None:
    """`Expect: 100-continue`: a refusal comes at once and closes the connection; a good request is told to go on."""
    good = urlsplit(made.sign("upload_part", "in/key", UploadId=upload, PartNumber=1))
    for query, expected in ((good.query, b"HTTP/1.1 100"), (good.query.replace("partNumber=1", ""), b"HTTP/1.1 403")):
        asking = "Content-Length: 4\r\nExpect: 100-continue"
        head = f"PUT {good.path}?{query} HTTP/1.1\r\nHost: {good.netloc}\r\n{asking}\r\n\r\n"
        with socket.create_connection(connection_to(made.url), timeout=30) as connection:
            connection.sendall(head.encode())
            assert connection.recv(4096).startswith(expected)
            connection.sendall(b"body" if expected.endswith(b"100") else b"")
            rest = connection.recv(4096)
            assert rest.startswith(b"HTTP/1.1 200" if expected.endswith(b"100") else (b"<?xml", b""))


def test_an_upload_that_breaks_off_leaves_nothing(made: Bucket, upload: str, tmp_path: Path) -> None:
    """A connection cut in the middle of a part stores no part and no file."""
    url = urlsplit(made.sign("upload_part", "in/key", UploadId=upload, PartNumber=1))
    head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 9000000\r\n\r\n"
    with socket.create_connection(connection_to(made.url), timeout=30) as connection:
        connection.sendall(head.encode() + bytes(3_000_000))
    assert "Parts" not in made.call("list_parts", "in/key", UploadId=upload)
    assert made.part(upload, 1, "in/key", BODY)["ETag"]


@pytest.mark.parametrize("domain", ["s3.localhost", "localhost"])
def test_a_bucket_may_stand_in_the_host_name(made: Bucket, domain: str) -> None:
    """Virtual-hosted URLs work; the signature covers the host that the client used."""
    port = connection_to(made.url)[1]
    s3 = client(f"http://{domain}:{port}", s3={"addressing_style": "virtual"})
    url = urlsplit(s3.generate_presigned_url("put_object", Params={"Bucket": made.name, "Key": "in/host"}))
    assert url.netloc == f"{made.name}.{domain}:{port}"
    target = f"{made.url}{url.path}?{url.query}"
    assert answer(made.send("PUT", target, domain.encode(), {"Host": url.netloc})) == "200"
    assert answer(made.send("PUT", target, b"x", {"Host": f"{domain}:{port}"})) == FORGED
    assert made.read("in/host") == domain.encode()


def test_control_characters_never_become_headers(made: Bucket) -> None:
    """A line break in an override is refused, so that nobody can add headers to an answer."""
    made.call("put_object", "k", Body=b"x")
    url = made.sign("get_object", "k", ResponseContentType="text/plain\r\nSet-Cookie: a=b")
    assert answer(made.send("GET", url)) == "400 InvalidArgument"
