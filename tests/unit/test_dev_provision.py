"""From a template to API calls and a plan, on clients that only write down what they are asked."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, cast

import pytest

from dev.provision.apply import provision
from dev.provision.names import Place
from dev.provision.plan import Cors, Mapping, Plan, Route, Schedule
from dev.provision.properties import NotLocal
from dev.provision.site import Clients

MOTO = "http://127.0.0.1:5000"
ROLE = "arn:aws:iam::123456789012:role/local-Role"
FUNCTION_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:local-WorkFunction"
ARN = "arn:aws:sqs:eu-central-1:123456789012:local-"


class Recorder:
    """Any client: remembers its calls, answers what the provisioner reads."""

    def __init__(self, calls: list[tuple[str, dict[str, Any]]]) -> None:
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> dict[str, Any]:
            self._calls.append((name, arguments))
            url = f"{MOTO}/123456789012/{arguments.get('QueueName', '')}"
            return {"QueueUrl": url, "Buckets": [], "FailedEntryCount": 0}

        return call


TEMPLATE: dict[str, Any] = {
    "Parameters": {"Origins": {"Type": "CommaDelimitedList", "Default": "http://a,http://b"}},
    "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
    "Resources": {
        "WorkQueue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": 1800,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["XDeadLetterQueue", "Arn"]},
                    "maxReceiveCount": 5,
                },
            },
        },
        "XDeadLetterQueue": {"Type": "AWS::SQS::Queue"},
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "CorsConfiguration": {
                    "CorsRules": [
                        {
                            "AllowedOrigins": {"Ref": "Origins"},
                            "AllowedMethods": ["PUT"],
                            "ExposedHeaders": ["ETag"],
                            "MaxAge": 3000,
                        }
                    ]
                },
                "LifecycleConfiguration": {
                    "Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 3, "Prefix": "tmp/"}]
                },
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Sid": "Tls", "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
                        {"Sid": "Age", "Effect": "Deny", "Condition": {"NumericGreaterThan": {"s3:signatureAge": "9"}}},
                    ],
                },
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.s3"], "detail": {"bucket": {"name": [{"Ref": "Bucket"}]}}},
                "Targets": [{"Id": "work", "Arn": {"Fn::GetAtt": ["WorkQueue", "Arn"]}}],
            },
        },
        "WorkFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Handler": "handler.handler",
                "Timeout": 300,
                "MemorySize": 512,
                "Runtime": "python3.13",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Environment": {"Variables": {"FILE": "/opt/policy.json", "BUCKET": {"Ref": "Bucket"}, "ON": True}},
            },
        },
        "Source": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["WorkQueue", "Arn"]},
                "FunctionName": {"Ref": "WorkFunction"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "BatchSize": 10,
            },
        },
        "Timer": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "ScheduleExpression": "rate(5 minutes)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": {"Fn::GetAtt": ["WorkFunction", "Arn"]}, "RoleArn": "arn:role"},
            },
        },
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "ProtocolType": "HTTP",
                "CorsConfiguration": {"AllowOrigins": {"Ref": "Origins"}, "AllowHeaders": ["Authorization"]},
            },
        },
        "Guard": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                "AuthorizerType": "JWT",
                "IdentitySource": ["$request.header.Authorization"],
                "JwtConfiguration": {"Issuer": "http://me", "Audience": ["portway"]},
            },
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "IntegrationType": "AWS_PROXY",
                "PayloadFormatVersion": "2.0",
                "IntegrationUri": {"Fn::GetAtt": ["WorkFunction", "Arn"]},
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "RouteKey": "ANY /v1/{proxy+}",
                "AuthorizationType": "JWT",
                "AuthorizerId": {"Ref": "Guard"},
                "Target": {"Fn::Sub": "integrations/${Integration}"},
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [{"PolicyName": "least"}]},
        },
        "More": {
            "Type": "AWS::IAM::RolePolicy",
            "Properties": {"RoleName": {"Ref": "Role"}, "PolicyName": "more", "PolicyDocument": {"Statement": []}},
        },
        "Unwanted": {"Type": "AWS::SQS::Queue", "Condition": "Never"},
    },
}


def sign_in(role: str) -> dict[str, str]:
    return {"KEY": f"of {role}"}


def run(template: dict[str, Any]) -> tuple[Plan, list[tuple[str, dict[str, Any]]]]:
    calls: list[tuple[str, dict[str, Any]]] = []
    clients = Clients(*(cast(Any, Recorder(calls)) for _ in range(4)))
    place = Place("local", "eu-central-1", MOTO)
    plan = provision(template, {}, place, clients, {"AWS_REGION": "eu-central-1"}, sign_in, {"/opt/": "/layers"})
    return plan, calls


def changed(logical_id: str, **properties: Any) -> dict[str, Any]:
    """TEMPLATE with other properties in one resource."""
    template = deepcopy(TEMPLATE)
    template["Resources"][logical_id].setdefault("Properties", {}).update(properties)
    return template


def test_queues_are_created_after_their_dead_letter_queues() -> None:
    """A redrive policy names a queue that exists, and only queues whose condition holds are created."""
    made = [arguments for name, arguments in run(TEMPLATE)[1] if name == "create_queue"]
    assert [row["QueueName"] for row in made] == ["local-XDeadLetterQueue", "local-WorkQueue"]
    assert made[1]["Attributes"]["VisibilityTimeout"] == "1800"
    assert made[1]["Attributes"]["SqsManagedSseEnabled"] == "true"
    redrive = json.loads(made[1]["Attributes"]["RedrivePolicy"])
    assert redrive == {"deadLetterTargetArn": f"{ARN}XDeadLetterQueue", "maxReceiveCount": 5}


def test_buckets_get_their_configurations_in_the_words_of_the_api() -> None:
    """CORS, lifecycle and notification of the template arrive; what differs in spelling is translated."""
    calls = dict(run(TEMPLATE)[1])
    cors = calls["put_bucket_cors"]["CORSConfiguration"]["CORSRules"][0]
    assert cors["AllowedOrigins"] == ["http://a", "http://b"]
    assert (cors["ExposeHeaders"], cors["MaxAgeSeconds"]) == (["ETag"], 3000)
    (rule,) = calls["put_bucket_lifecycle_configuration"]["LifecycleConfiguration"]["Rules"]
    assert rule == {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    notification = calls["put_bucket_notification_configuration"]["NotificationConfiguration"]
    assert notification == {"EventBridgeConfiguration": {}}


def test_a_bucket_policy_loses_only_the_demand_for_tls() -> None:
    """There is no TLS on a laptop; every other statement is enforced by the S3 endpoint."""
    text = dict(run(TEMPLATE)[1])["put_bucket_policy"]["Policy"]
    assert [row["Sid"] for row in json.loads(text)["Statement"]] == ["Age"]


def test_the_plan_says_what_the_front_has_to_run() -> None:
    """Routes, CORS, functions, queues and schedules come out of the template, with Lambda's paths made local."""
    plan, _ = run(TEMPLATE)
    assert plan.routes == [Route(method="ANY", path="/v1/{proxy+}", function="WorkFunction", authorizer="Guard")]
    assert plan.cors == Cors(allow_origins=["http://a", "http://b"], allow_headers=["authorization"])
    assert plan.authorizers["Guard"].audience == ["portway"]
    function = plan.functions["WorkFunction"]
    assert function.handler == "functions.work.handler:handler"
    assert (function.timeout_seconds, function.memory) == (300, 512)
    assert function.environment == {
        "FILE": "/layers/policy.json",
        "BUCKET": "local-bucket",
        "ON": "true",
        "AWS_REGION": "eu-central-1",
        "KEY": f"of {ROLE}",
    }
    assert plan.roles["Role"].details() == {
        "Arn": ROLE,
        "AssumeRolePolicyDocument": {"Statement": []},
        "RolePolicyList": [{"PolicyName": "least"}, {"PolicyName": "more", "PolicyDocument": {"Statement": []}}],
    }
    assert plan.mappings == [
        Mapping(
            queue_url=f"{MOTO}/123456789012/local-WorkQueue",
            queue_arn=f"{ARN}WorkQueue",
            function="WorkFunction",
            batch_size=10,
            reports_failures=True,
            concurrency=4,
        )
    ]
    timer = "arn:aws:scheduler:eu-central-1:123456789012:schedule/default/local-Timer"
    assert plan.schedules == [Schedule(name="Timer", arn=timer, function="WorkFunction", expression="rate(5 minutes)")]
    assert plan.names["Bucket"] == "local-bucket"
    assert Plan.of(json.loads(json.dumps(plan.as_json()))) == plan


