"""The rights of whoever deploys (examples/deployer): enough for every resource of the template, and none to the files.

Rights come from CloudFormation's own description of each type, which cfn-lint carries: what its handlers call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from dev.config import ROOT
from tests.template.iam import Ask, Statement, allowed
from tests.template.stack import deployed

SCHEMAS = ROOT / ".venv-sam/lib"
UNUSED = {
    "elasticfilesystem": "no function mounts a file system",
    "firehose": "no log group is a stream's",
    "kinesis": "the table streams to nothing",
    "kms": "everything is encrypted with keys of the services",
    "s3files": "no function mounts a bucket",
    "s3tables": "no bucket keeps tables of metadata",
    "secretsmanager": "no target of a rule has a password",
}
"""Services whose rights are for properties that we do not set."""
NOT_OURS = {
    "dynamodb": {
        "AssociateTableReplica", "BatchWriteItem", "CreateTableReplica", "DeleteItem", "DeleteTableReplica",
        "DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination", "GetItem", "ImportTable",
        "PutItem", "Query", "Scan", "UpdateItem", "UpdateKinesisStreamingDestination",
    },
    "iam": {"AttachRolePolicy", "DetachRolePolicy", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"},
    "lambda": {"PassCapacityProvider", "InvokeFunction"},
    "logs": {
        "AssociateKmsKey", "CreateLogStream", "DeleteDataProtectionPolicy", "DeleteIndexPolicy", "DeleteResourcePolicy",
        "DescribeLogStreams", "DisassociateKmsKey", "PutBearerTokenAuthentication", "PutDataProtectionPolicy",
        "PutIndexPolicy", "PutLogEvents", "PutLogGroupDeletionProtection",
    },
    "s3": {
        "CreateBucketMetadataTableConfiguration", "DeleteBucketAnalyticsConfiguration", "DeleteBucketCors",
        "DeleteBucketEncryption", "DeleteBucketLifecycle", "DeleteBucketMetadataTableConfiguration",
        "DeleteBucketMetricsConfiguration", "DeleteBucketReplication", "DeleteBucketWebsite", "DeleteObject",
        "GetObject", "getObject", "GetObjectMetadata", "GetObjectVersion", "PutObjectAcl", "REST.PUT.OBJECT",
        "UpdateBucketMetadataAnnotationTableConfiguration", "UpdateBucketMetadataInventoryTableConfiguration",
        "UpdateBucketMetadataJournalTableConfiguration",
    },
}  # fmt: skip
"""Actions for properties that we do not set, and those that reach data: nobody needs them to deploy."""
STEPS = "Canary10Percent5Minutes"
OURS = {
    "cloudformation:DescribeStacks": "arn:aws:cloudformation:eu-central-1:1:stack/portway-dev/x",
    "cloudformation:CreateChangeSet": "arn:aws:cloudformation:eu-central-1:aws:transform/Serverless-2016-10-31",
    "cloudformation:ExecuteChangeSet": "arn:aws:cloudformation:eu-central-1:1:stack/portway/x",
    "cloudformation:DeleteStack": "arn:aws:cloudformation:eu-central-1:1:stack/portway-dev/x",
    "events:DescribeEventBus": "arn:aws:events:eu-central-1:1:event-bus/portway-dev",
    "lambda:GetAccountSettings": "*",
    "acm:DescribeCertificate": "arn:aws:acm:us-east-1:1:certificate/x",
    "s3:PutObject": "arn:aws:s3:::portway-dev-pagebucket-1abc/index.html",
}
"""What `make deploy`, `make smoke` and `make remove` call themselves."""
PLACES = {
    "AWS::ApiGatewayV2": "arn:aws:apigateway:eu-central-1::/apis/1/x",
    "AWS::ApiGatewayV2::DomainName": "arn:aws:apigateway:eu-central-1::/domainnames/up.team.dev",
    "AWS::CloudFront": "arn:aws:cloudfront::1:x/E1",
    "AWS::CloudWatch": "arn:aws:cloudwatch:eu-central-1:1:alarm:portway-dev-{}-1",
    "AWS::CodeDeploy::Application": "arn:aws:codedeploy:eu-central-1:1:application:portway-dev-{}-1",
    "AWS::CodeDeploy::DeploymentGroup": "arn:aws:codedeploy:eu-central-1:1:deploymentgroup:portway-dev-App-1/{}-1",
    "AWS::DynamoDB": "arn:aws:dynamodb:eu-central-1:1:table/portway-dev-{}-1",
    "AWS::Events::EventBus": "arn:aws:events:eu-central-1:1:event-bus/portway-dev",
    "AWS::Events::Rule": "arn:aws:events:eu-central-1:1:rule/portway-dev-{}-1",
    "AWS::GuardDuty": "arn:aws:guardduty:eu-central-1:1:malware-protection-plan/1",
    "AWS::IAM": "arn:aws:iam::1:role/portway-dev-{}-1",
    "AWS::Lambda": "arn:aws:lambda:eu-central-1:1:function:portway-dev-{}-1:live",
    "AWS::Lambda::EventSourceMapping": "arn:aws:lambda:eu-central-1:1:event-source-mapping:1",
    "AWS::Lambda::LayerVersion": "arn:aws:lambda:eu-central-1:1:layer:{}:1",
    "AWS::Logs": "arn:aws:logs:eu-central-1:1:log-group:portway-dev-{}-1:*",
    "AWS::S3": "arn:aws:s3:::portway-dev-{}-1abc",
    "AWS::SQS": "arn:aws:sqs:eu-central-1:1:portway-dev-{}-1",
    "AWS::Scheduler": "arn:aws:scheduler:eu-central-1:1:schedule/default/portway-dev-{}-1",
}
"""What a resource is to IAM, by its type or its service, with the names that CloudFormation gives."""
REACHES_DATA = {
    "s3:GetObject": "arn:aws:s3:::portway-dev-publishedbucket-1abc/files/x",
    "s3:PutObject": "arn:aws:s3:::portway-dev-incomingbucket-1abc/in/x",
    "s3:DeleteObjectVersion": "arn:aws:s3:::portway-dev-publishedbucket-1abc/files/x",
    "dynamodb:GetItem": "arn:aws:dynamodb:eu-central-1:1:table/portway-dev-Table-1",
    "dynamodb:Scan": "arn:aws:dynamodb:eu-central-1:1:table/portway-dev-Table-1",
    "sqs:ReceiveMessage": "arn:aws:sqs:eu-central-1:1:portway-dev-ProcessQueue-1",
    "lambda:InvokeFunction": "arn:aws:lambda:eu-central-1:1:function:portway-dev-ApiFunction-1",
    "logs:GetLogEvents": "arn:aws:logs:eu-central-1:1:log-group:/aws/lambda/portway-dev-ApiFunction-1:x",
    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:eu-central-1:1:secret:x",
    "sts:AssumeRole": "arn:aws:iam::1:role/portway-dev-SignerRole-1",
}


@pytest.fixture(scope="module")
def policy() -> list[Statement]:
    found: list[Statement] = json.loads((ROOT / "examples/deployer/policy.json").read_text("utf-8"))["Statement"]
    return found


@pytest.fixture(scope="module")
def schemas() -> Mapping[str, Any]:
    paths = SCHEMAS.glob("python*/site-packages/cfnlint/data/schemas/resources/*.json")
    found = (json.loads(path.read_text("utf-8")) for path in paths)
    return {schema["typeName"]: schema for schema in found if "typeName" in schema}


def needed(schemas: Mapping[str, Any]) -> set[str]:
    """Actions that CloudFormation calls for the template's types, in the name of who deploys."""
    types = {made["Type"] for made in deployed(Rollout=STEPS).template["Resources"].values()}
    handlers = [schemas[kind].get("handlers", {}) for kind in types]
    steps = (step for each in handlers for name, step in each.items() if name != "list")
    actions = {action for step in steps for action in step.get("permissions", [])}
    split = {tuple(action.split(":", 1)) for action in actions}
    return {f"{s}:{a}" for s, a in split if s.lower() not in UNUSED and a not in NOT_OURS.get(s.lower(), ())}


