"""The real boto3 code on stores that hold what it wrote: the strict S3 endpoint, and moto's DynamoDB, EventBridge, SQS.

One process, one call at a time, so that moto's DynamoDB is as atomic as the real one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core.model_instances import reset_model_data
from moto.core.serialize import ResponseSerializer

from dev.moto import answer_quickly
from dev.s3.serving import serve
from portway.aws import clients, records, tables
from portway.aws.buckets import CHECKSUMS
from portway.bootstrap import requests, work
from portway.consequences import Event
from portway.model import Upload
from portway.parts import Layout, Limits
from portway.settings import read
from tests.conftest import ENVIRONMENT, REGION
from tests.contracts.tables import CREATED_WITH, TABLE, moto_table, own_session, session, table_properties
from tests.fakes.clock import FakeClock
from tests.faults.aws_calls import Calls
from tests.functions.whole import Portway
from tests.unit.rules import POLICY
from tests.unit.world import CONTENT, LARGE, LIMITS, WHOLE

INCOMING, PUBLISHED, BUS = "portway-incoming", "portway-published", "portway"
IN_PARTS = replace(LARGE, copy_bytes=8, at_once=1)
"""Two parts, one in a turn."""
FUTURE = 4_102_444_800_000
"""The year 2100: S3's clock is the machine's, and a part that came after "now" would be activity for ever."""


class Site:
    """Deployed once, emptied for each life. `calls` sees what Portway calls; what else is here, a test calls itself.

    For `in_parts` every file is a large one: it is copied part by part, one in a turn.
    """

    def __init__(
        self, here: Portway, calls: Calls, clock: FakeClock, s3: Any, dynamodb: Any, bus: Any, sqs: Any
    ) -> None:
        self.here, self.calls, self.clock = here, calls, clock
        self.in_parts = replace(here, settings=replace(here.settings, copy_mib=0))
        self.s3, self.dynamodb, self.sqs = s3, dynamodb, sqs
        self.queue, self.heard = _bus(bus, sqs), list[Event]()

    def empty(self) -> None:
        """A new table at the beginning of time. Buckets keep what earlier lives left: no key comes twice."""
        self.dynamodb.delete_table(TableName=TABLE)
        reset_model_data()  # moto keeps a list of everything that it ever made
        properties = table_properties()
        self.dynamodb.create_table(TableName=TABLE, **{name: properties[name] for name in CREATED_WITH})

    def put(self, upload: Upload, numbers: Sequence[int] = ()) -> None:
        """What a client's PUTs do. The URLs are the business of other tests."""
        place = {"Bucket": INCOMING, "Key": upload.key}
        if upload.is_single:
            checksum = {CHECKSUMS[upload.checksum_algorithm]: upload.checksum}
            with suppress(self.s3.exceptions.ClientError):  # it is there already
                self.s3.put_object(**place, Body=CONTENT, ContentType=upload.content_type, IfNoneMatch="*", **checksum)
            return
        for number in numbers or range(1, Layout(len(CONTENT), upload.part_size).count + 1):
            body = CONTENT[upload.part_size * (number - 1) :][: upload.part_size]
            self.s3.upload_part(**place, UploadId=upload.multipart_id, PartNumber=number, Body=body)


@contextmanager
def site(
    patch: pytest.MonkeyPatch, folder: Path, limits: Limits = LIMITS, policy: Mapping[str, Any] = POLICY
) -> Iterator[Site]:
    """Everything wired as the functions wire it, but for the clock, tiny parts, no repeats by the SDK and no pauses."""
    clock, calls = FakeClock(), Calls()
    clock.now = FUTURE
    file = folder / "policy.json"
    file.write_text(json.dumps(policy), "utf-8")
    patch.setattr(requests, "Limits", lambda: limits)
    patch.setattr(work, "Turns", lambda copy_bytes: WHOLE if copy_bytes else IN_PARTS)
    patch.setattr(ResponseSerializer, "get_value", ResponseSerializer.get_value)  # put back at the end
    answer_quickly()
    patch.setattr(records, "SHARDS", 1)  # a look of the sweeper is one query of each kind
    patch.setattr(clients, "config", partial(_once, clients.config))
    patch.setattr(tables, "time", SimpleNamespace(sleep=_at_once))
    pair = ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]
    keys = dict([pair])
    with moto_table() as dynamodb, serve(data=folder / "s3", keys=keys, region=REGION, min_part=limits.min_part) as s3:
        own, counted = session(), own_session()  # what Portway calls is counted, what a test calls is not
        calls.attach(counted.get_component("event_emitter"))
        here: Any = {"LocationConstraint": REGION}
        client = clients.s3_client(own, REGION, s3.url)
        for bucket in (INCOMING, PUBLISHED):
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        environment = {
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": s3.url,
            "PORTWAY_TABLE": TABLE,
            "PORTWAY_INCOMING_BUCKET": INCOMING,
            "PORTWAY_PUBLISHED_BUCKET": PUBLISHED,
            "PORTWAY_BUS": BUS,
            "PORTWAY_POLICY_FILE": str(file),
        }
        yield Site(
            Portway(read(environment), counted, now=clock),
            calls,
            clock,
            client,
            dynamodb,
            own.create_client("events", region_name=REGION),
            own.create_client("sqs", region_name=REGION),
        )


def _once(config: Any, region: str, read_seconds: float = 5, tries: int = 3, **more: Any) -> Any:
    return config(region, read_seconds, 1, **more)


def _at_once(seconds: float) -> None:
    """No pause between tries: nothing here gets better by waiting."""


def _bus(events: Any, sqs: Any) -> str:
    """The bus, and a queue that gets everything that Portway says on it."""
    queue: str = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="everything", EventBusName=BUS, EventPattern=json.dumps({"source": ["portway"]}))
    events.put_targets(Rule="everything", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    return queue
