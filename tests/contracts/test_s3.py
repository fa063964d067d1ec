"""What S3Objects promises beyond its port: what it sends, and what it makes of every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.session import Session

from portway.aws import answers, clients, s3
from portway.aws.s3 import S3Objects
from portway.errors import PartsChanged, StoreAnswer, Unavailable, UploadGone
from portway.model import ChecksumAlgorithm, Part, PublishedObject, StoredObject
from tests.conftest import REGION
from tests.contracts.buckets import INCOMING, PUBLISHED, moto_buckets, s3_objects
from tests.contracts.objects import FILE, INLINE, KEY, SESSION, SMALL, stored
from tests.fakes.objects import MEANINGS

CRC64 = ChecksumAlgorithm.CRC64NVME
PARTS = (Part(1, 5, "e1", "rosUhgp5mIg="), Part(2, 3, "e2"))
FOUND = StoredObject("v1", "e-2", 8)
CALLS: Mapping[str, Callable[[S3Objects], object]] = {
    "start": lambda store: store.start(KEY, "audio/wav", CRC64, SESSION),
    "list_parts": lambda store: store.list_parts(KEY, "u1"),
    "complete": lambda store: store.complete(KEY, "u1", PARTS, 8, CRC64, "rosUhgp5mIg="),
    "abort": lambda store: store.abort(KEY, "u1"),
    "open_uploads": lambda store: store.open_uploads(KEY),
    "head": lambda store: store.head(KEY),
    "read": lambda store: store.read(KEY, "v1", 0, 8),
    "publish": lambda store: store.publish(KEY, FOUND, FILE, INLINE),
    "publish_edited": lambda store: store.publish_edited(KEY, "v1", FILE, INLINE, (b"new",)),
    "delete": lambda store: store.delete(KEY, "v1"),
    "unpublish": lambda store: store.unpublish(PublishedObject(PUBLISHED, FILE, "v1", "audio/wav")),
}


@dataclass
class Wire:
    """Answers every request without a network, and keeps the requests."""

    status: int = 200
    body: bytes = b""
    error: Exception | None = None
    requests: list[AWSRequest] = field(default_factory=list)

    def __call__(self, request: AWSRequest, **_: Any) -> AWSResponse:
        self.requests.append(request)
        if self.error:
            raise self.error
        raw: Any = Body(self.body)
        headers: Any = {"content-length": str(len(self.body))}
        return AWSResponse(request.url or "", self.status, headers, raw)

    def refuse(self, status: int, code: str) -> None:
        self.status = status
        self.body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode() if code else b""


class Body:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.data

    def read(self, *_: object) -> bytes:
        data, self.data = self.data, b""
        return data


def connect(client: Any, wire: Wire) -> None:
    """Have the wire answer this client's requests."""
    client.meta.events.register("before-send.s3.*", wire)


@pytest.fixture(scope="module")
def client() -> Any:
    """A client that repeats nothing; making one takes longer than a test."""
    return clients.s3_client(Session(), REGION, tries=1)


@pytest.fixture
def wire(client: Any) -> Iterator[Wire]:
    wire = Wire()
    connect(client, wire)
    yield wire
    client.meta.events.unregister("before-send.s3.*", wire)


@pytest.fixture
def store(client: Any, wire: Wire) -> S3Objects:
    """A store that speaks to the wire."""
    return S3Objects(client, client, INCOMING, PUBLISHED)


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "InternalError"), (503, "SlowDown"), (403, "AccessDenied"), (404, "NoSuchBucket"), (418, "")],
)
@pytest.mark.parametrize("call", [name for name in CALLS if name != "head"])
def test_unknown_refusals_decide_nothing(store: S3Objects, wire: Wire, call: str, status: int, code: str) -> None:
    """Whatever is not a known answer leaves the effect in doubt, for every call."""
    wire.refuse(status, code)
    with pytest.raises(Unavailable):
        CALLS[call](store)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "error", [ConnectTimeoutError(endpoint_url="s3"), ReadTimeoutError(endpoint_url="s3")], ids=["connect", "read"]
)
def test_silence_decides_nothing(store: S3Objects, wire: Wire, call: str, error: Exception) -> None:
    """No answer is no answer; the effect may have happened."""
    wire.error = error
    with pytest.raises(Unavailable):
        CALLS[call](store)


@pytest.mark.parametrize(("status", "absent"), [(404, True), (403, False), (500, False), (400, False)])
def test_only_404_means_that_there_is_no_object(store: S3Objects, wire: Wire, status: int, absent: bool) -> None:
    """A HEAD that was denied is not an absent object: taking it for one would lose a file."""
    wire.refuse(status, "")
    if absent:
        assert store.head(KEY) is None
    else:
        with pytest.raises(Unavailable):
            store.head(KEY)


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("NoSuchUpload", 404, UploadGone),
        ("InvalidPart", 400, PartsChanged),
        ("InvalidPartOrder", 400, PartsChanged),
        ("EntityTooSmall", 400, PartsChanged),
        ("InvalidRequest", 400, PartsChanged),
        ("BadDigest", 400, PartsChanged),
        ("MalformedXML", 400, Unavailable),
        ("ConditionalRequestConflict", 409, Unavailable),
        ("InternalError", 200, Unavailable),
        ("SlowDown", 200, Unavailable),
    ],
)
def test_complete_reads_every_answer(
    store: S3Objects, wire: Wire, code: str, status: int, meaning: type[StoreAnswer]
) -> None:
    """Gone, changed, or in doubt: also when the error comes in the body of a 200."""
    wire.refuse(status, code)
    with pytest.raises(StoreAnswer) as answer:
        CALLS["complete"](store)
    assert type(answer.value) is meaning
    assert str(answer.value).startswith("CompleteMultipartUpload: ")


