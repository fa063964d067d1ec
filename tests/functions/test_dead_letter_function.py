"""The function behind the dead letter queue: every file comes to an end, and no message circles for ever."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portway.aws.dynamodb import DynamoSessions
from portway.aws.s3 import S3Objects
from portway.errors import Unavailable
from portway.model import Upload
from tests.functions.deployed import PUBLISHED, Context, Deployed, batch, event
from tests.functions.steps import open_upload, state, stored_upload


class Killed(BaseException):
    """The process function is gone, in the middle of its work."""


def give_up(portway: Deployed, events: dict[str, Any]) -> list[str]:
    """The ids of the messages that come back to the dead letter queue."""
    answer = portway.dead_letter.handler(events, Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_failed_message_ends_its_file_and_its_owner_may_try_again(portway: Deployed) -> None:
    """Quarantined with a reason and words; a retry and the next sweep publish it, and each end is announced."""
    upload_id = stored_upload(portway)
    assert give_up(portway, portway.object_event(upload_id)) == []
    view = portway.call("status", upload_id)[1]
    assert (view["status"], view["reason"], view["findings"][0]["code"]) == ("failed", "error", "not_processed")
    assert portway.call("retry", upload_id)[0] == 202
    portway.sweep.handler(event("sweep_schedule"), Context())
    assert state(portway, upload_id) == "PUBLISHED"
    told = [(each["detail-type"], each["detail"]["event_id"]) for each in portway.announced()]
    assert told == [
        ("file.quarantined", f"{upload_id}#QUARANTINED#1"),
        ("file.published", f"{upload_id}#PUBLISHED#3"),
    ]


def test_one_that_cannot_be_ended_now_comes_back_alone(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten messages nine are done; the tenth, whose record gives no answer, is tried again and ends then."""
    uploads = [stored_upload(portway) for _ in range(10)]
    events = batch(*(portway.object_event(upload_id) for upload_id in uploads))
    get = DynamoSessions.get

    def deaf(self: DynamoSessions, upload_id: str) -> Upload | None:
        if upload_id == uploads[6]:
            raise Unavailable("no answer")
        return get(self, upload_id)

    with monkeypatch.context() as patch:
        patch.setattr(DynamoSessions, "get", deaf)
        assert give_up(portway, events) == ["message-6"]
    states = [state(portway, upload_id) for upload_id in uploads]
    assert states == ["QUARANTINED"] * 6 + ["STORED"] + ["QUARANTINED"] * 3
    assert give_up(portway, events) == []
    assert state(portway, uploads[6]) == "QUARANTINED"


def test_what_is_no_event_is_dropped_and_leaves_its_id(portway: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """events/dead_letter_batch.json has one: no circle of 14 days, an error with the message's id, never its body."""
    events = event("dead_letter_batch")
    poison = events["Records"][1]
    assert give_up(portway, events) == []
    errors = [line for line in lines(capsys) if line.get("level") == "ERROR"]
    assert [line.get("message_id") for line in errors if "dropped" in line["message"]] == [poison["messageId"]]
    assert poison["body"] not in json.dumps(errors)


@pytest.mark.parametrize("body", ["", "[]", "{}", "[" * 50_000, '{"detail": {"object": {"key": 5}, "bucket": {}}}'])
def test_no_body_circles_for_ever(portway: Deployed, body: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Broken, empty or deeply nested: dropped, and counted for an alarm."""
    record = {**event("process_object_created")["Records"][0], "body": body}
    assert give_up(portway, batch({"Records": [record]})) == []
    assert any("DeadLetter-no_event" in line for line in lines(capsys))


@pytest.mark.parametrize("name", ["process_unknown_key", "process_late_version"])
def test_what_belongs_to_nobody_is_an_alarm(portway: Deployed, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown key, or another version: no record changes, the log has an error, a metric counts it."""
    upload_id = stored_upload(portway)
    assert give_up(portway, event(name, upload_id)) == []
    assert state(portway, upload_id) == "STORED"
    outcome = name.removeprefix("process_")
    found = lines(capsys)
    assert {line["level"] for line in found if line.get("outcome") == outcome} == {"ERROR"}
    assert any(f"DeadLetter-{outcome}" in line for line in found)


def test_what_was_found_clean_is_published(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker died beside the copy, its verdict is stored: the publication is finished, nothing is quarantined."""
    upload_id = stored_upload(portway)
    message = portway.object_event(upload_id)
    with monkeypatch.context() as patch:
        patch.setattr(S3Objects, "publish", _killed)
        with pytest.raises(Killed):
            portway.process.handler(message, Context())
    assert give_up(portway, message) == [], "its lease is not over: left to the sweeper"
    assert state(portway, upload_id) == "PROCESSING"
    portway.clock.pass_seconds(3600)
    assert give_up(portway, message) == []
    assert state(portway, upload_id) == "PUBLISHED"
    assert len(portway.s3.list_object_versions(Bucket=PUBLISHED)["Versions"]) == 1


def test_a_file_that_is_not_stored_yet_is_left_to_the_sweeper(portway: Deployed) -> None:
    """The message is taken, the upload stays as it is."""
    upload_id = open_upload(portway)
    assert give_up(portway, event("process_object_created", upload_id)) == []
    assert state(portway, upload_id) == "OPEN"


def _killed(*_: object, **__: object) -> Any:
    raise Killed
