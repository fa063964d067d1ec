"""The steps of an upload through the deployed API, for tests that are about the functions behind it."""

from __future__ import annotations

import json

import requests

from tests.functions.deployed import Deployed


def open_upload(portway: Deployed) -> str:
    """The id of an upload of an empty file (events/api_create_empty.json) whose one part is stored."""
    upload_id: str = portway.call("create_empty")[1]["id"]
    signed = portway.call("sign", upload_id, body=json.dumps({"numbers": [1]}))[1]
    assert requests.put(signed["parts"][0]["url"], data=b"", timeout=10).status_code == 200
    return upload_id


def stored_upload(portway: Deployed) -> str:
    """The id of a completed upload that no event was about yet."""
    upload_id = open_upload(portway)
    assert portway.call("complete", upload_id, body="{}")[0] == 200
    return upload_id


def state(portway: Deployed, upload_id: str) -> str:
    """The model's state of an upload."""
    return str(portway.call("status", upload_id)[1]["history"][-1]["state"])
