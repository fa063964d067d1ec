"""Queues, the bus, and the rules between them."""

from __future__ import annotations

import json
from typing import Any

from dev.provision.intrinsics import text_of
from dev.provision.properties import NotLocal, Properties
from dev.provision.site import Arguments, Site

QUEUE_ATTRIBUTES = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)


def queue(site: Site, properties: Properties) -> None:
    """Create a standard queue. Dead-letter queues have to exist before the queues that name them."""
    properties.take("QueueName")
    properties.pass_over("Tags", "RedriveAllowPolicy")  # nobody pays here; moto asks nobody whose dead letters it takes
    attributes = {key: _text(value) for key in QUEUE_ATTRIBUTES if (value := properties.take(key)) is not None}
    name = site.name(properties.where)
    made = site.clients.sqs.create_queue(QueueName=name.attributes["QueueName"], Attributes=attributes)  # type: ignore[arg-type]
    if made["QueueUrl"] != name.ref:
        raise NotLocal(f"{properties.where}: the queue's URL is {made['QueueUrl']}, the template was told {name.ref}")


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else text_of(value)


def queue_policy(site: Site, properties: Properties) -> None:
    """Attach the policy. moto keeps it and asks nobody for permission."""
    text = json.dumps(properties.need("PolicyDocument"))
    for url in properties.need("Queues"):
        site.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})


def bus(site: Site, properties: Properties) -> None:
    """Create an event bus."""
    properties.pass_over("Tags")
    arguments: Arguments = {"Name": properties.need("Name")}
    if description := properties.take("Description"):
        arguments["Description"] = description
    site.clients.events.create_event_bus(**arguments)


def rule(site: Site, properties: Properties) -> None:
    """Create a rule with its targets, which have to be queues: moto delivers to nothing else that we use."""
    properties.take("Name")
    pattern = json.dumps(properties.need("EventPattern"))
    arguments: Arguments = {"Name": site.name(properties.where).ref, "EventPattern": pattern}
    for key in ("Description", "State"):
        if value := properties.take(key):
            arguments[key] = value
    on_bus: Arguments = {"EventBusName": value} if (value := properties.take("EventBusName")) else {}
    site.clients.events.put_rule(**arguments, **on_bus)
    targets = properties.need("Targets")
    for target in targets:
        if ":sqs:" not in target["Arn"] or "InputTransformer" in target:
            raise NotLocal(f"{properties.where}: targets of a rule are queues, and get the event as it is")
    answer = site.clients.events.put_targets(Rule=arguments["Name"], Targets=targets, **on_bus)
    if answer["FailedEntryCount"]:
        raise NotLocal(f"{properties.where}: {answer['FailedEntries']}")
