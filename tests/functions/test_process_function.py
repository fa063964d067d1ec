"""The function behind the queue: batches with bad messages, events that come twice, early, late, or about nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portway.aws.dynamodb import DynamoSessions
from portway.aws.s3 import S3Objects
from portway.errors import Unavailable
from tests.functions.deployed import INCOMING, PUBLISHED, Context, Deployed, batch, changed, event
from tests.functions.steps import open_upload, state, stored_upload


def process(portway: Deployed, events: dict[str, Any]) -> list[str]:
    """The ids of the messages that come back to the queue."""
    answer = portway.process.handler(events, Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_one_bad_message_comes_back_alone(portway: Deployed) -> None:
    """Of ten messages, in the places of events/process_batch.json, nine are done; only the poison is tried again."""
    example = event("process_batch")["Records"]
    uploads = [stored_upload(portway) for _ in range(9)]
    waiting = iter(uploads)
    messages = [
        {"Records": [record]} if record["body"] == "not an event" else portway.object_event(next(waiting))
        for record in example
    ]
    poison = next(number for number, record in enumerate(example) if record["body"] == "not an event")
    assert process(portway, batch(*messages)) == [f"message-{poison}"]
    assert {state(portway, upload_id) for upload_id in uploads} == {"PUBLISHED"}


def test_a_batch_may_fail_as_a_whole(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message comes back, and the function does not raise: a crash would say nothing about each."""
    uploads = [stored_upload(portway) for _ in range(3)]
    events = batch(*(portway.object_event(upload_id) for upload_id in uploads))
    with monkeypatch.context() as patch:
        patch.setattr(DynamoSessions, "get", _no_answer)
        assert process(portway, events) == ["message-0", "message-1", "message-2"]
    assert process(portway, events) == []
    assert {state(portway, upload_id) for upload_id in uploads} == {"PUBLISHED"}


