"""Messages reach a function as Lambda's event source mapping brings them, and only failed ones come back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.front.compute import FunctionFailed
from dev.front.poller import Poller, run_schedule, scheduled_event
from dev.provision import plan

ARN = "arn:aws:sqs:eu-central-1:123456789012:work"


class FakeQueue:
    def __init__(self, *ids: str) -> None:
        self.waiting = [
            {"MessageId": key, "ReceiptHandle": f"handle-{key}", "Body": f"body-{key}", "MD5OfBody": "m",
             "Attributes": {"ApproximateReceiveCount": "1"}}
            for key in ids
        ]  # fmt: skip
        self.deleted: list[str] = []
        self.delayed: list[tuple[str, int]] = []

    async def receive(self, most: int, wait_seconds: int) -> list[dict[str, Any]]:
        batch, self.waiting = self.waiting[:most], self.waiting[most:]
        return batch

    async def delete(self, handles: Sequence[str]) -> None:
        self.deleted += handles

    async def show_again(self, handles: Sequence[str], seconds: int) -> None:
        self.delayed += [(handle, seconds) for handle in handles]


class FakeCompute:
    def __init__(self, answer: Any) -> None:
        self.answer, self.events = answer, list[Mapping[str, Any]]()

    async def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        self.events.append(event)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def poller(queue: FakeQueue, compute: FakeCompute, *, batch_size: int = 10, reports: bool = True) -> Poller:
    mapping = plan.Mapping(
        queue_url="http://q",
        queue_arn=ARN,
        function="F",
        batch_size=batch_size,
        reports_failures=reports,
        concurrency=1,
    )
    return Poller(mapping, queue, compute, "eu-central-1", retry_seconds=2)


def failures(*ids: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": key} for key in ids]}


async def test_a_batch_has_the_shape_of_lambdas() -> None:
    """Each record has id, handle, body, attributes and its queue's ARN, at most a batch of them."""
    compute, queue = FakeCompute(None), FakeQueue("a", "b", "c")
    assert await poller(queue, compute, batch_size=2).turn() == 2
    (event,) = compute.events
    assert [record["messageId"] for record in event["Records"]] == ["a", "b"]
    assert event["Records"][0] == {
        "messageId": "a",
        "receiptHandle": "handle-a",
        "body": "body-a",
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "m",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "eu-central-1",
    }
    assert queue.deleted == ["handle-a", "handle-b"]


async def test_only_what_failed_comes_back() -> None:
    """A partial answer deletes what is done; what failed comes back soon, not after half an hour."""
    queue = FakeQueue("a", "b", "c")
    await poller(queue, FakeCompute(failures("b"))).turn()
    assert queue.deleted == ["handle-a", "handle-c"]
    assert queue.delayed == [("handle-b", 2)]


@pytest.mark.parametrize("answer", [failures("nobody"), failures("a", ""), FunctionFailed("it broke")])
async def test_a_batch_that_cannot_be_told_apart_comes_back_whole(answer: Any) -> None:
    """An exception, or an answer that names strangers, fails every message of the batch."""
    queue = FakeQueue("a", "b")
    await poller(queue, FakeCompute(answer)).turn()
    assert queue.deleted == []
    assert [handle for handle, _ in queue.delayed] == ["handle-a", "handle-b"]


async def test_without_partial_answers_success_is_for_all() -> None:
    """A mapping that does not ask for failures does not read them."""
    queue = FakeQueue("a")
    await poller(queue, FakeCompute(failures("a")), reports=False).turn()
    assert queue.deleted == ["handle-a"]


async def test_an_empty_queue_calls_nobody() -> None:
    """No messages, no invocation."""
    compute = FakeCompute(None)
    assert await poller(FakeQueue(), compute).turn() == 0
    assert compute.events == []


TIMER = plan.Schedule(name="Timer", arn="arn:timer", function="F", expression="rate(5 minutes)")


async def test_a_schedule_goes_on_after_a_failure() -> None:
    """A run that fails does not end the schedule, and the next starts only after it came back."""
    compute, twice = FakeCompute(FunctionFailed("it broke")), asyncio.Event()
    running = 0

    async def invoke(function: str, event: Mapping[str, Any]) -> Any:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        running -= 1
        if len(compute.events) == 2:
            twice.set()
        return await FakeCompute.invoke(compute, function, event)

    compute.invoke = invoke  # type: ignore[method-assign]
    task = asyncio.create_task(run_schedule(TIMER, compute, 0.001, "eu-central-1"))
    await asyncio.wait_for(twice.wait(), 5)
    task.cancel()
    assert compute.events[0]["source"] == "aws.scheduler"


def test_the_schedulers_event_says_which_schedule() -> None:
    """A function that is started by a schedule can see which one and when."""
    event = scheduled_event(TIMER, "eu-central-1", datetime(2026, 11, 20, 11, 5, tzinfo=UTC))
    assert (event["resources"], event["time"]) == (["arn:timer"], "2026-11-20T11:05:00Z")
    assert (event["detail-type"], event["detail"]) == ("Scheduled Event", "{}")
