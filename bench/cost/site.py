"""Portway in this process, metered: the functions' own handlers, a client that sends real bytes, and what AWS brings
from one to the other (object events, rules, queues, the schedule)."""

from __future__ import annotations

import http.client
import io
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from boto3.session import Session
from moto.core.botocore_stubber import BotocoreStubber

from bench.cost import assumptions as assumed
from bench.cost.capacity import Indexes, Item
from bench.cost.meter import Call, Meter
from bench.cost.prices import Usage
from dev.s3.rules import MIN_PART
from dev.s3.serving import serve
from portway.aws import clients
from portway.bootstrap import requests
from portway.parts import Limits
from tests.conftest import ENVIRONMENT, REGION
from tests.contracts.tables import TABLE, table_properties, template
from tests.functions.deployed import INCOMING, Context, Deployed, deployed, event

MOTO = {"FOOBARKEY": "FOOBARSECRET"}
"""The credentials that moto puts into the environment: the tests' own clients sign with them."""
MEMORY = {
    "api": "MemoryApi",
    "process": "MemoryProcess",
    "derive": "MemoryDerive",
    "sweep": "MemorySweep",
}
WAIT_SECONDS = 60


@dataclass
class Step:
    """What one step of a story used, and the calls that it made."""

    used: Usage
    calls: Sequence[Call]

    def operations(self) -> Counter[str]:
        """`service operation` → how often it was called."""
        return Counter(f"{call.service} {call.operation}" for call in self.calls)


