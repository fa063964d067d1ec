"""One file from create to download through the deployed functions, on moto alone.

What moto does not check here, and the strict endpoint's tests do: that the signed URLs are signed, end, and take only
their length and checksum; that S3 compares parts, size and checksum at complete; that the copy is of the version that
was inspected; that events really come from S3. The event is handed over here as events/process_object_created.json.
"""

from __future__ import annotations

import json
from typing import Any

import requests

from tests.functions.deployed import EVENTS, PUBLISHED, Context, Deployed, event
from tests.functions.steps import open_upload

CONTENT = bytes(range(256)) * (20 * 1024 * 1024 // 256)


def test_a_file_goes_from_create_to_download(portway: Deployed) -> None:
    """create → PUT of each part → progress → complete → event → published → announced → read → removed."""
    status, upload = portway.call("create")
    assert (status, upload["part_count"]) == (201, 2)
    upload_id = upload["id"]
    for part in upload["signed"]["parts"]:
        first = (part["number"] - 1) * upload["part_size"]
        body = CONTENT[first : first + part["length"]]
        assert requests.put(part["url"], data=body, headers=part["headers"], timeout=10).status_code == 200
    assert portway.call("sign", upload_id)[0] == portway.call("sign_template", upload_id)[0] == 200
    assert portway.call("parts", upload_id)[1]["parts"][1]["size"] == 4 * 1024 * 1024
    assert portway.call("progress", upload_id)[1]["status"] == "in_progress"
    assert portway.call("status", upload_id)[1]["missing"] == []

    status, stored = portway.call("complete", upload_id)
    assert (status, stored["status"]) == (200, "processing")
    assert portway.process.handler(portway.object_event(upload_id), Context()) == {"batchItemFailures": []}

    view = portway.call("status", upload_id)[1]
    assert view["status"] == "completed"
    assert [step["state"] for step in view["history"]][-2:] == ["PROCESSING", "PUBLISHED"]
    _check_announcement(portway, upload_id)
    assert [item["id"] for item in portway.call("list")[1]["uploads"]] == [upload_id]

    assert portway.call("file", upload_id)[1]["name"] == "Über den Wolken.wav"
    link = portway.call("file_url", upload_id)[1]
    assert requests.get(link["url"], timeout=10).content == CONTENT
    assert portway.call("abort", upload_id)[0] == 409
    assert portway.call("file_delete", upload_id)[0] == 204
    assert portway.call("file", upload_id)[0] == 410
    assert not portway.s3.list_object_versions(Bucket=PUBLISHED).get("Versions")
    assert [body["detail"]["event_id"] for body in portway.heard()] == [f"{upload_id}#REMOVED#1"]


def test_an_empty_file_goes_the_same_way(portway: Deployed) -> None:
    """0 bytes: one empty part, published like every other."""
    upload_id = open_upload(portway)
    assert portway.call("complete", upload_id, body="{}")[0] == 200
    portway.process.handler(portway.object_event(upload_id), Context())
    assert portway.call("file", upload_id)[1]["size"] == 0


def _check_announcement(portway: Deployed, upload_id: str) -> None:
    """Each step once, as events/schemas promises consumers."""
    heard = portway.heard()
    assert [body["detail-type"] for body in heard] == ["upload.created", "upload.stored", "file.published"]
    announced = heard[-1]
    assert (announced["source"], announced["detail-type"]) == ("portway", "file.published")
    assert (announced["detail"]["id"], announced["detail"]["tenant"]) == (upload_id, "acme")
    assert announced["detail"]["event_id"] == f"{upload_id}#PUBLISHED#1"


def test_every_example_of_the_api_is_answered(portway: Deployed) -> None:
    """events/api_*.json are real requests: each gets the answer that it is named after, about an upload of nobody."""
    expected = {"create": 201, "create_empty": 201, "create_refused": 422, "status_without_tenant": 403, "list": 200}
    names = sorted(path.stem.removeprefix("api_") for path in EVENTS.glob("api_*.json"))
    assert len(names) > 10
    by_token = {name for name in names if name.startswith("by_token_")}
    assert len(by_token) == 5
    for name in names:
        assert portway.call(name)[0] == (401 if name in by_token else expected.get(name, 404)), name


def test_a_file_is_finished_by_its_token(portway: Deployed) -> None:
    """Given with the owner's JWT, it signs, reports, completes and asks without one; taken back it opens nothing."""
    upload_id = portway.call("create_empty")[1]["id"]
    status, given = portway.call("token", upload_id)
    assert status == 201
    status, signed = _by_token(portway, "sign", given["token"], {"numbers": [1]})
    assert requests.put(signed["parts"][0]["url"], data=b"", timeout=10).status_code == status == 200
    assert _by_token(portway, "progress", given["token"], {"stored": [[1, 1]]})[1]["status"] == "in_progress"
    assert len(_by_token(portway, "parts", given["token"])[1]["parts"]) == 1
    assert _by_token(portway, "complete", given["token"], {})[1]["status"] == "processing"
    portway.process.handler(portway.object_event(upload_id), Context())
    assert _by_token(portway, "status", given["token"])[1]["status"] == "completed"
    assert portway.call("token_revoke", upload_id)[0] == 204
    status, problem = _by_token(portway, "status", given["token"])
    assert (status, problem["code"]) == (401, "bad_token")


def _by_token(portway: Deployed, name: str, token: str, body: Any = None) -> tuple[int, Any]:
    """The answer to events/api_by_token_<name>.json with this token."""
    headers = event(f"api_by_token_{name}")["headers"] | {"authorization": f"Bearer {token}"}
    changes = {} if body is None else {"body": json.dumps(body)}
    return portway.call(f"by_token_{name}", headers=headers, **changes)


def test_a_stranger_sees_nothing(portway: Deployed) -> None:
    """events/api_status_stranger.json about somebody's upload is answered like one about nobody's."""
    upload_id = portway.call("create_empty")[1]["id"]
    stranger = portway.api.handler(event("api_status_stranger", upload_id), Context())
    unknown = portway.api.handler(event("api_status_stranger"), Context())
    assert stranger == unknown
    assert stranger["statusCode"] == 404


def test_a_form_is_refused_by_the_deployed_function(portway: Deployed) -> None:
    """The function is wired with the resolver that takes JSON alone."""
    made = event("api_create")
    headers = {**made["headers"], "content-type": "application/x-www-form-urlencoded"}
    assert portway.call("create", headers=headers)[0] == 415