def test_the_fake_means_the_same() -> None:
    """Fake and S3 translate the refusals of Complete alike."""
    assert dict(MEANINGS) == dict(answers.MEANINGS["CompleteMultipartUpload"])


def test_complete_is_tried_once_and_waited_for(wire: Wire) -> None:
    """Repeating is for whoever knows the record; the wait ends before the gateway's."""
    client = clients.completing_s3_client(Session(), REGION)
    connect(client, wire)
    wire.refuse(500, "InternalError")
    with pytest.raises(Unavailable):
        CALLS["complete"](S3Objects(client, client, INCOMING, PUBLISHED))
    assert len(wire.requests) == 1
    assert client.meta.config.read_timeout == 20  # type: ignore[attr-defined]


def test_start_asks_for_the_checksum_and_names_the_upload(store: S3Objects, wire: Wire) -> None:
    """S3 shall compute one checksum over the whole object, and know whose object it is."""
    wire.body = b"<R><UploadId>u1</UploadId></R>"
    assert CALLS["start"](store) == "u1"
    (request,) = wire.requests
    assert request.url == f"https://{INCOMING}.s3.{REGION}.amazonaws.com/{KEY}?uploads"
    sent = {name.lower(): _text(value) for name, value in request.headers.items()}
    assert {name: value for name, value in sent.items() if name.startswith(("x-amz-", "content-type"))}.items() >= {
        "content-type": "audio/wav",
        "x-amz-checksum-algorithm": "CRC64NVME",
        "x-amz-checksum-type": "FULL_OBJECT",
        "x-amz-meta-portway-upload": SESSION,
    }.items()
    assert "x-amz-sdk-checksum-algorithm" not in sent


def test_complete_has_everything_proved(store: S3Objects, wire: Wire) -> None:
    """Size, type and value of the whole checksum travel with the manifest, part checksums where they are known."""
    wire.body = b'<R><ETag>"e-2"</ETag><ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME></R>'
    assert CALLS["complete"](store) == StoredObject("null", "e-2", 8, "rosUhgp5mIg=")
    (request,) = wire.requests
    assert _text(request.headers["x-amz-mp-object-size"]) == "8"
    assert _text(request.headers["x-amz-checksum-type"]) == "FULL_OBJECT"
    assert _text(request.headers["x-amz-checksum-crc64nvme"]) == "rosUhgp5mIg="
    body = _text(request.body)
    assert body.count("<ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME>") == 1
    assert body.count("<PartNumber>") == 2


def test_publish_is_bound_to_version_and_etag(store: S3Objects, wire: Wire) -> None:
    """The copy takes one version, if it is still the inspected one, and nothing of its metadata or tags."""
    wire.body = b"<R><ETag>x</ETag></R>"
    CALLS["publish"](store)
    headers = {name.lower(): _text(value) for name, value in wire.requests[0].headers.items()}
    assert headers["x-amz-copy-source"] == f"{INCOMING}/{KEY}?versionId=v1"
    assert headers["x-amz-copy-source-if-match"] == '"e-2"'
    assert (headers["x-amz-metadata-directive"], headers["x-amz-tagging-directive"]) == ("REPLACE", "REPLACE")
    assert (headers["content-type"], headers["content-disposition"]) == ("audio/wav", "inline")


def test_a_call_says_who_calls(store: S3Objects, wire: Wire) -> None:
    """CloudTrail and access logs name Portway; botocore's own words would cost a tenth of each call."""
    CALLS["unpublish"](store)
    assert _text(wire.requests[-1].headers["User-Agent"]).split(" PT/")[0] == "portway"  # Powertools adds its own


def test_an_own_endpoint_is_addressed_by_path() -> None:
    """Locally the bucket stands in the path; on AWS it stands in the host, in us-east-1 too."""
    session = Session()
    assert clients.s3_client(session, REGION, "http://127.0.0.1:9000").meta.config.s3["addressing_style"] == "path"  # type: ignore[attr-defined]
    assert clients.s3_client(session, "us-east-1").meta.endpoint_url == "https://s3.us-east-1.amazonaws.com"


def test_a_removal_that_s3_did_half_is_unfinished(store: S3Objects, wire: Wire) -> None:
    """DeleteObjects answers 200 with the versions that it left: the quota must not be given back for them."""
    versions = f"<Version><Key>{FILE}</Key><VersionId>v1</VersionId></Version>"
    wire.body = f"<R>{versions}<Error><Key>{FILE}</Key><Code>InternalError</Code></Error></R>".encode()
    with pytest.raises(Unavailable, match="InternalError"):
        CALLS["unpublish"](store)


def test_a_file_with_many_versions_is_removed_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a file was published: S3 deletes a thousand at a time, and nothing stays."""
    monkeypatch.setattr(s3, "DELETE_BATCH", 2)
    with moto_buckets() as client:
        objects = s3_objects("moto", client)
        done = stored(objects, [SMALL])
        copies = [objects.store.publish(KEY, done, FILE, INLINE) for _ in range(5)]
        client.delete_object(Bucket=PUBLISHED, Key=FILE)  # a delete marker is a version too
        objects.store.unpublish(copies[0])
        assert "Versions" not in (left := client.list_object_versions(Bucket=PUBLISHED))
        assert "DeleteMarkers" not in left


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
