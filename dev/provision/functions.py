"""Functions, and what starts them besides HTTP: queues and schedules. Nothing is created, the plan takes them down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Map
from dataclasses import replace
from pathlib import Path
from typing import Any

from dev.provision.intrinsics import text_of
from dev.provision.plan import Function, Mapping, Schedule
from dev.provision.properties import NotLocal, Properties
from dev.provision.site import Site

MOST_WORKERS = 4
"""Invocations of one function that run at the same time here; Lambda would run a thousand."""


def function(site: Site, properties: Properties) -> None:
    """Note a function down. ApiFunction is functions/api by its name; its handler runs from the source tree."""
    name = site.name(properties.where)
    properties.take("FunctionName")
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", properties.where.removesuffix("Function")).lower()
    module, _, attribute = properties.need("Handler").rpartition(".")
    variables = properties.inside("Environment").take("Variables", {})
    environment = {key: _localised(site, text_of(value)) for key, value in variables.items()}
    # what Lambda does with an artefact: this stack runs the source tree, or what dev/host.py built; no log groups
    properties.pass_over("Code", "Runtime", "Architectures", "Layers", "LoggingConfig", "Tags", "Description")
    properties.pass_over("EphemeralStorage")  # this machine has a disk
    properties.pass_over("SnapStart")  # every process starts from the beginning
    reserved = properties.take("ReservedConcurrentExecutions", MOST_WORKERS)
    site.plan.functions[properties.where] = Function(
        name=name.ref,
        handler=f"functions.{folder}.{module}:{attribute}",
        environment={**environment, **site.environment, **site.sign_in(properties.take("Role", ""))},
        arn=name.attributes["Arn"],
        timeout_seconds=int(properties.take("Timeout", 3)),
        memory=int(properties.take("MemorySize", 128)),
        concurrency=min(int(reserved), MOST_WORKERS),
    )


def alias(site: Site, properties: Properties) -> None:
    """Whoever calls a function by an alias gets the one that there is here, and it sees the alias's ARN, as in AWS."""
    properties.take("Name")
    properties.pass_over("FunctionVersion", "Description")
    called = function_id(site, properties.need("FunctionName"))
    site.plan.functions[called] = replace(site.plan.functions[called], arn=site.name(properties.where).ref)


def _localised(site: Site, value: str) -> str:
    """A path of Lambda's file system as the path that it has here."""
    for prefix, folder in site.folders.items():
        if value.startswith(prefix):
            return str(Path(folder) / value.removeprefix(prefix))
    return value


def event_source(site: Site, properties: Properties) -> None:
    """Note down which queue feeds which function."""
    arn = properties.need("EventSourceArn")
    if ":sqs:" not in arn:
        raise NotLocal(f"{properties.where}: the local poller reads queues only, not {arn}")
    answers = properties.take("FunctionResponseTypes", [])
    scaling = properties.inside("ScalingConfig").take("MaximumConcurrency", MOST_WORKERS)
    properties.pass_over("MaximumBatchingWindowInSeconds")  # a laptop does not wait for a fuller batch
    properties.pass_over("Tags")
    if properties.take("Enabled", True) is not True:
        return
    site.plan.mappings.append(
        Mapping(
            queue_url=_queue_url(site, arn),
            queue_arn=arn,
            function=function_id(site, properties.need("FunctionName")),
            batch_size=int(properties.take("BatchSize", 10)),
            reports_failures="ReportBatchItemFailures" in answers,
            concurrency=min(int(scaling), MOST_WORKERS),
        )
    )


def schedule(site: Site, properties: Properties) -> None:
    """Note down which function a schedule starts. How often is not the template's business on a laptop."""
    properties.take("Name")
    properties.pass_over("FlexibleTimeWindow", "ScheduleExpressionTimezone", "Description", "GroupName")
    target = properties.inside("Target")
    target.pass_over("RoleArn", "RetryPolicy", "DeadLetterConfig")  # the next run comes in a second anyway
    handed = target.take("Input")
    entry = Schedule(
        name=properties.where,
        arn=site.name(properties.where).attributes["Arn"],
        function=function_id(site, target.need("Arn")),
        expression=properties.need("ScheduleExpression"),
        event=json.loads(handed) if handed else None,
    )
    if properties.take("State", "ENABLED") == "ENABLED":
        site.plan.schedules.append(entry)


def _queue_url(site: Site, arn: str) -> str:
    return f"{site.place.queues_url}/{arn.split(':')[4]}/{site.name_of_arn(arn)}"


def function_id(site: Site, reference: str) -> str:
    """The logical id of a function from its name or ARN, or from that of its alias."""
    name = reference.rpartition(":function:")[2].partition(":")[0]
    ids: Map[str, Any] = {entry.name: logical_id for logical_id, entry in site.plan.functions.items()}
    if name not in ids:
        raise NotLocal(f"{reference} is no function of this template")
    return str(ids[name])
