"""Rules that hold for every resource of its kind, so that one that is added tomorrow is held to them from the start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dev.everything import EVERYTHING, SCANNING, with_defaults
from dev.s3.policy import listed
from dev.transform import ROOT
from tests.template.iam import Ask, denied
from tests.template.stack import PLACE, Stack, deployed

KINDS = {  # type of resource: the tests that hold it
    "AWS::ApiGatewayV2::Api": "test_front_door",
    "AWS::ApiGatewayV2::ApiMapping": "test_domains",
    "AWS::ApiGatewayV2::Authorizer": "test_front_door",
    "AWS::ApiGatewayV2::DomainName": "test_domains",
    "AWS::ApiGatewayV2::Integration": "test_front_door",
    "AWS::ApiGatewayV2::Route": "test_front_door",
    "AWS::ApiGatewayV2::Stage": "test_front_door",
    "AWS::CloudFront::CachePolicy": "test_cdn",
    "AWS::CloudFront::Distribution": "test_cdn",
    "AWS::CloudFront::OriginAccessControl": "test_cdn",
    "AWS::CloudFront::ResponseHeadersPolicy": "test_cdn",
    "AWS::CloudWatch::Alarm": "test_rollout",
    "AWS::CodeDeploy::Application": "test_rollout",
    "AWS::CodeDeploy::DeploymentGroup": "test_rollout",
    "AWS::DynamoDB::Table": "test_functions_and_table",
    "AWS::Events::EventBus": "test_queues",
    "AWS::Events::Rule": "test_queues",
    "AWS::IAM::Role": "test_roles",
    "AWS::IAM::RolePolicy": "test_roles",
    "AWS::Lambda::Alias": "test_rollout",
    "AWS::Lambda::EventSourceMapping": "test_queues",
    "AWS::Lambda::Function": "test_functions_and_table",
    "AWS::Lambda::LayerVersion": "test_build",
    "AWS::Lambda::Permission": "test_front_door",
    "AWS::Lambda::Version": "test_rollout",
    "AWS::Logs::LogGroup": "here",
    "AWS::S3::Bucket": "test_buckets",
    "AWS::S3::BucketPolicy": "test_buckets",
    "AWS::SQS::Queue": "test_queues",
    "AWS::SQS::QueuePolicy": "test_queues",
    "AWS::Scheduler::Schedule": "test_queues",
}


def statements(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy statement anywhere in the stack, with the resource that it is in."""
    for name in stack.resources:
        yield from ((name, found) for found in _inside(stack.properties(name)))


