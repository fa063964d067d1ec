"""The function that makes results of published files: thumbnails to look at, in the API and on the bus."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import requests
from PIL import Image

from tests.functions.deployed import Context, Deployed, batch, event


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def published(portway: Deployed, data: bytes, **changes: Any) -> str:
    """The id of a published file of the category images."""
    declared = {"name": "beach.png", "size": len(data), "content_type": "image/png", "category": "images", **changes}
    upload = portway.call("create", body=json.dumps(declared), headers={"content-type": "application/json"})[1]
    (part,) = upload["signed"]["parts"]
    assert requests.put(part["url"], data=data, headers=part["headers"], timeout=10).status_code == 200
    assert portway.call("complete", upload["id"], body="{}")[0] == 200
    portway.process.handler(portway.object_event(upload["id"]), Context())
    assert portway.call("status", upload["id"])[1]["status"] == "completed"
    return str(upload["id"])


def derive(portway: Deployed, *events: dict[str, Any]) -> list[str]:
    """The ids of the messages that come back."""
    answer = portway.derive.handler(batch(*events), Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_picture_has_thumbnails_to_look_at(portway: Deployed) -> None:
    """They are in the file's answer with their measures, and each has a signed URL of its own."""
    upload_id = published(portway, picture())
    assert portway.call("file", upload_id)[1]["results_at"] is None
    assert derive(portway, event("derive_published", upload_id)) == []
    file = portway.call("file", upload_id)[1]
    assert file["results_at"]
    assert [(each["name"], each["facts"]) for each in file["results"]] == [
        ("facts.json", {}),
        ("thumbnail-1024.webp", {"width": 800, "height": 600}),
        ("thumbnail-256.webp", {"width": 256, "height": 192}),
    ]
    asked = {"queryStringParameters": {"result": "thumbnail-256.webp"}, "rawQueryString": "result=thumbnail-256.webp"}
    answer = requests.get(portway.call("file_url", upload_id, **asked)[1]["url"], timeout=10)
    assert answer.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(answer.content)) as small:
        assert small.size == (256, 192)


def test_what_inspection_learnt_is_an_object_too(portway: Deployed) -> None:
    """facts.json, for those who read the bucket and not the API."""
    upload_id = published(portway, picture())
    derive(portway, event("derive_published", upload_id))
    asked = {"queryStringParameters": {"result": "facts.json"}, "rawQueryString": "result=facts.json"}
    facts = requests.get(portway.call("file_url", upload_id, **asked)[1]["url"], timeout=10).json()
    assert (facts["width"], facts["height"], facts["content_type"]) == (800, 600, "image/png")


def test_results_are_announced_once(portway: Deployed) -> None:
    """Twice delivered, told once, as its schema says."""
    upload_id = published(portway, picture())
    message = event("derive_published", upload_id)
    portway.heard()
    assert derive(portway, message, message) == []
    assert [each["detail"]["event_id"] for each in portway.heard()] == [f"{upload_id}#DERIVED#1"]


def test_a_result_that_was_not_made_is_not_found(portway: Deployed) -> None:
    """404, as for a file that is not there."""
    upload_id = published(portway, picture())
    asked = {"queryStringParameters": {"result": "optimised.jpg"}, "rawQueryString": "result=optimised.jpg"}
    assert portway.call("file_url", upload_id, **asked)[0] == 404


@pytest.mark.parametrize("body", ["no JSON", "{}", "[]", '{"source": "portway", "detail-type": "file.published"}'])
def test_what_is_no_event_comes_back_alone(portway: Deployed, body: str) -> None:
    """After three tries it is a dead letter; the others of its batch are done."""
    upload_id = published(portway, picture())
    message = event("derive_published", upload_id)
    strange = {"Records": [{**message["Records"][0], "body": body}]}
    assert derive(portway, strange, message) == ["message-0"]
    assert portway.call("file", upload_id)[1]["results"]
