"""A file of 10,000 parts, the most that S3 takes, through the real boto3 code: signed, sent, sealed, completed,
published. The parts are tiny, which only an endpoint of one's own allows, and so is what one request copies; nothing
else is smaller than on AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.s3 import checksums
from portway.errors import PartsDiffer, PartsMissing
from portway.model import Status
from portway.parts import Limits
from portway.processing import Arrival
from portway.signing import Form
from tests.contracts.tables import TABLE
from tests.faults.aws_site import INCOMING, Site, site
from tests.unit.rules import POLICY
from tests.unit.world import OWNER, declared

COUNT, BYTES, CONNECTIONS = 10_000, 5, 4
CONTENT = b"".join(b"%05d" % number for number in range(1, COUNT + 1))
ROOM = {"bytes": 1 << 20, "open_uploads": 3}
POLICIES = {
    **POLICY,
    "categories": {"anything": {**POLICY["categories"]["anything"], "max_size": 1 << 20}},
    "quotas": {"owner": ROOM, "tenant": ROOM, "tenants": {}},
}
LIMITS = Limits(min_part=1, max_part=64, max_parts=COUNT, default_part=BYTES, step=1)
UPLOAD = "0" * 26


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    with site(monkeypatch, tmp_path, LIMITS, POLICIES) as made:
        made.clock.now = time.time_ns() // 1_000_000  # the endpoint judges the URLs by its own clock
        yield made


class Watch:
    """Milliseconds that each step took."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.spent[name] = round((time.monotonic() - start) * 1000)


def send(urls: Sequence[str], numbers: Sequence[int]) -> None:
    """PUT these parts over one connection."""
    first = urlsplit(urls[0])
    connection = HTTPConnection(first.hostname or "", first.port)
    for number in numbers:
        place = urlsplit(urls[number - 1])
        connection.request("PUT", f"{place.path}?{place.query}", CONTENT[BYTES * (number - 1) :][:BYTES])
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    connection.close()


def test_ten_thousand_parts_become_one_file(stores: Site, record_property: Callable[..., None]) -> None:
    """The missing part is named, a wrong checksum is seen before S3 is asked, and the file is right to the byte."""
    uploads, watch, numbers = stores.here.uploads, Watch(), range(1, COUNT + 1)
    whole = checksums.b64(checksums.digest("crc64nvme", CONTENT))
    of_no_type = {"name": "numbers", "content_type": "application/octet-stream"}
    upload = uploads.create(OWNER, declared(size=len(CONTENT), part_size=BYTES, **of_no_type), UPLOAD).upload
    with watch.step("sign"):
        (batch,) = uploads.sign_parts(OWNER, UPLOAD, numbers, Form.TEMPLATE, {}).batches
    urls = list(batch.urls())
    with watch.step("send"), ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda first: send(urls, numbers[first:-1:CONNECTIONS]), range(CONNECTIONS)))
    with pytest.raises(PartsMissing) as missing:
        uploads.complete(OWNER, UPLOAD, whole)
    assert missing.value.missing == ((COUNT, COUNT),)
    send(urls, [COUNT])
    with pytest.raises(PartsDiffer):
        uploads.complete(OWNER, UPLOAD, "AAAAAAAAAAA=")
    bodies = request_bytes(stores)
    with watch.step("complete"), stores.calls.counted():
        upload = uploads.complete(OWNER, UPLOAD, whole)
    assert (upload.status, upload.stored and upload.stored.checksum) == (Status.STORED, whole)
    listed = ["S3 ListParts"] * 10
    assert [name for name in stores.calls.names if name.startswith("S3")] == [*listed, "S3 CompleteMultipartUpload"]
    with watch.step("publish"):
        stores.here.processing.arrived(Arrival(upload.key, None))
        stores.here.sweeper.sweep()  # it is copied in turns, as a file of so many parts is on AWS
    published = uploads.owned(OWNER, UPLOAD).published
    assert published is not None
    got = stores.s3.get_object(Bucket=published.bucket, Key=published.key, VersionId=published.version_id)
    assert got["Body"].read() == CONTENT
    manifest = manifest_bytes(stores)
    assert len(manifest) == 5
    assert "Uploads" not in stores.s3.list_multipart_uploads(Bucket=INCOMING)
    record_property("figures", f"ms: {watch.spent}; manifest: {manifest} bytes; requests: {bodies} bytes")


def request_bytes(stores: Site) -> dict[str, int]:
    """From now on: the longest body that was sent for each operation."""
    seen: dict[str, int] = {}

    def note(model: Any, params: Any, **_: Any) -> None:
        seen[model.name] = max(len(params["body"] or b""), seen.get(model.name, 0))

    stores.here.session.get_component("event_emitter").register("before-call.*.*", note)
    for client in (stores.here.table, stores.here.objects._completing):
        client.meta.events.register("before-call.*.*", note)
    return seen


def manifest_bytes(stores: Site) -> list[int]:
    """The size of each item that the manifest lies in."""
    items: list[dict[str, Any]] = []
    for page in stores.dynamodb.get_paginator("scan").paginate(TableName=TABLE):
        items += page["Items"]
    return [len(item["parts"]["S"]) for item in items if "parts" in item]