def names(policy: list[Statement], action: str) -> bool:
    """Some statement allows the action somewhere; where, is its resources' matter."""
    bare = [{**statement, "Resource": "*", "Condition": {}} for statement in policy]
    return allowed(bare, Ask(action, "*"))


def test_every_resource_can_be_made_changed_and_deleted(policy: list[Statement], schemas: Mapping[str, Any]) -> None:
    """No deployment stops in the middle because a right is missing."""
    wanted = needed(schemas)
    assert {"lambda:UpdateAlias", "sqs:CreateQueue", "iam:PutRolePolicy", "dynamodb:UpdateTimeToLive"} <= wanted
    assert not {action for action in wanted if not names(policy, action)}


def test_they_reach_the_resources_by_their_names(policy: list[Statement], schemas: Mapping[str, Any]) -> None:
    """A right that stands in the policy, but beside the resource, would stop a deployment as well."""
    rights, refused = needed(schemas), set[tuple[str, str]]()
    for name, made in deployed(Rollout=STEPS).template["Resources"].items():
        kind = made["Type"]
        place = (PLACES.get(kind) or PLACES[kind.rpartition("::")[0]]).format(name.lower() if "S3" in kind else name)
        steps = schemas[kind]["handlers"].items()
        asked = {action for step, each in steps if step != "list" for action in each.get("permissions", [])} & rights
        own = {action for action in asked if action.partition(":")[0] == place.split(":")[2]}
        assert own, kind
        refused |= {(kind, action) for action in own if not allowed(policy, Ask(action, place))}
    assert not refused


