"""S3's odd answers to CompleteMultipartUpload, through the deployed functions: real boto3 and the strict S3 endpoint.

docs/faults.md, section 2, says what each answer means; here each is given once, and the upload is followed to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.s3.scripted import Line, Pause, Script
from dev.s3.serving import serve
from portway.aws import buckets
from tests.conftest import REGION
from tests.functions.deployed import INCOMING, PUBLISHED, Context, Deployed, deployed, event
from tests.functions.steps import state

KEYS = {"FOOBARKEY": "FOOBARSECRET"}  # what moto puts into the environment
COMPLETE = "CompleteMultipartUpload"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def portway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: Script) -> Iterator[Deployed]:
    with serve(data=tmp_path / "s3", keys=KEYS, region=REGION, middlewares=(script,)) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint.url)
        monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
        with deployed(monkeypatch, tmp_path) as made:
            yield made


def sent(portway: Deployed) -> str:
    """The id of an upload whose one part, of no bytes, is in S3."""
    upload_id: str = portway.call("create_empty")[1]["id"]
    (held,) = portway.s3.list_multipart_uploads(Bucket=INCOMING)["Uploads"]
    portway.s3.upload_part(Bucket=INCOMING, Key=held["Key"], UploadId=held["UploadId"], PartNumber=1, Body=b"")
    return upload_id


def complete(portway: Deployed, upload_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = portway.api.handler({**event("api_complete", upload_id), "body": "{}"}, Context())
    return answer


def sweep_in(portway: Deployed, seconds: float) -> None:
    portway.clock.pass_seconds(seconds)
    portway.sweep.handler({}, Context())


def is_published_by_its_event(portway: Deployed, upload_id: str) -> bool:
    """One version came in, one was published, one event was told."""
    assert portway.process.handler(portway.object_event(upload_id), Context()) == {"batchItemFailures": []}
    held = [portway.s3.list_object_versions(Bucket=bucket)["Versions"] for bucket in (INCOMING, PUBLISHED)]
    told = [each["detail-type"] for each in portway.announced()]
    return (state(portway, upload_id), list(map(len, held)), told) == ("PUBLISHED", [1, 1], ["file.published"])


@pytest.mark.parametrize("is_done", [False, True], ids=["nothing happened", "it happened"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (200, "InternalError"),
        (200, "SlowDown"),
        (500, "InternalError"),
        (503, "SlowDown"),
        (409, "ConditionalRequestConflict"),
        (412, "PreconditionFailed"),
    ],
)
def test_an_answer_in_doubt_is_202_and_ends_well(
    portway: Deployed, script: Script, status: int, code: str, is_done: bool
) -> None:
    """Errors in the body of a 200, too: the client is told to ask later; event or sweeper publish, whatever S3 did."""
    upload_id = sent(portway)
    script.tell(COMPLETE, Line(status, code, is_done))
    answer = complete(portway, upload_id)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (202, "2")
    assert state(portway, upload_id) == "COMPLETING"
    if not is_done:
        sweep_in(portway, 61)
        assert state(portway, upload_id) == "STORED"
    assert is_published_by_its_event(portway, upload_id)


@pytest.mark.parametrize("code", ["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidRequest", "BadDigest"])
def test_a_refused_manifest_ends_the_upload(portway: Deployed, script: Script, code: str) -> None:
    """A part, the size or the checksum is another: failed for good, nothing is left in S3, nothing is opened again."""
    upload_id = sent(portway)
    script.tell(COMPLETE, Line(400, code))
    assert complete(portway, upload_id)["statusCode"] == 409
    _, view = portway.call("status", upload_id)
    assert (view["status"], view["reason"], state(portway, upload_id)) == ("failed", "parts_changed", "ABORTED")
    assert "Uploads" not in portway.s3.list_multipart_uploads(Bucket=INCOMING)


def test_an_upload_that_s3_does_not_know_is_looked_for(portway: Deployed, script: Script) -> None:
    """NoSuchUpload means aborted or completed: the object decides. It is there, so the answer is 200."""
    upload_id = sent(portway)
    script.tell(COMPLETE, Line(404, "NoSuchUpload", is_done=True))
    assert complete(portway, upload_id)["statusCode"] == 200
    assert is_published_by_its_event(portway, upload_id)


def test_an_upload_that_s3_lost_fails(portway: Deployed, script: Script) -> None:
    """NoSuchUpload and no object: failed, and what S3 had all the same is gone after the last look."""
    upload_id = sent(portway)
    script.tell(COMPLETE, Line(404, "NoSuchUpload"))
    assert complete(portway, upload_id)["statusCode"] == 409
    assert portway.call("status", upload_id)[1]["reason"] == "upload_gone"
    sweep_in(portway, 3601)
    assert "Uploads" not in portway.s3.list_multipart_uploads(Bucket=INCOMING)


@pytest.mark.parametrize("finisher", ["event", "sweeper", "client"])
def test_a_complete_outlives_the_gateway(
    portway: Deployed, script: Script, monkeypatch: pytest.MonkeyPatch, finisher: str
) -> None:
    """S3 works on it for longer than anybody waits: 202 with Retry-After; once S3 is done, the file gets published."""
    upload_id, pause = sent(portway), Pause()
    script.tell(COMPLETE, pause)
    with monkeypatch.context() as patch:
        patch.setattr(buckets, "COMPLETE_SECONDS", 0.3)  # 20 s, which nobody shall wait for here
        answer = complete(portway, upload_id)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (202, "2")
    assert pause.reached.wait(30)
    assert state(portway, upload_id) == "COMPLETING"
    pause.let_go()
    if finisher == "sweeper":
        sweep_in(portway, 61)
    if finisher == "client":
        assert complete(portway, upload_id)["statusCode"] == 200
    assert is_published_by_its_event(portway, upload_id)
