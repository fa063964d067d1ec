"""Every hop between services has a dead letter queue, and takes messages only from the one that should send them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from dev.transform import ROOT
from tests.template.iam import Ask, allowed
from tests.template.stack import PLACE, Stack

EVENTS = ROOT / "events"
DEAD_LETTERS = {"UnendedQueue", "PublishedDeadLetterQueue", "DeriveDeadLetterQueue", "RuleDeadLetterQueue"}
SENDERS = {
    "ProcessQueue": {"IncomingRule"},
    "PublishedQueue": {"PublishedRule"},
    "DeriveQueue": {"DeriveRule"},
    "RuleDeadLetterQueue": {"IncomingRule", "PublishedRule", "DeriveRule"},
}


def bodies(name: str) -> list[dict[str, Any]]:
    """The events inside the messages of a fixture; bodies that are no JSON are left out."""
    records = json.loads((EVENTS / name).read_text("utf-8"))["Records"]
    return [json.loads(record["body"]) for record in records if record["body"].startswith("{")]


def matches(stack: Stack, rule: str, event: Any) -> bool:
    pattern = EventPattern.load(json.dumps(stack.properties(rule)["EventPattern"]))
    return bool(pattern.matches_event(event))


def stored(stack: Stack) -> dict[str, Any]:
    """The fixture of a stored file, with the bucket of this stack."""
    (event,) = bodies("process_object_created.json")
    event["detail"]["bucket"]["name"] = stack.named("IncomingBucket").ref
    return event


@pytest.mark.parametrize("reason", ["CompleteMultipartUpload", "PutObject", "POST Object", "CopyObject"])
def test_a_stored_file_reaches_the_processor_however_it_came(stack: Stack, reason: str) -> None:
    """The rule asks for source, kind, bucket and prefix, never for the reason, which differs by protocol."""
    event = stored(stack)
    event["detail"]["reason"] = reason
    assert matches(stack, "IncomingRule", event)
    assert set(stack.properties("IncomingRule")["EventPattern"]) == {"source", "detail-type", "detail"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("source",), "portway"),
        (("detail-type",), "Object Deleted"),
        (("detail", "bucket", "name"), "portway-publishedbucket"),
        (("detail", "object", "key"), "elsewhere/in/a/b"),
        (("detail", "object", "key"), "files/a/b"),
    ],
)
def test_other_events_do_not_reach_the_processor(stack: Stack, path: tuple[str, ...], value: str) -> None:
    """Deletions, other buckets, other prefixes and other sources start nothing."""
    event = place = stored(stack)
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert not matches(stack, "IncomingRule", event)


def test_only_published_files_reach_the_queue_of_the_team(stack: Stack) -> None:
    """The consumer's queue gets file.published from Portway and nothing else."""
    (event,) = bodies("consumer_file_published.json")
    assert matches(stack, "PublishedRule", event)
    assert not matches(stack, "PublishedRule", {**event, "detail-type": "file.quarantined"})
    assert not matches(stack, "PublishedRule", {**event, "source": "somebody.else"})
    assert stack.properties("PublishedRule")["EventBusName"] == stack.named("Bus").ref
    assert "EventBusName" not in stack.properties("IncomingRule"), "S3 sends to the account's default bus"


@pytest.mark.parametrize(
    ("rule", "queue"),
    [("IncomingRule", "ProcessQueue"), ("PublishedRule", "PublishedQueue"), ("DeriveRule", "DeriveQueue")],
)
def test_an_event_that_cannot_be_delivered_is_kept(stack: Stack, rule: str, queue: str) -> None:
    """EventBridge drops events after a day of trying, unless the target has a dead letter queue; ours have one."""
    (target,) = stack.properties(rule)["Targets"]
    assert target["Arn"] == stack.arn(queue)
    assert target["DeadLetterConfig"] == {"Arn": stack.arn("RuleDeadLetterQueue")}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
    assert not {"InputTransformer", "Input", "InputPath"} & set(target)