def test_the_bucket_for_code_can_be_made(policy: list[Statement], schemas: Mapping[str, Any]) -> None:
    """At the first deployment of an account sam makes it with the same rights, tags included."""
    handlers = schemas["AWS::S3::Bucket"]["handlers"]
    wanted = {*handlers["create"]["permissions"], *handlers["read"]["permissions"]} & needed(schemas)
    assert {"s3:TagResource", "s3:GetLifecycleConfiguration"} <= wanted
    bucket = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1abc"
    assert not {action for action in wanted if action.startswith("s3:") and not allowed(policy, Ask(action, bucket))}


@pytest.mark.parametrize("action", OURS)
def test_what_make_deploy_calls_itself_is_allowed(policy: list[Statement], action: str) -> None:
    """What it looks at first, the page, and the removal."""
    assert allowed(policy, Ask(action, OURS[action]))


@pytest.mark.parametrize("action", REACHES_DATA)
def test_who_deploys_does_not_reach_the_data(policy: list[Statement], action: str) -> None:
    """Files, records, messages and secrets stay where they are; a function that was deployed could hand them out."""
    assert not allowed(policy, Ask(action, REACHES_DATA[action]))


def test_roles_go_to_the_services_that_need_them_only(policy: list[Statement]) -> None:
    """A role of ours cannot be put on a machine, and no role of somebody else's on anything."""
    ours = "arn:aws:iam::1:role/portway-dev-ApiFunctionRole-1"
    assert allowed(policy, Ask("iam:PassRole", ours, {"iam:PassedToService": "lambda.amazonaws.com"}))
    assert not allowed(policy, Ask("iam:PassRole", ours, {"iam:PassedToService": "ec2.amazonaws.com"}))
    admin = "arn:aws:iam::1:role/admin"
    assert not allowed(policy, Ask("iam:PassRole", admin, {"iam:PassedToService": "lambda.amazonaws.com"}))
    assert not allowed(policy, Ask("iam:PutRolePolicy", admin))
    assert not allowed(policy, Ask("iam:AttachRolePolicy", ours))


def test_it_fits_into_a_managed_policy(policy: list[Statement]) -> None:
    """IAM counts 6,144 characters without white space (IAM user guide, "IAM and AWS STS quotas")."""
    text = (ROOT / "examples/deployer/policy.json").read_text("utf-8")
    assert len("".join(text.split())) <= 6144
    assert all("*" not in (statement["Action"], "iam:*") for statement in policy)
