"""What Lambda's event source mappings and EventBridge's schedules do: they call functions without being asked."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping as Map
from datetime import UTC, datetime
from typing import Any

import aiohttp

from dev.front.compute import Compute, FunctionFailed, PayloadTooLarge
from dev.front.queue import Queue
from dev.front.repeats import SCHEDULER
from dev.provision.names import ACCOUNT
from dev.provision.plan import Mapping, Schedule

WAIT_SECONDS = 5
"""How long one call waits for a first message."""
PAUSE_SECONDS = 1.0
"""How long a poller rests when the queue does not answer."""

log = logging.getLogger(__name__)


class Poller:
    """Brings the messages of one queue to one function. What failed comes back after `retry_seconds`."""

    def __init__(self, mapping: Mapping, queue: Queue, compute: Compute, region: str, retry_seconds: int) -> None:
        self._mapping, self._queue, self._compute = mapping, queue, compute
        self._region, self._retry_seconds = region, retry_seconds

    async def run(self) -> None:
        """As many loops as the mapping allows at the same time, until cancelled."""
        async with asyncio.TaskGroup() as loops:
            for _ in range(self._mapping.concurrency):
                loops.create_task(self._forever())

    async def _forever(self) -> None:
        while True:
            try:
                await self.turn()
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("%s: %s", self._mapping.queue_url, error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def turn(self) -> int:
        """One batch: received, handed over, and deleted except for what failed. Returns how many messages it had."""
        messages = await self._queue.receive(min(self._mapping.batch_size, 10), WAIT_SECONDS)
        if not messages:
            return 0
        failed = await self._hand_over(messages)
        handles = {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        await self._queue.delete([handle for key, handle in handles.items() if key not in failed])
        await self._queue.show_again([handle for key, handle in handles.items() if key in failed], self._retry_seconds)
        return len(messages)

    async def _hand_over(self, messages: list[dict[str, Any]]) -> set[str]:
        """The ids of the messages that the function did not get done."""
        everything = {message["MessageId"] for message in messages}
        event = {"Records": [self._record(message) for message in messages]}
        try:
            answer = await self._compute.invoke(self._mapping.function, event)
        except (FunctionFailed, PayloadTooLarge) as error:
            log.error("%s", error)
            return everything
        failed = failures(answer) if self._mapping.reports_failures else set()
        return failed if failed <= everything else everything

    def _record(self, message: Map[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.queue_arn,
            "awsRegion": self._region,
        }


def failures(answer: Any) -> set[str]:
    """The message ids in a partial batch answer; nothing at all means that all is well, as on AWS."""
    rows = (answer or {}).get("batchItemFailures") or []
    return {str(row.get("itemIdentifier")) for row in rows}


async def run_schedule(schedule: Schedule, compute: Compute, seconds: float, region: str) -> None:
    """Call the function again and again, `seconds` after it came back: two runs never overlap. Until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        event = schedule.event if schedule.event is not None else scheduled_event(schedule, region, datetime.now(UTC))
        try:
            await compute.invoke(schedule.function, event)
        except FunctionFailed as error:
            log.error("%s", error)


def scheduled_event(schedule: Schedule, region: str, now: datetime) -> dict[str, Any]:
    """What EventBridge Scheduler sends to a Lambda function when the schedule has no input of its own."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": SCHEDULER,
        "account": ACCOUNT,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [schedule.arn],
        "detail": "{}",
    }