@pytest.mark.parametrize(
    ("queue", "dead", "receipts"),
    [
        ("ProcessQueue", "ProcessDeadLetterQueue", 5),
        ("ProcessDeadLetterQueue", "UnendedQueue", 5 + 5),
        ("PublishedQueue", "PublishedDeadLetterQueue", 5),
        ("DeriveQueue", "DeriveDeadLetterQueue", 3),
    ],
)
def test_a_message_that_fails_again_and_again_is_set_aside(stack: Stack, queue: str, dead: str, receipts: int) -> None:
    """A poisoned message does not block the others, and is kept for two weeks. A dead letter was received before."""
    policy = stack.properties(queue)["RedrivePolicy"]
    assert policy == {"deadLetterTargetArn": stack.arn(dead), "maxReceiveCount": receipts}
    assert stack.properties(dead)["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_every_queue_is_encrypted_and_is_either_drained_to_or_a_dead_letter_queue(stack: Stack) -> None:
    """No queue without encryption, none where messages end unseen."""
    queues = stack.of_type("AWS::SQS::Queue")
    assert all(made["SqsManagedSseEnabled"] is True for made in queues.values())
    assert {name for name, made in queues.items() if "RedrivePolicy" not in made} == DEAD_LETTERS


@pytest.mark.parametrize("queue", SENDERS)
def test_a_queue_takes_messages_only_from_its_rules(stack: Stack, queue: str) -> None:
    """A forged event cannot be put into a queue by another rule, account or principal."""
    policy = stack.policy(f"{queue}Policy")
    assert stack.properties(f"{queue}Policy")["Queues"] == [stack.named(queue).ref]
    foreign = PLACE.arn("events", "rule/somebody-elses")
    for arn in [foreign, *(stack.arn(rule) for rule in stack.of_type("AWS::Events::Rule"))]:
        sent = Ask("sqs:SendMessage", stack.arn(queue), {"aws:SourceArn": arn}, service="events.amazonaws.com")
        assert allowed(policy, sent) == (arn in {stack.arn(rule) for rule in SENDERS[queue]})
    assert not allowed(policy, Ask("sqs:SendMessage", stack.arn(queue), service="events.amazonaws.com"))
    assert not allowed(policy, Ask("sqs:SendMessage", stack.arn(queue), {"aws:SourceArn": stack.arn("IncomingRule")}))
    assert not allowed(policy, Ask("sqs:ReceiveMessage", stack.arn(queue), service="events.amazonaws.com"))


@pytest.mark.parametrize(
    ("mapping", "queue", "batch", "at_once"),
    [
        ("ProcessFunctionStored", "ProcessQueue", 1, 10),
        ("DeadLetterFunctionFailed", "ProcessDeadLetterQueue", 1, 2),
        ("DeriveFunctionPublished", "DeriveQueue", 1, 5),
    ],
)
def test_a_function_gives_back_only_the_messages_that_failed(
    stack: Stack, mapping: str, queue: str, batch: int, at_once: int
) -> None:
    """Each file has an invocation of its own: a slow or deadly one costs no other its time or its worker."""
    made = stack.properties(mapping)
    assert made["EventSourceArn"] == stack.arn(queue)
    assert made["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (made["BatchSize"], made["ScalingConfig"]) == (batch, {"MaximumConcurrency": at_once})


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("ProcessFunction", "ProcessQueue"),
        ("DeadLetterFunction", "ProcessDeadLetterQueue"),
        ("DeriveFunction", "DeriveQueue"),
    ],
)
def test_a_message_stays_invisible_while_its_file_is_being_processed(stack: Stack, name: str, queue: str) -> None:
    """Visibility is six times the time limit, and a lease outlives the invocation that holds it."""
    function = stack.properties(name)
    assert stack.properties(queue)["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert int(function["Environment"]["Variables"]["PORTWAY_LEASE_SECONDS"]) > function["Timeout"]


def test_what_nobody_could_handle_may_be_moved_back(stack: Stack) -> None:
    """`make redrive`: the last queue is consumed by no function, which would hide its messages from whoever counts."""
    assert stack.properties("UnendedQueue")["RedriveAllowPolicy"] == {"redrivePermission": "allowAll"}
    consumed = {made["EventSourceArn"] for made in stack.of_type("AWS::Lambda::EventSourceMapping").values()}
    assert consumed == {stack.arn(f"{name}Queue") for name in ("Process", "ProcessDeadLetter", "Derive")}
    assert {"UnendedQueueUrl", "ProcessQueueUrl"} <= stack.template["Outputs"].keys()


def test_the_sweep_runs_every_few_minutes_and_a_start_that_failed_is_kept(stack: Stack) -> None:
    """Abandoned uploads end without anybody asking."""
    schedule = stack.properties("SweepFunctionSchedule")
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    assert schedule["Target"]["Arn"] == stack.named("SweepFunctionAliaslive").ref
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": stack.arn("RuleDeadLetterQueue")}
    assert "Name" not in schedule, "a fixed name would collide with a second stack"
