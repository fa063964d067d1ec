"""Physical names: what Ref and GetAtt say about each type of resource, known before anything exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dev.provision.intrinsics import Named
from dev.provision.properties import NotLocal

ACCOUNT = "123456789012"
"""The account that moto gives to everybody."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the stack stands."""

    stack: str
    region: str
    queues_url: str

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{rest}"

    @property
    def pseudo(self) -> dict[str, str]:
        """The pseudo parameters of CloudFormation."""
        return {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": self.arn("cloudformation", f"stack/{self.stack}/local"),
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }


def _table(place: Place, name: str) -> Named:
    arn = place.arn("dynamodb", f"table/{name}")
    return Named(name, {"Arn": arn})


def _bucket(place: Place, name: str) -> Named:
    name = name.lower()
    hosts = {"DomainName": f"{name}.s3.amazonaws.com", "RegionalDomainName": f"{name}.s3.{place.region}.amazonaws.com"}
    return Named(name, {"Arn": f"arn:aws:s3:::{name}", **hosts})


def _queue(place: Place, name: str) -> Named:
    return Named(f"{place.queues_url}/{ACCOUNT}/{name}", {"Arn": place.arn("sqs", name), "QueueName": name})


def _bus(place: Place, name: str) -> Named:
    return Named(name, {"Arn": place.arn("events", f"event-bus/{name}"), "Name": name})


def _api(place: Place, name: str) -> Named:
    endpoint = f"https://{name}.execute-api.{place.region}.amazonaws.com"
    return Named(name, {"ApiId": name, "ApiEndpoint": endpoint})


def _role(_: Place, name: str) -> Named:
    return Named(name, {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"})


def _ref_only(_: Place, name: str) -> Named:
    return Named(name)


def _domain(place: Place, name: str) -> Named:
    return Named(name, {"RegionalDomainName": f"d-{name}.execute-api.{place.region}.amazonaws.com"})


def _distribution(_: Place, name: str) -> Named:
    return Named(name, {"Id": name, "DomainName": f"{name.lower()}.cloudfront.net"})


def _arn_only(service: str, rest: str) -> Callable[[Place, str], Named]:
    return lambda place, name: Named(name, {"Arn": place.arn(service, rest.format(name))})


def _version(place: Place, name: str) -> Named:
    return Named(place.arn("lambda", f"function:{name}:1"), {"Version": "1"})


NAMED: Mapping[str, tuple[str | tuple[str, str] | None, Callable[[Place, str], Named]]] = {
    # type: (the property that names it, or two with a colon between; what Ref and GetAtt then say)
    "AWS::DynamoDB::Table": ("TableName", _table),
    "AWS::S3::Bucket": ("BucketName", _bucket),
    "AWS::SQS::Queue": ("QueueName", _queue),
    "AWS::Events::EventBus": ("Name", _bus),
    "AWS::Events::Rule": ("Name", _arn_only("events", "rule/{}")),
    "AWS::Lambda::Function": ("FunctionName", _arn_only("lambda", "function:{}")),
    "AWS::Lambda::Version": ("FunctionName", _version),
    "AWS::Lambda::Alias": (
        ("FunctionName", "Name"),
        lambda place, name: Named(place.arn("lambda", f"function:{name}")),
    ),
    "AWS::Lambda::LayerVersion": (None, lambda place, name: Named(place.arn("lambda", f"layer:{name}:1"))),
    "AWS::ApiGatewayV2::Api": (None, _api),
    "AWS::ApiGatewayV2::Authorizer": (None, _ref_only),
    "AWS::ApiGatewayV2::Integration": (None, _ref_only),
    "AWS::ApiGatewayV2::Stage": ("StageName", _ref_only),
    "AWS::ApiGatewayV2::DomainName": ("DomainName", _domain),
    "AWS::CloudFront::Distribution": (None, _distribution),
    "AWS::CloudFront::OriginAccessControl": (None, lambda _, name: Named(name, {"Id": name})),
    "AWS::CloudFront::CachePolicy": (None, _ref_only),
    "AWS::CloudFront::ResponseHeadersPolicy": (None, _ref_only),
    "AWS::CloudWatch::Alarm": ("AlarmName", _arn_only("cloudwatch", "alarm:{}")),
    "AWS::CodeDeploy::Application": ("ApplicationName", _ref_only),
    "AWS::CodeDeploy::DeploymentGroup": ("DeploymentGroupName", _ref_only),
    "AWS::Scheduler::Schedule": ("Name", _arn_only("scheduler", "schedule/default/{}")),
    "AWS::IAM::Role": ("RoleName", _role),
    "AWS::GuardDuty::MalwareProtectionPlan": (None, _arn_only("guardduty", "malware-protection-plan/{}")),
    "AWS::Logs::LogGroup": ("LogGroupName", _arn_only("logs", "log-group:{}:*")),
}


def physical(place: Place, logical_id: str, kind: str, chosen: str | None) -> Named:
    """The Named of a resource; `chosen` is the name that the template gives it, if it does."""
    if kind not in NAMED:
        raise NotLocal(f"{logical_id}: the local stack cannot refer to a {kind}")
    default = logical_id if "ApiGateway" in kind else f"{place.stack}-{logical_id}"
    return NAMED[kind][1](place, chosen or default)


def name_property(resource: Mapping[str, Any]) -> Any:
    """What the template writes where the name of this resource stands, unresolved; None if it leaves that open."""
    names, properties = NAMED.get(resource["Type"], (None, None))[0], resource.get("Properties", {})
    if isinstance(names, tuple):
        return {"Fn::Join": [":", [properties[name] for name in names]]}
    return properties.get(names) if names else None