class Site:
    """One deployment. `ask` and its like are steps of a story; each says what it used."""

    def __init__(self, portway: Deployed, meter: Meter, s3_events: SimpleQueue[Mapping[str, Any]]) -> None:
        self.portway, self.meter, self._s3_events = portway, meter, s3_events
        self.metrics: set[str] = set()
        self._heard: Mapping[str, Any] = {}

    def ask(self, name: str, upload_id: str, body: Any = None, **changes: Any) -> tuple[Step, Any]:
        """One request of events/api_<name>.json about this upload through gateway and API function. AssertionError
        when it is refused."""
        asked = event(f"api_{name}", upload_id) | changes
        if body is not None:
            asked["body"] = json.dumps(body)
        used, calls, answer = self.invoke("api", self.portway.api, asked)
        assert answer["statusCode"] < 300, answer["body"]
        sent, got = len(json.dumps(asked)), len((answer.get("body") or "").encode())
        used["api.request"] += max(1, -(-max(sent, got) // assumed.API_UNIT))
        used["logs.gb"] += (assumed.ACCESS_LOG_BYTES + assumed.EVENT_OVERHEAD) / 1e9
        return Step(used, calls), json.loads(answer["body"]) if answer.get("body") else None

    def put(self, signed: Mapping[str, Any], body: bytes | memoryview) -> Step:
        """A client's PUT to a signed URL."""
        place = urlsplit(signed["url"])
        first = len(self.meter.calls)
        link = http.client.HTTPConnection(place.netloc, timeout=WAIT_SECONDS)
        try:
            link.request("PUT", f"{place.path}?{place.query}", body, dict(signed["headers"]))
            answer = link.getresponse()
            said = answer.read()
        finally:
            link.close()
        assert answer.status == 200, said
        return self._step(first)

    def process(self, upload_id: str, is_again: bool = False) -> Step:
        """The event of the stored object, the newest or the same `again`: rule, queue, function."""
        if not is_again:
            self._heard = self._s3_events.get(timeout=WAIT_SECONDS)
        told, detail = event("process_object_created", upload_id), json.loads(self._heard["Detail"])
        record = told["Records"][0]
        record["body"] = json.dumps({**json.loads(record["body"]), "detail": detail})
        used, calls = self._delivered("process", self.portway.process, told, detail["object"]["size"])
        used["eventbridge.event"] += 1
        return Step(used, calls)

    def derive(self, upload_id: str) -> Step:
        """The event of the published file: two rules, two queues; the function of one of them."""
        used, calls = self._delivered("derive", self.portway.derive, event("derive_published", upload_id))
        used["sqs.request"] += assumed.SQS_PER_MESSAGE  # PublishedQueue: the team's own consumer
        return Step(used, calls)

    def sweep(self) -> Step:
        used, calls, _ = self.invoke("sweep", self.portway.sweep, event("sweep_schedule"))
        used["scheduler.invocation"] += 1
        return Step(used, calls)

    def items(self, upload_id: str) -> Sequence[Item]:
        """Everything in the table about an upload."""
        about = {":pk": {"S": f"UPLOAD#{upload_id}"}}
        query = self.meter.reader.query
        found = query(TableName=TABLE, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=about)
        items: Sequence[Item] = found["Items"]
        return items

    def stored_bytes(self, upload_id: str) -> int:
        """Of all that, with its index entries."""
        return sum(map(self.meter.indexes.stored_bytes, self.items(upload_id)))

    def later(self, seconds: float) -> None:
        """The functions' clock goes ahead of the machine's; 0 brings it back."""
        self.portway.clock.now = round((time.time() + seconds) * 1000)

    def invoke(self, name: str, module: ModuleType, about: Any, size: int = 0) -> tuple[Usage, Sequence[Call], Any]:
        """One warm invocation, about a stored file of `size` bytes or about none."""
        meter, log, first = self.meter, io.StringIO(), len(self.meter.calls)
        meter.by, meter.elsewhere, began = name, 0, time.thread_time()
        with redirect_stdout(log):
            answer = module.handler(about, Context())
        cpu, meter.by = time.thread_time() - began - meter.elsewhere, "client"
        step = self._step(first)
        step.used += lambda_usage(memory(name), cpu, step.calls, size)
        step.used["logs.gb"] += _logged(log.getvalue()) / 1e9
        self.metrics |= _metrics(log.getvalue())
        return step.used, step.calls, answer

    def _delivered(self, name: str, module: ModuleType, batch: Any, size: int = 0) -> tuple[Usage, Sequence[Call]]:
        """One message of a queue, and its function."""
        used, calls, answer = self.invoke(name, module, batch, size)
        assert not answer["batchItemFailures"], answer
        used["sqs.request"] += assumed.SQS_PER_MESSAGE
        return used, calls

    def _step(self, first: int) -> Step:
        calls = self.meter.calls[first:]
        return Step(sum((call.used for call in calls), Usage()), calls)


def memory(name: str) -> int:
    """MiB of a function, as the template has it."""
    return int(template()["Parameters"][MEMORY[name]]["Default"])


def lambda_usage(mib: int, cpu_seconds: float, calls: Sequence[Call], size: int = 0) -> Usage:
    """Of one invocation about a file of `size` bytes: measured CPU at the speed that its memory buys, modelled waits,
    and its share of cold starts."""
    copies = sum(call.operation in assumed.COPIES for call in calls)
    copied = -(-copies // assumed.COPIES_AT_ONCE) * min(size, assumed.COPY_BYTES) / assumed.COPY_BYTES_PER_SECOND
    waited = sum(assumed.WAIT_MS[call.operation] for call in calls) / 1000 + copied
    slow = max(1.0, assumed.FULL_CPU_MIB / mib)
    seconds = cpu_seconds * slow + waited + assumed.COLD_SHARE * assumed.COLD_MS / 1000
    return Usage({"lambda.request": 1, "lambda.gb_second": seconds * mib / 1024, "lambda seconds": seconds})


def _logged(text: str) -> int:
    """Bytes that CloudWatch takes in for what one invocation printed, and for Lambda's own lines."""
    lines = text.splitlines()
    events = len(lines) + assumed.PLATFORM_LOG_EVENTS
    return len(text.encode()) + assumed.PLATFORM_LOG_BYTES + events * assumed.EVENT_OVERHEAD


def _metrics(text: str) -> set[str]:
    """Names of the custom metrics in a log, in CloudWatch's embedded format."""
    rows = [json.loads(line) for line in text.splitlines() if '"_aws"' in line]
    groups = [group for row in rows for group in row["_aws"]["CloudWatchMetrics"]]
    return {metric["Name"] for group in groups for metric in group["Metrics"]}


@contextmanager
def site(folder: Path, min_part: int = MIN_PART) -> Iterator[Site]:
    """Deployed anew, with the policy and the template of this repository; nothing of it is left afterwards.

    `min_part`: the smallest part, where it has to be smaller than S3's.
    """
    pair = ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]
    meter = Meter(pair, Indexes.of(table_properties()))
    s3_events: SimpleQueue[Mapping[str, Any]] = SimpleQueue()

    async def announce(entries: Sequence[Mapping[str, Any]]) -> None:
        for entry in entries:
            s3_events.put(entry)

    options: dict[str, Any] = {"middlewares": [meter.s3], "announce": announce, "min_part": min_part}
    with (
        pytest.MonkeyPatch.context() as patch,
        serve(data=folder / "s3", keys={**MOTO, pair[0]: pair[1]}, region=REGION, **options) as s3,
    ):
        for name in [name for name in os.environ if name.startswith(("AWS_", "PORTWAY_"))]:
            patch.delenv(name)
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL_S3": s3.url}.items():
            patch.setenv(name, value)
        patch.setattr(clients, "session", meter.session)
        patch.setattr(requests, "Limits", partial(Limits, min_part=min_part))
        patch.setattr(BotocoreStubber, "__call__", meter.stubber())
        with deployed(patch, folder) as portway:
            meter.reader = Session(*pair).client("dynamodb", region_name=REGION)
            portway.s3.put_bucket_notification_configuration(
                Bucket=INCOMING, NotificationConfiguration={"EventBridgeConfiguration": {}}
            )
            made = Site(portway, meter, s3_events)
            made.later(0)
            yield made
