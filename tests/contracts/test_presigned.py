"""The door of the fake: a signed URL opens exactly what it was signed for, as on the strict endpoint."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from portway import presign
from portway.model import ChecksumAlgorithm
from portway.presign import Credentials, PartToSign
from tests.contracts.objects import FILE, INLINE, KEY, SESSION, crc
from tests.fakes.clock import START
from tests.fakes.objects import FakeObjects
from tests.fakes.presigned import Door

BODY = b"exactly these bytes"
KEYS = {"AKIATEST": "secret"}
CREDENTIALS = Credentials("AKIATEST", "secret", "a session token")
REGION, LATER = "eu-central-1", START + 60_000
CHECKSUM = "x-amz-checksum-crc64nvme"


@dataclass(frozen=True)
class Put:
    """What a client sends."""

    url: str
    body: bytes = BODY
    headers: Mapping[str, str] | None = None
    now: int = LATER


@pytest.fixture
def objects() -> FakeObjects:
    return FakeObjects(min_part=1)


@pytest.fixture
def door(objects: FakeObjects) -> Door:
    return Door(objects, KEYS, REGION)


@pytest.fixture
def put(objects: FakeObjects) -> Put:
    """The second part of an open upload, with its checksum in the signature."""
    upload_id = objects.start(KEY, "audio/wav", ChecksumAlgorithm.CRC64NVME, SESSION)
    return Put(signed(upload_id, PartToSign(2, len(BODY), crc(BODY))), headers={CHECKSUM: crc(BODY)})


def signed(upload_id: str, part: PartToSign, endpoint: str | None = None) -> str:
    place = presign.place_of(FakeObjects.incoming, REGION, endpoint)
    header = CHECKSUM if part.checksum else None
    (url,) = presign.sign_parts(
        place, CREDENTIALS, KEY, upload_id, [part], at=START, seconds=900, checksum_header=header
    ).urls()
    return url


def sent(door: Door, put: Put) -> tuple[int, str]:
    answer = door.put(put.url, put.body, put.headers, now=put.now)
    return answer.status, answer.code


def test_a_signed_part_arrives(objects: FakeObjects, door: Door, put: Put) -> None:
    """The part is stored under its number, the answer names its ETag."""
    answer = door.put(put.url, put.body, put.headers, now=put.now)
    assert (answer.status, answer.code) == (200, "")
    assert answer.headers["etag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    (upload_id,) = objects.open_uploads(KEY)
    (part,) = objects.list_parts(KEY, upload_id).parts
    assert (part.number, part.size, part.checksum) == (2, len(BODY), crc(BODY))


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:9000"])
def test_both_ways_to_address_a_bucket_work(objects: FakeObjects, door: Door, endpoint: str | None) -> None:
    """The bucket may stand in the host or in the path."""
    upload_id = objects.start(KEY, "audio/wav", ChecksumAlgorithm.CRC32, SESSION)
    assert sent(door, Put(signed(upload_id, PartToSign(1, len(BODY)), endpoint))) == (200, "")


WRONG: Mapping[str, tuple[Callable[[Put], Put], tuple[int, str]]] = {
    "longer": (lambda put: replace(put, body=BODY + b"!"), (403, "SignatureDoesNotMatch")),
    "shorter": (lambda put: replace(put, body=BODY[1:]), (403, "SignatureDoesNotMatch")),
    "other bytes": (lambda put: replace(put, body=BODY[::-1]), (400, "BadDigest")),
    "no checksum": (lambda put: replace(put, headers={}), (403, "SignatureDoesNotMatch")),
    "other checksum": (lambda put: replace(put, headers={CHECKSUM: crc(b"")}), (403, "SignatureDoesNotMatch")),
    "other number": (lambda put: _edited(put, "partNumber=2", "partNumber=3"), (403, "SignatureDoesNotMatch")),
    "other key": (lambda put: _edited(put, KEY, KEY[:-1] + "2"), (403, "SignatureDoesNotMatch")),
    "other upload": (lambda put: _edited(put, "upload-1", "upload-2"), (403, "SignatureDoesNotMatch")),
    "other bucket": (lambda put: _edited(put, "incoming.", "published."), (403, "SignatureDoesNotMatch")),
    "longer life": (lambda put: _edited(put, "Expires=900", "Expires=901"), (403, "SignatureDoesNotMatch")),
    "unsigned header": (lambda put: _with(put, {"x-amz-acl": "public-read"}), (403, "AccessDenied")),
    "expired": (lambda put: replace(put, now=START + 901_000), (403, "AccessDenied")),
    "wrong md5": (lambda put: _with(put, {"Content-MD5": _md5(b"")}), (400, "BadDigest")),
}


def _edited(put: Put, old: str, new: str) -> Put:
    assert old in put.url
    return replace(put, url=put.url.replace(old, new))


def _with(put: Put, headers: Mapping[str, str]) -> Put:
    return replace(put, headers={**(put.headers or {}), **headers})


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


@pytest.mark.parametrize("change", WRONG)
def test_a_signed_url_opens_nothing_else(objects: FakeObjects, door: Door, put: Put, change: str) -> None:
    """Whatever differs from what was signed is refused with S3's code, and nothing is stored."""
    make, refusal = WRONG[change]
    assert sent(door, make(put)) == refusal
    (upload_id,) = objects.open_uploads(KEY)
    assert objects.list_parts(KEY, upload_id).parts == ()


def test_a_url_dies_with_its_upload(objects: FakeObjects, door: Door, put: Put) -> None:
    """After abort or complete no URL of the upload stores a byte."""
    (upload_id,) = objects.open_uploads(KEY)
    objects.abort(KEY, upload_id)
    assert sent(door, put) == (404, "NoSuchUpload")


def test_a_published_file_is_served_as_signed(objects: FakeObjects, door: Door, put: Put) -> None:
    """A reading URL gives one version, with the type and name that were signed into it."""
    (upload_id,) = objects.open_uploads(KEY)
    objects.upload_part(KEY, upload_id, 1, BODY)
    parts = objects.list_parts(KEY, upload_id).parts
    stored = objects.complete(KEY, upload_id, parts, len(BODY), ChecksumAlgorithm.CRC64NVME, None)
    published = objects.publish(KEY, stored, FILE, INLINE)
    place = presign.place_of(published.bucket, REGION)
    query = [("versionId", published.version_id), ("response-content-type", "audio/x-wav")]
    url = presign.sign_get(place, CREDENTIALS, FILE, query, at=START, seconds=900)
    answer = door.get(url, now=LATER)
    assert (answer.status, answer.body) == (200, BODY)
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == ("audio/x-wav", "inline")
    assert door.get(url.replace("audio", "video"), now=LATER).code == "SignatureDoesNotMatch"
    objects.unpublish(published)
    assert door.get(url, now=LATER).code == "NoSuchVersion"
