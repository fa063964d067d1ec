"""Whoever calls a function calls its alias; what is new is published, and takes over at once or in steps."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.provision.properties import Refused
from dev.transform import ROOT, transformed
from tests.template.iam import Ask, allowed
from tests.template.stack import PARAMETERS, PLACE, Stack, deployed
from tests.template.test_roles import DERIVE, FUNCTIONS

STEPS = "Canary10Percent5Minutes"
ONLY_IN_STEPS = {"AWS::CloudWatch::Alarm", "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"}


@pytest.fixture(scope="module")
def in_steps() -> Stack:
    return deployed(Rollout=STEPS)


def alias(stack: Stack, function: str) -> str:
    return str(stack.named(f"{function}Aliaslive").ref)


def versions(text: str, folder: Path, **parameters: str) -> dict[str, str]:
    """Function: the logical id of its version, of which SAM makes another one when a version is to be published."""
    path = folder / "template.yaml"
    path.write_text(text, "utf-8")
    resources = transformed(path, parameters)["Resources"]
    published = [name for name, made in resources.items() if made["Type"] == "AWS::Lambda::Version"]
    return {name.partition("Version")[0]: name for name in published}


def test_every_function_has_an_alias_for_its_newest_version(stack: Stack) -> None:
    """And no version is left over when another has taken its place."""
    assert stack.of_type("AWS::Lambda::Function").keys() == set(FUNCTIONS)
    for function in FUNCTIONS:
        made = stack.properties(f"{function}Aliaslive")
        assert (made["Name"], made["FunctionName"]) == ("live", stack.named(function).ref)
    kept = {
        name: made.get("DeletionPolicy") for name, made in stack.resources.items() if made["Type"].endswith("Version")
    }
    assert {policy for name, policy in kept.items() if "Layer" not in name} == {"Delete"}


def test_whatever_starts_a_function_starts_its_alias(stack: Stack) -> None:
    """No queue, schedule, integration or permission reaches what is not released yet."""
    called = [
        *(made["FunctionName"] for made in stack.of_type("AWS::Lambda::EventSourceMapping").values()),
        *(made["FunctionName"] for made in stack.of_type("AWS::Lambda::Permission").values()),
        *(made["Target"]["Arn"] for made in stack.of_type("AWS::Scheduler::Schedule").values()),
        *(made["IntegrationUri"] for made in stack.of_type("AWS::ApiGatewayV2::Integration").values()),
    ]
    assert set(called) == {alias(stack, function) for function in FUNCTIONS}


@pytest.mark.parametrize(
    ("old", "new", "parameters"),
    [
        ("Description: The package portway.", "Description: Another package.", {}),
        ("PORTWAY_LEASE_SECONDS: \"360\"", "PORTWAY_LEASE_SECONDS: \"361\"", {}),
        ("", "", {"Release": "0123456789abcdef"}),
    ],
    ids=["layer", "variable", "release"],
)  # fmt: skip
def test_a_change_is_published(old: str, new: str, parameters: dict[str, str], tmp_path: Path) -> None:
    """A function whose code lies in layers, or whose settings are parameters, would else stay as it was."""
    text = (ROOT / "template.yaml").read_text("utf-8")
    before, after = versions(text, tmp_path), versions(text.replace(old, new), tmp_path, **parameters)
    assert before.keys() == after.keys() == set(FUNCTIONS)
    assert not set(before.values()) & set(after.values())


def test_the_gateway_calls_nothing_that_it_may_not_call_yet(stack: Stack) -> None:
    """Where the API moves to another function or alias, the permission is there first."""
    assert stack.resources["ApiIntegration"]["DependsOn"] == "ApiPermission"


def test_at_once_nothing_watches_and_nothing_costs(stack: Stack) -> None:
    """Without Rollout no alarm, no CodeDeploy and no role for it is there."""
    assert not ONLY_IN_STEPS & {made["Type"] for made in stack.resources.values()}
    assert "RolloutRole" not in stack.resources
    assert not [name for name, made in stack.resources.items() if "UpdatePolicy" in made]


def test_in_steps_each_alias_moves_as_it_was_asked(in_steps: Stack) -> None:
    """CodeDeploy moves the alias of each function, and moves it back when an alarm rings, whichever it is."""
    alarms = {in_steps.named(name).ref for name in in_steps.of_type("AWS::CloudWatch::Alarm")}
    groups = in_steps.of_type("AWS::CodeDeploy::DeploymentGroup")
    assert groups.keys() == {f"{function}DeploymentGroup" for function in FUNCTIONS}
    for function in FUNCTIONS:
        policy = in_steps.resources[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert policy["DeploymentGroupName"] == {"Ref": f"{function}DeploymentGroup"}
        group = groups[f"{function}DeploymentGroup"]
        assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{STEPS}"
        assert group["ServiceRoleArn"] == in_steps.arn("RolloutRole")
        assert {each["Name"] for each in group["AlarmConfiguration"]["Alarms"]} == alarms
        assert group["AlarmConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert len(alarms) <= 10, "CodeDeploy takes no more"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_error_of_the_new_version_rings(in_steps: Stack, function: str) -> None:
    """Of the new one alone: what the old version does wrong is no reason to stay with it."""
    alarm = in_steps.properties(f"{function}Errors")
    (version,) = (name for name in in_steps.of_type("AWS::Lambda::Version") if name.startswith(f"{function}Version"))
    assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
        "FunctionName": in_steps.named(function).ref,
        "Resource": f"{in_steps.named(function).ref}:live",
        "ExecutedVersion": in_steps.named(version).attributes["Version"],
    }
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("AWS/Lambda", "Errors", 1)


def test_errors_that_lambda_does_not_see_ring_too(in_steps: Stack) -> None:
    """What the API answers with 5xx, and messages that fail: for Lambda both are successes."""
    gateway, messages = in_steps.properties("GatewayErrors"), in_steps.properties("MessageErrors")
    assert gateway["Dimensions"] == [{"Name": "ApiId", "Value": in_steps.named("HttpApi").ref}]
    assert (gateway["Namespace"], gateway["MetricName"]) == ("AWS/ApiGateway", "5xx")
    variables = in_steps.properties("ProcessFunction")["Environment"]["Variables"]
    assert messages["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
    assert messages["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]
    counted = (ROOT / "layers/core/python/portway/protocols/messages.py").read_text("utf-8")
    assert f'count("{messages["MetricName"]}")' in counted


def test_failures_of_another_stack_ring_elsewhere() -> None:
    """Two stacks in one account count their failed messages apart: what fails in staging rolls back nothing in prod."""
    staging = Stack({**PARAMETERS, "Rollout": STEPS}, replace(PLACE, stack="portway-staging"))
    assert staging.properties("MessageErrors")["Dimensions"] == [{"Name": "service", "Value": "portway-staging"}]
    for function in FUNCTIONS:
        variables = staging.properties(function)["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == "portway-staging"


def test_dead_letters_ring_when_they_come(in_steps: Stack) -> None:
    """Not while they lie there, so that the version that mends their cause can take over."""
    total, *queues = in_steps.properties("MoreDeadLetters")["Metrics"]
    assert re.fullmatch(r"DIFF\(.*\)", total["Expression"])
    assert set(re.findall(r"FILL\((\w+), 0\)", total["Expression"])) == {each["Id"] for each in queues}
    watched = {each["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for each in queues}
    ours = {"UnendedQueue", "DeriveDeadLetterQueue", "RuleDeadLetterQueue"}
    assert watched == {in_steps.named(name).attributes["QueueName"] for name in ours}


def test_no_alarm_rings_because_nothing_happens(in_steps: Stack) -> None:
    """A version that nobody calls within the minutes of the rollout is no failure."""
    for name, alarm in in_steps.of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", name


def test_codedeploy_may_move_these_aliases_and_nothing_else(in_steps: Stack) -> None:
    """Its role invokes nothing, changes no code, and can be taken by CodeDeploy of this account only."""
    role: list[dict[str, Any]] = in_steps.role("Rollout")
    foreign = in_steps.arn("ApiFunction").replace("portway-ApiFunction", "payroll")
    for function in FUNCTIONS:
        assert allowed(role, Ask("lambda:UpdateAlias", in_steps.arn(function)))
        assert allowed(role, Ask("lambda:GetAlias", alias(in_steps, function)))
        for action in ("InvokeFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "DeleteAlias"):
            assert not allowed(role, Ask(f"lambda:{action}", in_steps.arn(function)))
    for name in in_steps.of_type("AWS::CloudWatch::Alarm"):
        assert allowed(role, Ask("cloudwatch:DescribeAlarms", in_steps.arn(name)))
    assert not allowed(role, Ask("lambda:UpdateAlias", foreign))
    (trust,) = in_steps.properties("RolloutRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_snapshots_are_taken_where_they_are_asked_for_and_possible(stack: Stack) -> None:
    """Never by default, since they are billed; and not of the function with a large disk, which Lambda refuses."""
    asked = deployed(SnapStart="PublishedVersions")
    for function in FUNCTIONS:
        assert stack.properties(function)["SnapStart"] == {"ApplyOn": "None"}
        large = asked.properties(function).get("EphemeralStorage", {}).get("Size", 512) > 512
        assert large == (function == DERIVE)
        assert asked.properties(function)["SnapStart"] == {"ApplyOn": "None" if large else "PublishedVersions"}


def test_snapshots_of_an_older_python_are_refused() -> None:
    """Lambda knows none before 3.12; CloudFormation says so before it creates anything."""
    with pytest.raises(Refused, match=r"SnapStart needs Python 3\.12"):
        deployed(SnapStart="PublishedVersions", Py="python3.11").check_rules()