def test_an_alias_is_the_function_that_it_stands_for() -> None:
    """A queue, a schedule or an integration that names the alias reaches the function, which sees the alias's ARN."""
    template = changed("Source", FunctionName={"Ref": "Live"})
    alias = {"FunctionName": {"Ref": "WorkFunction"}, "FunctionVersion": {"Fn::GetAtt": ["First", "Version"]}}
    template["Resources"] |= {
        "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"Name": "live", **alias}},
        "First": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "WorkFunction"}}},
    }
    template["Resources"]["Timer"]["Properties"]["Target"]["Arn"] = {"Ref": "Live"}
    plan, _ = run(template)
    assert [plan.mappings[0].function, plan.schedules[0].function] == ["WorkFunction"] * 2
    assert plan.functions["WorkFunction"].arn == f"{FUNCTION_ARN}:live"


def test_an_unknown_type_is_refused_before_anything_is_created() -> None:
    """A resource type that nobody taught the stack is named, and nothing was created for it."""
    template = deepcopy(TEMPLATE)
    template["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
    with pytest.raises(NotLocal, match="Topic: the local stack does not know the type AWS::SNS::Topic"):
        run(template)


@pytest.mark.parametrize(
    ("logical_id", "properties", "words"),
    [
        ("WorkQueue", {"FifoQueue": True}, "WorkQueue: the local stack does not look at FifoQueue"),
        ("Bucket", {"ReplicationConfiguration": {}}, "Bucket: .* ReplicationConfiguration"),
        ("Rule", {"ScheduleExpression": "rate(1 day)"}, "Rule: .* ScheduleExpression"),
        ("Rule", {"Targets": [{"Id": "x", "Arn": "arn:aws:lambda:x"}]}, "targets of a rule are queues"),
        ("WorkFunction", {"KmsKeyArn": "arn:aws:kms:x"}, "WorkFunction: .* KmsKeyArn"),
        ("WorkFunction", {"Environment": {"Variables": {}, "Secrets": {}}}, r"WorkFunction\.Environment: .* Secrets"),
        ("Source", {"FilterCriteria": {}}, "Source: .* FilterCriteria"),
        ("Source", {"EventSourceArn": "arn:aws:dynamodb:x"}, "reads queues only"),
        ("Source", {"FunctionName": "somebody"}, "somebody is no function"),
        ("Role", {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}, "Role: .* ManagedPolicyArns"),
        ("Timer", {"Target": {"Arn": "WorkFunction", "SqsParameters": {}}}, "no function"),
        ("Api", {"ProtocolType": "WEBSOCKET"}, "HTTP APIs only"),
        ("Api", {"CorsConfiguration": {"AllowOrigins": [], "Colour": 1}}, "Colour"),
        ("Guard", {"AuthorizerType": "REQUEST"}, "knows JWT authorizers"),
        ("Integration", {"PayloadFormatVersion": "1.0"}, "payload 2.0"),
        ("Route", {"AuthorizerId": "Nobody"}, "no authorizer Nobody"),
        ("Route", {"Target": "integrations/none"}, "there is no integrations/none"),
    ],
)
def test_what_the_stack_does_not_do_is_refused(logical_id: str, properties: dict[str, Any], words: str) -> None:
    """A property that the stack does not act on is an error that names resource and property."""
    with pytest.raises(NotLocal, match=words):
        run(changed(logical_id, **properties))


def test_an_unknown_section_or_resource_key_is_refused() -> None:
    """Also what stands outside of properties has to be known."""
    with pytest.raises(NotLocal, match="section Hooks"):
        run({**TEMPLATE, "Hooks": {}})
    template = deepcopy(TEMPLATE)
    template["Resources"]["Role"]["CreationPolicy"] = {}
    with pytest.raises(NotLocal, match="CreationPolicy of a resource"):
        run(template)
