"""What the native API writes down: which upload a line is about, never what could be used to act for its owner."""

from __future__ import annotations

import json
import logging

import pytest

from tests.protocols.service import OWNER, Service
from tests.protocols.steps import completed, created, published, sent

SECRETS = ("X-Amz-Signature", "X-Amz-Security-Token", "an example and no secret", "an-example-token", "Bearer ")


def test_lines_carry_the_upload(api: Service) -> None:
    """Every line that a request about an upload writes has its id, also when it is refused."""
    upload_id = completed(api)
    api.logs.truncate(0)
    api.logs.seek(0)
    assert api.call("DELETE", f"/v1/uploads/{upload_id}").status == 409
    lines = api.log_lines()
    assert lines
    assert {line["upload_id"] for line in lines} == {upload_id}


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ({"numbers": ["x"], "colour": 1}, "invalid_request", ["numbers.0", "colour"]),
        ({"numbers": [99]}, "invalid_request", ["numbers"]),
        ([], "invalid_request", ["body"]),
        ("{", "malformed_json", None),
    ],
)
def test_every_refusal_is_a_line(api: Service, body: object, code: str, fields: list[str] | None) -> None:
    """With the upload, the code and the fields: what clients do wrong can be seen without asking them."""
    upload_id = created(api)["id"]
    path = f"/v1/uploads/{upload_id}/parts"
    answer = api.send("POST", path, body) if isinstance(body, str) else api.call("POST", path, body)
    assert answer.document["code"] == code
    line = api.log_lines()[-1]
    assert (line["message"], line["code"], line["upload_id"]) == ("refused", code, upload_id)
    assert line.get("fields") == fields


def test_creating_says_which_upload_it_was(api: Service) -> None:
    """The first line about an upload has its id and its size."""
    upload = created(api)
    (line,) = [line for line in api.log_lines() if line["message"] == "upload created"]
    assert (line["upload_id"], line["size"]) == (upload["id"], upload["size"])


def test_nothing_secret_is_written_down(
    api: Service, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Through a whole life of an upload, with everything that any library logs: no URL, no token, no key."""
    caplog.set_level(logging.DEBUG)
    file_id = published(api)
    api.call("GET", f"/v1/files/{file_id}/url")
    api.call("GET", f"/v1/uploads/{file_id}")
    other = sent(api)
    api.call("POST", f"/v1/uploads/{other}/parts", {"range": [1, 3], "form": "template"})
    api.call("POST", f"/v1/uploads/{other}/parts", {"numbers": [9]})
    printed = capsys.readouterr()
    written = "".join((api.logs.getvalue(), caplog.text, printed.out, printed.err))
    assert "upload created" in written
    assert not [secret for secret in SECRETS if secret in written]


def test_a_line_is_a_line_whatever_was_sent(api: Service) -> None:
    """Line breaks and control characters of a client forge no line: each is one JSON document."""
    forged = '\n{"level": "ERROR", "message": "forged"}\r\n\u2028\x1b[31m'
    api.call(
        "POST", "/v1/uploads", {"name": forged, "size": 1, "content_type": forged}, headers={"idempotency-key": "k"}
    )
    api.call("GET", f"/v1/uploads/{'a' * 26}%0a{{}}")
    api.call("GET", "/v1/uploads", who={**OWNER, "tenant": "", "sub": forged})
    for line in api.logs.getvalue().splitlines():
        assert json.loads(line)["message"] != "forged"


def test_a_long_path_makes_no_long_line(api: Service) -> None:
    """What is written of an id is as long as an id may be, and no longer."""
    api.call("GET", f"/v1/uploads/{'x' * 5000}")
    assert all(len(line) < 1000 for line in api.logs.getvalue().splitlines())
    assert api.log_lines()


def test_metrics_count_what_happens(api: Service, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of CloudWatch's embedded format for each upload that is created; it costs no call."""
    created(api)
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [metric for metric in metrics if "UploadsCreated" in metric]
    assert metric["UploadsCreated"] == [1.0]
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Portway"