def test_a_message_that_fails_is_logged_and_counted(
    portway: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For Lambda the invocation went well: without these lines nobody would hear of it, and no alarm would ring."""
    stored = portway.object_event(stored_upload(portway))
    monkeypatch.setattr(DynamoSessions, "get", _no_answer)
    capsys.readouterr()
    (message,) = process(portway, stored)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (failure,) = (line for line in lines if line.get("message") == "message failed")
    assert (failure["level"], failure["message_id"]) == ("ERROR", message)
    assert "no answer" in failure["exception"]
    assert [line["Message-failed"] for line in lines if "Message-failed" in line] == [[1.0]]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_an_event_that_comes_twice_publishes_once(portway: Deployed, in_one_batch: bool) -> None:
    """One published version and one event on the bus, as often as S3's event is delivered."""
    upload_id = stored_upload(portway)
    once = portway.object_event(upload_id)
    for events in [batch(once, once)] if in_one_batch else [once, once]:
        assert process(portway, events) == []
    assert len(portway.s3.list_object_versions(Bucket=PUBLISHED)["Versions"]) == 1
    assert [each["detail"]["id"] for each in portway.announced()] == [upload_id]


def test_an_event_before_our_own_write_publishes_too(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 completed, the answer was lost, the record still says COMPLETING: the event finishes the upload."""
    upload_id = open_upload(portway)
    with monkeypatch.context() as patch:
        _lose_answer_of_complete(patch)
        assert portway.call("complete", upload_id, body="{}")[0] == 202
    assert state(portway, upload_id) == "COMPLETING"
    assert process(portway, portway.object_event(upload_id)) == []
    assert state(portway, upload_id) == "PUBLISHED"
    assert portway.call("complete", upload_id, body="{}")[0] == 200


def test_an_event_while_nothing_is_there_changes_nothing(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forged or early event about an upload that is still being completed: the record's due time drives the rest."""
    upload_id = open_upload(portway)
    monkeypatch.setattr(S3Objects, "complete", _no_answer)
    assert portway.call("complete", upload_id, body="{}")[0] == 202
    assert process(portway, event("process_object_created", upload_id)) == []
    assert state(portway, upload_id) == "COMPLETING"


@pytest.mark.parametrize("name", ["process_unknown_key", "process_object_created", "process_duplicate"])
def test_events_about_nothing_of_ours_change_nothing(
    portway: Deployed, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown key is no reason to try again, but one to look: it is logged as an error and counted."""
    assert process(portway, event(name)) == []
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["level"] for line in lines if line.get("outcome") == "unknown_key"} == {"ERROR"}
    assert any("Object-unknown_key" in line for line in lines)


def test_a_later_version_is_never_processed(portway: Deployed) -> None:
    """events/process_late_version.json: another version under the key of a stored upload is left alone."""
    upload_id = stored_upload(portway)
    right = portway.object_event(upload_id)
    assert process(portway, event("process_late_version", upload_id)) == []
    assert state(portway, upload_id) == "STORED"
    assert process(portway, right) == []
    assert state(portway, upload_id) == "PUBLISHED"


def test_events_of_other_buckets_and_kinds_are_ignored(portway: Deployed) -> None:
    """The rule lets none through; if one comes all the same, it is no event about an upload."""
    upload_id = stored_upload(portway)
    good = json.loads(portway.object_event(upload_id)["Records"][0]["body"])
    foreign = [
        {**good, "source": "attacker"},
        {**good, "detail-type": "Object Deleted"},
        {**good, "detail": {**good["detail"], "bucket": {"name": PUBLISHED}}},
        {**good, "detail": {**good["detail"], "object": {**good["detail"]["object"], "key": "in/x"}}},
    ]
    record = event("process_object_created")["Records"][0]
    events = batch(*({"Records": [{**record, "body": json.dumps(body)}]} for body in foreign))
    assert process(portway, events) == []
    assert state(portway, upload_id) == "STORED"


@pytest.mark.parametrize("body", ["", "[]", "5", "{}", '{"detail": {}}', '{"detail": {"object": "x", "bucket": {}}}'])
def test_what_is_no_event_comes_back(portway: Deployed, body: str) -> None:
    """It is tried again, and ends in the dead-letter queue where somebody looks at it."""
    record = {**event("process_object_created")["Records"][0], "body": body}
    assert process(portway, batch({"Records": [record]})) == ["message-0"]


def test_events_without_a_version_are_taken(portway: Deployed) -> None:
    """The event is a hint: what is processed is the version in the record."""
    upload_id = stored_upload(portway)
    hint = changed(portway.object_event(upload_id), **{"version-id": None})
    assert process(portway, hint) == []
    assert state(portway, upload_id) == "PUBLISHED"


def test_the_bus_may_be_down(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is published all the same, nothing comes back to the queue, and the event is sent later, once."""
    upload_id = stored_upload(portway)
    with monkeypatch.context() as patch:
        patch.setattr("portway.aws.eventbridge.BusAnnouncer.send", _no_answer)
        assert process(portway, portway.object_event(upload_id)) == []
    assert state(portway, upload_id) == "PUBLISHED"
    assert portway.announced() == []
    portway.clock.pass_seconds(3600)
    portway.sweep.handler(event("sweep_schedule"), Context())
    assert [each["detail"]["event_id"] for each in portway.announced()] == [f"{upload_id}#PUBLISHED#1"]
    portway.sweep.handler(event("sweep_schedule"), Context())
    assert portway.announced() == []


def test_the_incoming_object_stays_where_it_is(portway: Deployed) -> None:
    """Publishing copies; the original version is kept until the file is deleted."""
    upload_id = stored_upload(portway)
    process(portway, portway.object_event(upload_id))
    (version,) = portway.s3.list_object_versions(Bucket=INCOMING)["Versions"]
    assert version["Key"].endswith(upload_id)
    assert portway.call("file_delete", upload_id)[0] == 204
    assert "Versions" not in portway.s3.list_object_versions(Bucket=INCOMING)


def _no_answer(*_: object, **__: object) -> Any:
    raise Unavailable("no answer")


def _lose_answer_of_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = S3Objects.complete

    def lost(*arguments: Any) -> Any:
        complete(*arguments)
        raise Unavailable("the answer was lost")

    monkeypatch.setattr(S3Objects, "complete", lost)
