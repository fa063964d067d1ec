"""Functions get what portway.settings reads, and the table has the keys that portway.aws expects."""

from __future__ import annotations

import pytest

from portway import settings
from tests.template.stack import Stack, deployed

FUNCTIONS = ("ApiFunction", "ProcessFunction", "DeadLetterFunction", "SweepFunction")
SET_BY_LAMBDA = {"AWS_REGION": "eu-central-1"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_with_the_environment_that_the_template_gives_it(stack: Stack, function: str) -> None:
    """Every setting is there, in range, and names this stack's resources."""
    variables = stack.properties(function)["Environment"]["Variables"]
    read = settings.read(SET_BY_LAMBDA | {name: str(value) for name, value in variables.items()})
    assert read.table == stack.named("Table").ref
    assert (read.incoming_bucket, read.published_bucket) == tuple(
        stack.named(bucket).ref for bucket in ("IncomingBucket", "PublishedBucket")
    )
    assert read.bus == stack.named("Bus").ref
    assert read.policy_file == "/opt/policy.json"
    assert read.s3_endpoint is None
    assert (read.url_seconds, read.session_hours, read.max_session_days) == (900, 24, 7)
    assert read.lease_seconds == 360
    assert (read.tenant_claim, read.operator_claim, read.operator_value) == ("tenant", "roles", "operator")


def test_urls_may_live_for_an_hour() -> None:
    """The longest life that the template takes is one that every function starts with."""
    stack = deployed(UrlSeconds="3600")
    for function in FUNCTIONS:
        variables = stack.properties(function)["Environment"]["Variables"]
        read = settings.read(SET_BY_LAMBDA | {name: str(value) for name, value in variables.items()})
        assert read.url_seconds == (3600 if function == "ApiFunction" else 900)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_nothing_that_is_secret_or_unknown(stack: Stack, function: str) -> None:
    """Environment variables are ours by name, or for Powertools; credentials come from the role."""
    variables = stack.properties(function)["Environment"]["Variables"]
    known = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}
    assert {name for name in variables if not name.startswith("PORTWAY_")} == known


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_named_after_its_folder(stack: Stack, function: str) -> None:
    """ApiFunction is functions/api/handler.py, with the core, the dependencies and the policy under it."""
    properties = stack.properties(function)
    assert properties["Handler"] == "handler.handler"
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["arm64"]
    layers = [
        reference["Ref"].rstrip("0123456789abcdef") for reference in stack.resources[function]["Properties"]["Layers"]
    ]
    assert layers == ["CoreLayer", "DepsLayer", "PolicyLayer"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_logs_do_not_live_for_ever(stack: Stack, function: str) -> None:
    """Each function has a log of its own with an end."""
    group = f"{function}LogGroup"
    assert stack.properties(function)["LoggingConfig"] == {"LogGroup": stack.named(group).ref}
    assert stack.properties(group)["RetentionInDays"] == 30


def test_the_table_has_the_keys_that_the_store_reads(stack: Stack) -> None:
    """pk/sk, own uploads by owner, due work by shard and time; the indexes hold keys only."""
    properties = stack.properties("Table")
    keys = {"": properties["KeySchema"]} | {
        index["IndexName"]: index["KeySchema"] for index in properties["GlobalSecondaryIndexes"]
    }
    assert {name: [key["AttributeName"] for key in schema] for name, schema in keys.items()} == {
        "": ["pk", "sk"],
        "by-owner": ["owner_pk", "owner_sk"],
        "by-created": ["created_shard", "owner_sk"],
        "by-kept": ["kept_shard", "owner_sk"],
        "by-due": ["due_shard", "due_at"],
    }
    assert all([key["KeyType"] for key in schema] == ["HASH", "RANGE"] for schema in keys.values())
    assert {
        attribute["AttributeName"]: attribute["AttributeType"] for attribute in properties["AttributeDefinitions"]
    } == {
        **dict.fromkeys(("pk", "sk", "owner_pk", "owner_sk", "created_shard", "kept_shard", "due_shard"), "S"),
        "due_at": "N",
    }
    assert all(index["Projection"] == {"ProjectionType": "KEYS_ONLY"} for index in properties["GlobalSecondaryIndexes"])


def test_records_can_be_restored_followed_and_forgotten(stack: Stack) -> None:
    """Point-in-time recovery, a stream for progress, and TTL on the attribute that only ended uploads carry."""
    properties = stack.properties("Table")
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_nothing_in_the_stack_has_a_name_that_a_second_stack_would_want(stack: Stack) -> None:
    """Two environments fit into one account; only the bus has a name, and that is a parameter."""
    names = {
        "AWS::DynamoDB::Table": "TableName",
        "AWS::S3::Bucket": "BucketName",
        "AWS::SQS::Queue": "QueueName",
        "AWS::Lambda::Function": "FunctionName",
        "AWS::IAM::Role": "RoleName",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::Events::Rule": "Name",
        "AWS::Events::EventBus": "Name",
        "AWS::Scheduler::Schedule": "Name",
    }
    named = {
        logical_id: made[names[resource["Type"]]]
        for logical_id, resource in stack.resources.items()
        for made in [resource.get("Properties", {})]
        if names.get(resource["Type"]) in made
    }
    assert named == {"Bus": {"Ref": "BusName"}}