def _inside(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        for value in node.values():
            yield from _inside(value)
    elif isinstance(node, list):
        for value in node:
            yield from _inside(value)


def test_every_kind_of_resource_is_looked_at(full: Stack) -> None:
    """Whoever adds a kind of resource says here which tests hold it."""
    assert {resource["Type"] for resource in full.resources.values()} == KINDS.keys()


def test_what_the_rules_of_others_look_at_has_everything_on() -> None:
    """Those that stop at the defaults are shown this template; a new condition has to be met in it."""
    everything = deployed(**EVERYTHING, **SCANNING)
    unmet = {name for name in everything.template["Conditions"] if not everything.holds(name)}
    assert unmet == {"InVirginia", "ReachesScannerInVpc"}, "another region, another scanner"
    text = (ROOT / "template.yaml").read_text("utf-8")
    shown = with_defaults(text, EVERYTHING | SCANNING).splitlines()
    changed = {new for old, new in zip(text.splitlines(), shown, strict=True) if old != new}
    assert {line.strip() for line in changed} == {f'Default: "{value}"' for value in (EVERYTHING | SCANNING).values()}
    with pytest.raises(KeyError, match="Issuer"):
        with_defaults(text, {"Issuer": "has no default"})


def test_every_bucket_is_closed_encrypted_versioned_and_kept(full: Stack) -> None:
    """No bucket without Block Public Access, encryption and versions, and none that goes with the stack."""
    for name, made in full.of_type("AWS::S3::Bucket").items():
        assert set(made["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(made["PublicAccessBlockConfiguration"]) == 4, name
        assert made["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        assert made["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert full.resources[name]["DeletionPolicy"] == "Retain", name


def test_every_bucket_refuses_plain_http_and_old_signatures(full: Stack) -> None:
    """Each bucket has a policy, which only forbids, but for the page's; what it forbids holds for everybody."""
    policies = {made["Bucket"]: name for name, made in full.of_type("AWS::S3::BucketPolicy").items()}
    assert policies.keys() == {full.named(name).ref for name in full.of_type("AWS::S3::Bucket")}
    for bucket, name in policies.items():
        policy = full.policy(name)
        assert name == "PageBucketPolicy" or {statement["Effect"] for statement in policy} == {"Deny"}, name
        for action in ("s3:GetObject", "s3:PutObject", "s3:GetObjectVersion"):
            asked = Ask(action, f"arn:aws:s3:::{bucket}/any/key", {"aws:SecureTransport": "false"})
            old = Ask(action, f"arn:aws:s3:::{bucket}/any/key", {"s3:signatureAge": "3600001"})
            assert denied(policy, asked), (name, action)
            assert denied(policy, old), (name, action)


def test_every_queue_is_encrypted_and_filled_by_its_rule_or_by_another_queue(stack: Stack) -> None:
    """A queue without a policy takes messages from this account's queues and roles only; a policy names its source."""
    queues, policies = stack.of_type("AWS::SQS::Queue"), stack.of_type("AWS::SQS::QueuePolicy")
    assert all(made["SqsManagedSseEnabled"] is True for made in queues.values())
    for name, made in policies.items():
        for statement in made["PolicyDocument"]["Statement"]:
            assert listed(statement["Action"]) == ["sqs:SendMessage"], name
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}, name
            sources = [source for each in statement["Condition"].values() for source in listed(each["aws:SourceArn"])]
            assert sources, name
            assert set(sources) <= {stack.arn(rule) for rule in stack.of_type("AWS::Events::Rule")}, name


def test_no_statement_lets_in_more_than_it_names(full: Stack) -> None:
    """Nowhere in the stack is anything allowed by a wildcard for an action, by an exception, or to another account."""
    found = list(statements(full))
    assert len({name for name, _ in found}) > 10
    for name, statement in found:
        assert not statement.keys() & {"NotAction", "NotResource", "NotPrincipal"}, name
        if statement["Effect"] == "Allow":
            assert not [action for action in listed(statement["Action"]) if "*" in action], name
            assert "*" not in listed(statement.get("Resource", [])), name
            assert _is_ours(statement.get("Principal")), name


def _is_ours(principal: Any) -> bool:
    """Nobody (an identity policy), services of AWS, or roles of this account."""
    if principal is None:
        return True
    if not isinstance(principal, dict) or principal.keys() - {"Service", "AWS"}:
        return False
    roles, services = listed(principal.get("AWS", [])), listed(principal.get("Service", []))
    ours = PLACE.arn("iam", "role/").replace(PLACE.region, "")
    return all(role.startswith(ours) for role in roles) and all(each.endswith(".amazonaws.com") for each in services)


def test_every_log_has_an_end(stack: Stack) -> None:
    """No log group of the stack keeps its lines for ever, the gateway's neither, and nobody writes to another one."""
    groups = stack.of_type("AWS::Logs::LogGroup")
    assert {made["RetentionInDays"] for made in groups.values()} == {30}
    functions = stack.of_type("AWS::Lambda::Function").values()
    stages = stack.of_type("AWS::ApiGatewayV2::Stage").values()
    written = {made["LoggingConfig"]["LogGroup"] for made in functions}
    assert written <= {stack.named(name).ref for name in groups}
    assert {made["AccessLogSettings"]["DestinationArn"] for made in stages} <= {stack.arn(name) for name in groups}
