"""The example consumer bears what a queue does: copies, poison, disorder."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dev.transform import ROOT, transformed

HANDLER = "examples.consumer.handler"
FIRST, SECOND = "7ZK3M9Q2X4B6C8D0E1F5G7H9JA", "7ZK3M9Q2X4B6C8D0E1F5G7H9JB"


@dataclass
class Context:
    """What Lambda hands to a function."""

    function_name: str = "consumer"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:consumer"
    aws_request_id: str = "request"
    identity: object = field(default_factory=object)

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The handler, imported where its tables exist; clients are made at import, as in Lambda."""
    template = transformed(ROOT / "examples/consumer/template.yaml")
    with mock_aws():
        for name in ("Seen", "Catalogue"):
            made = template["Resources"][name]["Properties"]
            boto3.client("dynamodb").create_table(
                TableName=name,
                **{key: made[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema")},
            )
            monkeypatch.setenv(f"{name.upper()}_TABLE", name)
        sys.modules.pop(HANDLER, None)
        yield importlib.import_module(HANDLER)
    sys.modules.pop(HANDLER, None)


def batch(case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / f"events/consumer_{case}.json").read_text("utf-8"))
    return loaded


def rows(table: str = "Catalogue") -> dict[str, dict[str, Any]]:
    return {item["id"]["S"]: item for item in boto3.client("dynamodb").scan(TableName=table)["Items"]}


def test_a_published_file_is_entered(consumer: ModuleType) -> None:
    """Name as the user typed it, type as inspection found it, place by version."""
    assert consumer.handler(batch("file_published"), Context()) == {"batchItemFailures": []}
    assert rows()[FIRST] == {
        "id": {"S": FIRST},
        "owner": {"S": "acme/owner"},
        "name": {"S": "Über den Wolken.wav"},
        "size": {"N": "20971520"},
        "content_type": {"S": "audio/wav"},
        "place": {"S": f"s3://portway-published/files/822b33ad87c148a0/{FIRST}?versionId=L4kqtJlcpXroDTDmpUMLUo"},
    }


def test_two_copies_in_one_batch_are_worked_off_once(consumer: ModuleType) -> None:
    """Three messages, two of them the same announcement: two rows, two remembered ids, nothing reported."""
    assert consumer.handler(batch("duplicate"), Context()) == {"batchItemFailures": []}
    assert set(rows()) == {FIRST, SECOND}
    assert len(rows("Seen")) == 2


def test_a_copy_that_comes_later_changes_nothing(consumer: ModuleType) -> None:
    """The row was removed meanwhile; a late copy of the announcement does not bring it back."""
    consumer.handler(batch("file_published"), Context())
    boto3.client("dynamodb").delete_item(TableName="Catalogue", Key={"id": {"S": FIRST}})
    assert consumer.handler(batch("file_published"), Context()) == {"batchItemFailures": []}
    assert rows() == {}


def test_poison_is_reported_alone(consumer: ModuleType) -> None:
    """A message without an event id goes back to the queue; its neighbours are done and stay done."""
    event = batch("poison")
    answer = consumer.handler(event, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}
    assert len(rows()) == len(rows("Seen")) == 2


def test_work_that_failed_is_done_when_the_message_comes_again(
    consumer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure leaves no note that the work was done, so the second delivery does it."""
    event = batch("file_published")
    with monkeypatch.context() as patch:
        patch.setenv("CATALOGUE_TABLE", "nowhere")
        answer = consumer.handler(event, Context())
        assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    assert rows("Seen") == {}
    assert consumer.handler(event, Context()) == {"batchItemFailures": []}
    assert set(rows()) == {FIRST}


def test_a_batch_of_nothing_but_poison_is_reported_whole(consumer: ModuleType) -> None:
    """The function does not fail: the queue counts each message, and the dead letter queue gets them in the end."""
    event = batch("file_published")
    event["Records"][0]["body"] = "not an event"
    answer = consumer.handler(event, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}


def test_the_consumer_is_hidden_from_others_while_it_works(consumer: ModuleType) -> None:
    """Its time limit is at most a sixth of the time that Portway's queue hides a message, and it reports failures."""
    queue = transformed(ROOT / "template.yaml")["Resources"]["PublishedQueue"]["Properties"]
    resources = transformed(ROOT / "examples/consumer/template.yaml")["Resources"]
    assert queue["VisibilityTimeout"] >= 6 * resources["Consumer"]["Properties"]["Timeout"]
    assert resources["ConsumerPublished"]["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_consumer_ships_what_it_was_tested_with() -> None:
    """Its pinned packages have the versions of the development environment, each with its hashes."""
    pin = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)
    text = (ROOT / "examples/consumer/requirements.txt").read_text("utf-8")
    shipped, developed = dict(pin.findall(text)), dict(pin.findall((ROOT / "requirements/dev.txt").read_text("utf-8")))
    assert "aws-lambda-powertools" in shipped
    assert shipped == {name: developed[name] for name in shipped}
    assert all("--hash=sha256:" in package for package in re.split(r"\n(?=[a-z])", text))
