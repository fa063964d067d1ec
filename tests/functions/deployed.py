"""The functions on moto: the template's table, two buckets, the bus with a queue behind it, and events/*.json to feed.

moto stands for the order of calls and their shapes. It proves nothing about signatures, lengths, checksums, conditions
on copies or access; those claims are held against the strict endpoint.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from botocore.session import Session

from dev.policy import compile_policy
from portway.bootstrap import ground
from tests.conftest import REGION
from tests.contracts.tables import TABLE, moto_table
from tests.fakes.announcer import judge
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "events"
INCOMING, PUBLISHED, BUS = "portway-incoming", "portway-published", "portway"
EXAMPLE_ID = "7ZK3M9Q2X4B6C8D0E1F5G7H9JA"
"""The upload that events/*.json are about."""
ENVIRONMENT = {
    "PORTWAY_TABLE": TABLE,
    "PORTWAY_INCOMING_BUCKET": INCOMING,
    "PORTWAY_PUBLISHED_BUCKET": PUBLISHED,
    "PORTWAY_BUS": BUS,
    "POWERTOOLS_METRICS_NAMESPACE": "Portway",
}
LOAD = JSONFileLoader.load_file
NUMBERS = count(1)
"""Loggers of one name keep the stream of the first: each deployment has a name of its own."""
FUNCTIONS = ("api", "process", "dead_letter", "derive", "sweep")


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda hands over beside the event."""

    function_name: str = "portway-function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:portway-function"
    aws_request_id: str = "8f5f9f1e-0b6c-4c3e-9d9a-1f2e3d4c5b6a"

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


@dataclass(frozen=True)
class Deployed:
    """Handlers over moto. `clock` is the functions' clock, in ms."""

    api: ModuleType
    process: ModuleType
    dead_letter: ModuleType
    derive: ModuleType
    sweep: ModuleType
    clock: FakeClock
    s3: Any
    queue: str

    def call(self, name: str, upload_id: str = EXAMPLE_ID, **changes: Any) -> tuple[int, Any]:
        """Status and document of the API's answer to events/api_<name>.json, about this upload."""
        answer = self.api.handler({**event(f"api_{name}", upload_id), **changes}, Context())
        return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None

    def heard(self) -> list[dict[str, Any]]:
        """The events that came over the bus since it was asked last, as a consumer's queue gets them; all are valid."""
        sqs = client("sqs")
        found = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        bodies = [json.loads(message["Body"]) for message in found]
        for body in bodies:
            judge(body["detail-type"], json.dumps(body["detail"]))
        return bodies

    def announced(self) -> list[dict[str, Any]]:
        """Those that tell how an upload ended."""
        return [body for body in self.heard() if body["detail-type"] not in ("upload.created", "upload.stored")]

    def object_event(self, upload_id: str) -> dict[str, Any]:
        """events/process_object_created.json about the newest version of this upload's object."""
        made = event("process_object_created", upload_id)
        version = self.s3.head_object(Bucket=INCOMING, Key=_key(made))["VersionId"]
        return changed(made, **{"version-id": version})


def event(name: str, upload_id: str = EXAMPLE_ID) -> dict[str, Any]:
    """An event of events/, about this upload."""
    text = (EVENTS / f"{name}.json").read_text("utf-8").replace(EXAMPLE_ID, upload_id)
    found: dict[str, Any] = json.loads(text)
    return found


def changed(batch: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The batch with these members of each message's object changed."""
    records = []
    for record in batch["Records"]:
        body = json.loads(record["body"])
        body["detail"]["object"] |= changes
        records.append({**record, "body": json.dumps(body)})
    return {"Records": records}


def batch(*batches: Mapping[str, Any]) -> dict[str, Any]:
    """All their messages in one batch, each with an id of its own."""
    records = [record for each in batches for record in each["Records"]]
    return {"Records": [{**record, "messageId": f"message-{number}"} for number, record in enumerate(records)]}


@contextmanager
def deployed(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[Deployed]:
    """Everything created anew, and the handlers imported as Lambda does once for each environment."""
    policy = folder / "policy.json"
    policy.write_text(compile_policy((ROOT / "policy.yaml").read_text("utf-8")), "utf-8")
    own = {"PORTWAY_POLICY_FILE": str(policy), "POWERTOOLS_SERVICE_NAME": f"portway-deployed-{next(NUMBERS)}"}
    for name, value in {**ENVIRONMENT, **own}.items():
        patch.setenv(name, value)
    clock = FakeClock()
    patch.setattr(ground, "time", SimpleNamespace(time_ns=lambda: clock() * 1_000_000))
    patch.setattr(JSONFileLoader, "load_file", _loaded)
    with moto_table():
        s3, queue = _buckets(), _bus()
        handlers = {name: _imported(patch, name) for name in FUNCTIONS}
        yield Deployed(**handlers, clock=clock, s3=s3, queue=queue)


class _Stdout(io.TextIOBase):
    """Standard output as it is when something is printed: pytest gives each phase of a test another."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)


def _imported(patch: pytest.MonkeyPatch, name: str) -> ModuleType:
    module = f"functions.{name}.handler"
    patch.delitem(sys.modules, module, raising=False)
    with patch.context() as during_import:
        during_import.setattr(sys, "stdout", _Stdout())
        during_import.setattr(gc, "freeze", lambda: None)  # or what earlier tests left would stay: 4 MB each time
        return importlib.import_module(module)


@cache
def _read(path: str) -> Any:
    return LOAD(JSONFileLoader(), path)


def _loaded(_: JSONFileLoader, path: str) -> Any:
    """A file of botocore's data, read once for all tests."""
    return _read(path)


def client(service: str) -> Any:
    return Session().create_client(service, region_name=REGION)


def _buckets() -> Any:
    s3 = client("s3")
    for bucket in (INCOMING, PUBLISHED):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return s3


def _bus() -> str:
    """The bus, and a queue that gets everything that Portway says on it."""
    sqs, events = client("sqs"), client("events")
    queue: str = sqs.create_queue(QueueName="published")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="everything", EventBusName=BUS, EventPattern=json.dumps({"source": ["portway"]}))
    events.put_targets(Rule="everything", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    return queue


def _key(batch: Mapping[str, Any]) -> str:
    key: str = json.loads(batch["Records"][0]["body"])["detail"]["object"]["key"]
    return key
