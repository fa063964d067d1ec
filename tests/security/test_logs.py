"""What is written down: never a signed URL, a token, a secret, or what a person called a file."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from portway.protocols import native_by_token, object_batch
from portway.protocols.scan_events import Plan
from tests.functions.deployed import Context, Deployed, deployed
from tests.functions.steps import stored_upload
from tests.protocols.service import CREDENTIALS, Service
from tests.protocols.steps import BODIES, SIZE, created, given, tiny
from tests.security.front import TOKENS, Front
from tests.security.tokens import EXPIRED, FORGED
from tests.security.written import secrets_in

NAME = "Kündigung Anna Beispiel 2026.pdf"
METADATA = "only between us"
FILE = {"name": NAME, "size": SIZE, "content_type": "application/pdf", "part_size": 5 << 20}
SECRETS = (
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "X-Amz-Credential",
    "Bearer ",
    CREDENTIALS.secret_key,
    str(CREDENTIALS.token),
    *TOKENS.values(),
    FORGED["signature left out"],
)
PRIVATE = (NAME, json.dumps(NAME)[1:-1], "Beispiel", METADATA)
NUMBERS = count(1)


def message(key: str, version: str | None, bucket: str) -> dict[str, Any]:
    """What the queue hands over when an object was made."""
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "version-id": version}}
    body = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    return {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps(body)}]}


def process(api: Service, upload_id: str, logs: io.StringIO) -> None:
    upload = api.sessions.uploads[upload_id]
    logger = Logger(service=f"processor-{next(NUMBERS)}", stream=logs, level="INFO")
    handle = object_batch.handler(api.processing, Plan(None, api.objects.incoming), logger)
    version = upload.stored.version_id if upload.stored else None
    answer = handle(message(upload.key, version, api.objects.incoming))
    assert answer == {"batchItemFailures": []}


def live(front: Front, logs: io.StringIO) -> None:
    """An upload from create to its removal, with every route, every form, and refusals of all kinds."""
    api, owner = front.service, TOKENS["owner"]
    body = {**FILE, "metadata": {"subject": METADATA}}
    made = json.loads(front.ask("POST", "/v1/uploads", body, owner).body)
    path = f"/v1/uploads/{made['id']}"
    front.ask("POST", f"{path}/parts", {"range": [1, 3], "form": "template"}, owner)
    front.ask("POST", f"{path}/parts", {"numbers": [9], "checksums": {"9": NAME}}, owner)
    api.put_parts(made["signed"], BODIES)
    live_by_token(front, path)
    for method, tail, sent in (
        ("POST", "/progress", {"stored": [[1, 3]]}),
        ("GET", "", None),
        ("GET", "/parts", None),
        ("POST", "/complete", {"checksum": NAME}),
        ("POST", "/complete", {}),
        ("DELETE", "", None),
    ):
        front.ask(method, path + tail, sent, owner)
    process(api, made["id"], logs)
    for method, tail in (("GET", ""), ("GET", "/url"), ("DELETE", ""), ("GET", "/url")):
        front.ask(method, f"/v1/files/{made['id']}{tail}", None, owner)
    live_at_desk(front)
    for odd in ({**FILE, "name": NAME + "/"}, {**FILE, "size": "x"}, {**FILE, "category": NAME}):
        assert front.ask("POST", "/v1/uploads", odd, owner).status == 422
    for token in (EXPIRED, FORGED["signature left out"], None):
        assert front.ask("GET", path, None, token).status == 401


def live_at_desk(front: Front) -> None:
    """A file that failed, with everything that an operator may ask about it, and words in which he names people."""
    upload, why = f"/v1/operator/uploads/{tiny(front.service, 'failed')}", {"why": NAME}
    for method, tail in (("GET", ""), ("GET", "/url"), ("POST", "/release"), ("POST", "/retry"), ("POST", "/remove")):
        front.ask(method, upload + tail, why if method == "POST" else None, TOKENS["operator"])
    front.ask("POST", f"{upload}/reject", {"why": NAME * 100, "because": NAME}, TOKENS["operator"])


def live_by_token(front: Front, path: str) -> None:
    """The token of this upload: given, used on every route, rightly and wrongly, in a URL, and taken back."""
    token = json.loads(front.ask("POST", f"{path}/token", {"seconds": 60}, TOKENS["owner"]).body)["token"]
    for _ in range(2):
        for method, at, *_ in native_by_token.ROUTES:
            for body in ({"numbers": [1]}, {"stored": [[1, 2]]}, {"checksum": NAME}) if method == "POST" else (None,):
                assert front.ask(method, at, body, token).status != 500
        front.ask("GET", f"/v1/capability?token={token}", token=token[:-1])
        front.ask("DELETE", f"{path}/token", None, TOKENS["owner"])
    assert front.ask("GET", "/v1/capability", None, token).status == 401


def test_no_line_holds_a_url_a_token_a_secret_or_a_name(
    front: Front, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Gateway, API and processor over a whole life, with whatever any library logs: nothing to act with is there.

    From INFO on, names of files and metadata are not written either: an upload is its id.
    """
    caplog.set_level(logging.DEBUG)
    logs = io.StringIO()
    live(front, logs)
    printed = capsys.readouterr()
    written = "".join((front.service.logs.getvalue(), logs.getvalue(), printed.out, printed.err))
    written += "".join(record.getMessage() for record in caplog.records if record.levelno >= logging.INFO)
    assert "upload created" in written
    assert '"published"' in written
    assert '"refused"' in written
    assert '"token given"' in written
    assert '"quarantined file given out"' in written
    assert '"decided"' in written
    assert [secret for secret in (*SECRETS, *PRIVATE) if secret in written] == []
    assert [secret for secret in SECRETS if secret in caplog.text] == []
    assert secrets_in(written + caplog.text) == []
    kept = [upload.capability for upload in front.service.sessions.uploads.values()]
    assert not [each for each in kept if each and each.sha256 and each.sha256 in written + caplog.text]


