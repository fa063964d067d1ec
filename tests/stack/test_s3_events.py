"""Events of new objects: AWS's schema, once the object is there, until somebody takes them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from dev.s3.events import put_events
from dev.s3.serving import serve
from tests.stack.s3_bucket import REGION, bucket

ON: dict[str, Any] = {"NotificationConfiguration": {"EventBridgeConfiguration": {}}}
PATIENCE_SECONDS = 20


class Listener:
    """Takes events, and refuses the first `failures` attempts."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[dict[str, Any]] = []
        self._failures, self._changed = failures, threading.Condition()

    async def __call__(self, entries: Sequence[dict[str, Any]]) -> None:
        if self._failures:
            self._failures -= 1
            raise ConnectionRefusedError("away")
        with self._changed:
            self.events += entries
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The details of the first `count` events, as soon as they are there."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.events) >= count, PATIENCE_SECONDS)
        return [json.loads(event["Detail"]) for event in self.events]


def test_every_way_of_making_an_object_is_announced(tmp_path: Path) -> None:
    """One event a version, with AWS's fields and the reason; nothing for parts, aborts and refusals."""
    listener = Listener()
    with bucket(tmp_path, versions=True, announce=listener) as made:
        made.call("put_object", "before", Body=b"not announced: the bucket does not want events yet")
        made.call("put_bucket_notification_configuration", **ON)
        put = made.call("put_object", "in/ä b", Body=b"one")
        made.call("copy_object", "copy", CopySource={"Bucket": made.name, "Key": "in/ä b"})
        upload = made.begin("many")
        done = made.complete(upload, "many", [made.part(upload, 1, "many", b"x")])
        form = made.s3.generate_presigned_post(made.name, "form")
        made.http.request("POST", form["url"], fields={**form["fields"], "file": ("a", b"posted")})
        details = listener.wait_for(4)
    assert [detail["reason"] for detail in details] == [
        "PutObject",
        "CopyObject",
        "CompleteMultipartUpload",
        "POST Object",
    ]
    first, many = details[0], details[2]
    assert first["object"]["key"] == "in/ä b"
    assert first["object"] == {
        "key": "in/ä b",
        "size": 3,
        "etag": put["ETag"].strip('"'),
        "version-id": put["VersionId"],
        "sequencer": first["object"]["sequencer"],
    }
    assert (many["object"]["version-id"], many["bucket"]) == (done["VersionId"], {"name": made.name})
    sequencers = [detail["object"]["sequencer"] for detail in details]
    assert sequencers == sorted(set(sequencers))
    assert {event["DetailType"] for event in listener.events} == {"Object Created"}
    assert listener.events[0]["Source"] == "aws.s3"
    assert listener.events[0]["Resources"] == [f"arn:aws:s3:::{made.name}"]


def test_a_listener_that_is_away_delays_no_answer_and_loses_no_event(tmp_path: Path) -> None:
    """Answers come at once; the events follow, in order, when somebody listens again."""
    listener = Listener(failures=3)
    with bucket(tmp_path, announce=listener) as made:
        made.call("put_bucket_notification_configuration", **ON)
        for number in range(15):
            made.call("put_object", f"k{number:02}", Body=b"x")
        keys = [detail["object"]["key"] for detail in listener.wait_for(15)]
    assert keys == [f"k{number:02}" for number in range(15)]
    assert all("version-id" not in json.loads(event["Detail"])["object"] for event in listener.events)


def test_events_survive_a_restart(tmp_path: Path) -> None:
    """What nobody took before the end is sent after the next start."""
    with bucket(tmp_path, announce=Listener(failures=10**6)) as made:
        made.call("put_bucket_notification_configuration", **ON)
        made.call("put_object", "k", Body=b"x")
    listener = Listener()
    with serve(data=tmp_path, keys={}, announce=listener):
        assert [detail["object"]["key"] for detail in listener.wait_for(1)] == ["k"]


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_put_events_reaches_a_queue_behind_a_rule(tmp_path: Path, moto_url: str) -> None:
    """S3 → EventBridge → SQS, as in the template: the rule's pattern matches, each event has its own id."""
    session = boto3.Session("a", "b", region_name=REGION)
    bus, sqs = session.client("events", endpoint_url=moto_url), session.client("sqs", endpoint_url=moto_url)
    queue = sqs.create_queue(QueueName="stored")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"object": {"key": [{"prefix": "in/"}]}},
    }
    bus.put_rule(Name="stored", EventPattern=json.dumps(pattern))
    bus.put_targets(Rule="stored", Targets=[{"Id": "queue", "Arn": arn}])
    with bucket(tmp_path, announce=put_events(moto_url, REGION)) as made:
        made.call("put_bucket_notification_configuration", **ON)
        for key in ("out/x", "in/a", "in/b"):
            made.call("put_object", key, Body=b"x")
        messages = list[dict[str, Any]]()
        while len(messages) < 2:
            found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=PATIENCE_SECONDS)
            messages += [json.loads(message["Body"]) for message in found["Messages"]]
    assert sorted(message["detail"]["object"]["key"] for message in messages) == ["in/a", "in/b"]
    assert len({message["id"] for message in messages}) == 2
    assert {message["region"] for message in messages} == {REGION}


async def test_an_event_bus_that_is_not_there_is_an_error_to_the_sender() -> None:
    """`put_events` raises when nobody listens: that is what makes the endpoint try again."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(OSError, match="onnect"):
        await put_events(f"http://127.0.0.1:{port}", REGION)([])


OTHERS = {
    "QueueConfigurations": {"QueueArn": "arn:aws:sqs:eu-central-1:000000000000:q"},
    "TopicConfigurations": {"TopicArn": "arn:aws:sns:eu-central-1:000000000000:t"},
    "LambdaFunctionConfigurations": {"LambdaFunctionArn": "arn:aws:lambda:eu-central-1:000000000000:function:f"},
}


def test_other_notifications_are_refused_by_name(tmp_path: Path) -> None:
    """Only EventBridge is built; a queue that would never get anything is not accepted."""
    with bucket(tmp_path) as made:
        for name, target in OTHERS.items():
            wanted = {name: [{**target, "Events": ["s3:ObjectCreated:*"]}]}
            with pytest.raises(ClientError, match=r"NotImplemented.*Configuration"):
                made.call("put_bucket_notification_configuration", NotificationConfiguration=wanted)
