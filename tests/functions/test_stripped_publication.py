"""A photo with its position through the deployed functions, real boto3 and the strict S3 endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.corpus import hostile_images as bad
from dev.s3 import checksums
from dev.s3.serving import serve
from tests.conftest import REGION
from tests.functions.deployed import INCOMING, PUBLISHED, Context, Deployed, deployed
from tests.functions.test_odd_completes import KEYS

PHOTO = bad.jpeg(bad.segment(0xE1, b"Exif\0\0" + bad.exif_position()))


@pytest.fixture
def portway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    with serve(data=tmp_path / "s3", keys=KEYS, region=REGION) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint.url)
        monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
        with deployed(monkeypatch, tmp_path) as made:
            yield made


def test_a_photo_is_published_without_its_position(portway: Deployed) -> None:
    """S3 proves the checksum of what is published; the API says it, and the size."""
    wanted = {"name": "a.jpg", "size": len(PHOTO), "content_type": "image/jpeg", "category": "images", "window": 0}
    upload_id = portway.call("create_empty", body=json.dumps(wanted))[1]["id"]
    (held,) = portway.s3.list_multipart_uploads(Bucket=INCOMING)["Uploads"]
    portway.s3.upload_part(Bucket=INCOMING, Key=held["Key"], UploadId=held["UploadId"], PartNumber=1, Body=PHOTO)
    assert portway.call("complete", upload_id, body="{}")[0] == 200
    assert portway.process.handler(portway.object_event(upload_id), Context()) == {"batchItemFailures": []}
    (version,) = portway.s3.list_object_versions(Bucket=PUBLISHED)["Versions"]
    found = portway.s3.get_object(Bucket=PUBLISHED, Key=version["Key"])
    data = found["Body"].read()
    assert (data, found["ContentType"]) == (bad.jpeg(), "image/jpeg")
    assert found["ContentDisposition"].startswith("inline")
    _, file = portway.call("file", upload_id)
    crc32 = checksums.b64(checksums.digest("crc32", data))
    assert (file["size"], file["checksum_algorithm"], file["checksum"]) == (len(data), "crc32", crc32)