def test_a_token_in_the_wrong_place_is_not_written_down(front: Front) -> None:
    """Whoever takes it for the id of an upload: our line has the id in it, and not its secret."""
    token = given(front.service, created(front.service)["id"])
    for path in (f"/v1/uploads/{token}", f"/v1/files/{token}/url", f"/v1/uploads?cursor={token}"):
        assert front.ask("GET", path, None, TOKENS["owner"]).status in (404, 422)
    assert front.service.log_lines()[-2]["upload_id"] == token.partition(".")[0]
    assert token.partition(".")[2] not in front.service.logs.getvalue()


def test_an_error_of_ours_is_told_without_the_request(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is logged once with its kind, and answered without details; the request's values are in neither."""

    def broken(*_: object) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(type(front.service.uploads), "create", broken)
    answer = front.ask("POST", "/v1/uploads", {**FILE, "metadata": {"subject": METADATA}}, TOKENS["owner"])
    written = front.service.logs.getvalue() + answer.body.decode()
    assert (answer.status, "KeyError" in answer.body.decode()) == (500, False)
    assert "KeyError" in written
    assert [secret for secret in (*SECRETS, *PRIVATE) if secret in written] == []


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    with deployed(monkeypatch, tmp_path) as made:
        yield made


def test_the_functions_print_no_secret(functions: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """The handlers as they are deployed, with boto3 behind them: from create to the download, and the sweeper."""
    upload_id = stored_upload(functions)
    functions.process.handler(functions.object_event(upload_id), Context())
    status, _ = functions.call("file_url", upload_id)
    assert status == 200
    printed = capsys.readouterr()
    written = printed.out + printed.err
    name = functions.call("status", upload_id)[1]["name"]
    assert "upload created" in written
    assert [each for each in ("X-Amz-Signature", "X-Amz-Security-Token", "Bearer ", name) if each in written] == []
