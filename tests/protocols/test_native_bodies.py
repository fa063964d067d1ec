"""What a request body may be before its fields are looked at: one JSON object in UTF-8, sent as JSON."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest

from tests.protocols.service import Answer, Service

FILE = {"name": "a.wav", "size": 20, "content_type": "audio/wav"}
MALFORMED = {
    "cut off": '{"name":',
    "two documents": "{} {}",
    "a byte order mark": "\ufeff{}",
    "not a number": '{"size": NaN}',
    "infinity": '{"size": -Infinity}',
    "a number of 5,000 digits": '{"size": ' + "9" * 5000 + "}",
    "100,000 arrays in each other": "[" * 100_000,
    "100,000 objects in each other": '{"a":' * 100_000,
}
NOT_OBJECTS = {
    "null": "null",
    "text": '"a"',
    "a number": "5",
    "true": "true",
    "an array": "[]",
    "an array of one": json.dumps([FILE]),
}
FOREIGN = {
    "text/plain": "{}",
    "application/x-www-form-urlencoded": urlencode(FILE),
    "multipart/form-data": "",
    "multipart/form-data; boundary=x": '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na\r\n--x--\r\n',
    "application/jsonlines": json.dumps(FILE),
    "application/problem+json": json.dumps(FILE),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_json_is_malformed(api: Service, body: str) -> None:
    """A body that is not JSON (RFC 8259: no NaN either) is 400, and nothing was created."""
    answer = api.send("POST", "/v1/uploads", body)
    assert _refusal(answer) == (400, "malformed_json")
    assert not api.sessions.uploads


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_what_is_not_utf8_is_malformed(api: Service, encoding: str) -> None:
    """A body in another encoding comes in base64 from the gateway, and is 400."""
    body = json.dumps({**FILE, "name": "ü"}, ensure_ascii=False).encode(encoding)
    answer = api.send("POST", "/v1/uploads", base64.b64encode(body).decode(), is_base64=True)
    assert _refusal(answer) == (400, "malformed_json")


def test_a_base64_body_is_read(api: Service) -> None:
    """A gateway that takes the body for binary hands it over in base64; that changes nothing."""
    body = base64.b64encode(json.dumps({**FILE, "name": "Öl.wav"}).encode()).decode()
    answer = api.send("POST", "/v1/uploads", body, is_base64=True)
    assert answer.status == 201
    assert api.sessions.uploads[answer.document["id"]].name == "Öl.wav"


@pytest.mark.parametrize("body", NOT_OBJECTS.values(), ids=NOT_OBJECTS.keys())
def test_only_an_object_is_a_request(api: Service, body: str) -> None:
    """Other JSON than an object is 422 and names the body; an array of one object is no object."""
    answer = api.send("POST", "/v1/uploads", body)
    assert _refusal(answer) == (422, "invalid_request")
    assert [(fault["field"], fault["code"]) for fault in answer.document["errors"]] == [("body", "not_an_object")]


@pytest.mark.parametrize("body", ["", None])
def test_a_missing_body_is_named(api: Service, body: str | None) -> None:
    """A route that needs a body says so."""
    answer = api.send("POST", "/v1/uploads", body)
    assert _refusal(answer) == (422, "invalid_request")
    assert [(fault["field"], fault["code"]) for fault in answer.document["errors"]] == [("body", "missing")]


@pytest.mark.parametrize(("media_type", "body"), FOREIGN.items(), ids=FOREIGN.keys())
@pytest.mark.parametrize("path", ["", "/{id}/parts", "/{id}/progress", "/{id}/complete"])
def test_only_json_is_taken(api: Service, path: str, media_type: str, body: str) -> None:
    """Forms and everything else are 415 on every route with a body, before anybody looks inside."""
    upload_id = api.call("POST", "/v1/uploads", FILE).document["id"]
    answer = api.send("POST", f"/v1/uploads{path.format(id=upload_id)}", body, headers={"content-type": media_type})
    assert _refusal(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", ""])
def test_json_is_json_however_it_is_written(api: Service, media_type: str) -> None:
    """Media types have no case and may have parameters (RFC 9110); a client that names none is believed."""
    assert api.send("POST", "/v1/uploads", json.dumps(FILE), headers={"content-type": media_type}).status == 201


def test_a_huge_body_is_refused_unread(api: Service) -> None:
    """Over 1 MiB is 413: the largest fair request names 10,000 checksums in a quarter of that."""
    answer = api.send("POST", "/v1/uploads", json.dumps({**FILE, "metadata": {"a": "x" * (1 << 20)}}))
    assert _refusal(answer) == (413, "invalid_request")
    (fault,) = answer.document["errors"]
    assert (fault["field"], fault["code"], fault["limit"]) == ("body", "too_large", 1 << 20)


def _refusal(answer: Answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.document["status"] == answer.status
    return answer.status, answer.document["code"]
