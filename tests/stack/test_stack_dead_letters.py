"""Messages that fail again and again: after five times their file ends, and a poisoned one is gone."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.stack.conftest import Announced
from tests.stack.local_stack import LocalStack, file_of, local_stack, published_sha256, send
from tests.stack.shuffler import shuffler

TRIES = 5
SCOPE = "Credential=test/20200101/eu-central-1/sqs/aws4_request"
WAIT_SECONDS = 60.0


def ask(queue: str, action: str, **asked: Any) -> dict[str, Any]:
    """One call of SQS about this queue."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AmazonSQS.{action}",
        "Authorization": f"AWS4-HMAC-SHA256 {SCOPE}, SignedHeaders=host, Signature=0",
    }
    body = json.dumps({"QueueUrl": queue, **asked}).encode()
    with urllib.request.urlopen(urllib.request.Request(queue.rsplit("/", 2)[0] + "/", body, headers), timeout=30) as it:
        found: dict[str, Any] = json.loads(it.read() or b"{}")
        return found


def left(queue: str) -> int:
    """Messages that a queue holds, visible or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(int(value) for value in ask(queue, "GetQueueAttributes", AttributeNames=names)["Attributes"].values())


def logged(stack: LocalStack, function: str, words: str) -> str:
    """The line of a function's log with these words, once it is there."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        lines = (stack.state / f"{function}.log").read_text("utf-8", "replace").splitlines()
        if found := [line for line in lines if words in line]:
            return found[-1]
        assert time.monotonic() < until, f"{function} never said {words}"
        time.sleep(0.2)


def test_a_file_whose_message_killed_its_workers_five_times_ends_and_may_be_tried_again(tmp_path: Path) -> None:
    """The sixth time the message is a dead letter: quarantined with a reason; a retry and a sweep publish it.

    The workers that die are the test: five times it takes the message from a queue like ProcessQueue, and says nothing.
    No sweep comes before it is done; after a restart the sweeps find what their client asked for.
    """
    data, path = str(tmp_path / "data"), file_of(tmp_path, 1000, "deadly.bin")
    with (
        shuffler() as (events, url),
        local_stack(tmp_path, PORTWAY_DATA=data, PORTWAY_EVENTS_VIA=url, PORTWAY_SWEEP_SECONDS="3600") as stack,
    ):
        events.keep()
        upload_id, sent = send(stack.api(), path)
        (entry,) = events.waiting(1)
        killed_five_times(stack.names()["ProcessQueue"], entry)
        view = stack.api().await_end(upload_id, WAIT_SECONDS)
        assert (view["status"], view["reason"], view["findings"][0]["code"]) == ("failed", "error", "not_processed")
        assert stack.api().ask("POST", f"/v1/uploads/{upload_id}/retry")["status"] == "processing"
        assert stack.stop() == 0
    with local_stack(tmp_path, PORTWAY_DATA=data) as stack:
        view = stack.api().await_end(upload_id, WAIT_SECONDS)
        assert (view["status"], [step["state"] for step in view["history"]][-4:]) == (
            "completed",
            ["PROCESSING", "QUARANTINED", "PROCESSING", "PUBLISHED"],
        )
        assert published_sha256(stack.api(), upload_id) == sent.sha256


def killed_five_times(like: str, entry: dict[str, Any]) -> None:
    """The event goes to a queue with the redrive policy of `like`; the sixth time it is not received, but set aside."""
    policy = ask(like, "GetQueueAttributes", AttributeNames=["RedrivePolicy"])["Attributes"]
    queue = ask(like, "CreateQueue", QueueName="deadly", Attributes=policy)["QueueUrl"]
    event = {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
    ask(queue, "SendMessage", MessageBody=json.dumps(event))
    for _ in range(TRIES):
        assert len(ask(queue, "ReceiveMessage", VisibilityTimeout=0)["Messages"]) == 1
    assert "Messages" not in ask(queue, "ReceiveMessage", VisibilityTimeout=0)


def test_a_message_that_is_no_event_is_tried_five_times_and_dropped(announced: Announced, tmp_path: Path) -> None:
    """It comes through every queue, blocks no file behind it, and leaves its id in the log, nothing else."""
    api, names = announced.stack.api(), announced.stack.names()
    announced.events.let_pass()
    message = ask(names["ProcessQueue"], "SendMessage", MessageBody="an utterly poisonous body")["MessageId"]
    upload_id, _ = send(api, file_of(tmp_path, 10, "behind.bin"))
    assert api.await_end(upload_id)["status"] == "completed"
    line = json.loads(logged(announced.stack, "DeadLetterFunction", "dropped"))
    assert (line["level"], line["message_id"]) == ("ERROR", message)
    until = time.monotonic() + WAIT_SECONDS
    while left(names["ProcessDeadLetterQueue"]):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert left(names["UnendedQueue"]) == 0
    logs = [path.read_text("utf-8", "replace") for path in announced.stack.state.glob("*.log")]
    assert not [text for text in logs if "utterly poisonous" in text]
