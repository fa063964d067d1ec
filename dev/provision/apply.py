"""From a transformed template to resources and a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dev.provision import buckets, dynamodb, functions, http_api, iam, messaging, parameters
from dev.provision.intrinsics import Named, Resolver
from dev.provision.names import NAMED, Place, name_property, physical
from dev.provision.plan import Plan
from dev.provision.properties import NotLocal, Properties
from dev.provision.site import Applier, Clients, SignIn, Site

APPLIERS: Mapping[str, Applier] = {  # in the order of creation
    "AWS::DynamoDB::Table": dynamodb.table,
    "AWS::S3::Bucket": buckets.bucket,
    "AWS::S3::BucketPolicy": buckets.policy,
    "AWS::SQS::Queue": messaging.queue,
    "AWS::SQS::QueuePolicy": messaging.queue_policy,
    "AWS::Events::EventBus": messaging.bus,
    "AWS::Events::Rule": messaging.rule,
    "AWS::IAM::Role": iam.role,
    "AWS::IAM::RolePolicy": iam.role_policy,
    "AWS::Lambda::Function": functions.function,
    "AWS::Lambda::Alias": functions.alias,
    "AWS::Lambda::EventSourceMapping": functions.event_source,
    "AWS::Scheduler::Schedule": functions.schedule,
    "AWS::ApiGatewayV2::Api": http_api.api,
    "AWS::ApiGatewayV2::Authorizer": http_api.authorizer,
    "AWS::ApiGatewayV2::Integration": http_api.integration,
    "AWS::ApiGatewayV2::Route": http_api.route,
}
NOTHING_TO_DO: Mapping[str, str] = {
    "AWS::Lambda::Permission": "nobody asks who may invoke a function here; tests/template does",
    "AWS::Lambda::LayerVersion": "functions run from the source tree, or from what dev/host.py built",
    "AWS::Lambda::Version": "there is one version, the tree as it is",
    "AWS::CodeDeploy::Application": "one version has nothing to take over from",
    "AWS::CodeDeploy::DeploymentGroup": "one version has nothing to take over from",
    "AWS::CloudWatch::Alarm": "metrics are lines of the log here, nobody adds them up",
    "AWS::ApiGatewayV2::Stage": "the stage is $default; throttling and access logs are AWS's",
    "AWS::ApiGatewayV2::DomainName": "the front is at 127.0.0.1",
    "AWS::ApiGatewayV2::ApiMapping": "the front is at 127.0.0.1",
    "AWS::CloudFront::Distribution": "pages and files come from this machine",
    "AWS::CloudFront::OriginAccessControl": "pages and files come from this machine",
    "AWS::CloudFront::CachePolicy": "pages and files come from this machine",
    "AWS::CloudFront::ResponseHeadersPolicy": "pages and files come from this machine; the page has the same policy",
    "AWS::GuardDuty::MalwareProtectionPlan": "no GuardDuty here; tests hand over the results that it would send",
    "AWS::Logs::LogGroup": "logs are files in .portway",
}
SECTIONS = {"Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Description", "AWSTemplateFormatVersion"}
SECTIONS |= {"Rules", "Metadata", "Transform"}  # checked before anything starts; words; done already
RESOURCE_KEYS = {"Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}
RESOURCE_KEYS |= {"UpdatePolicy"}  # of an alias: how CodeDeploy moves it


def provision(
    template: Mapping[str, Any],
    chosen: Mapping[str, str],
    place: Place,
    clients: Clients,
    environment: Mapping[str, str],
    sign_in: SignIn,
    folders: Mapping[str, str],
) -> Plan:
    """Create everything in `template` and return what the front has to run.

    `chosen` are values for its parameters; `environment`, `sign_in` and `folders` as in Site. NotLocal for the first
    thing that the local stack does not do; what was created before stays. Refused, before anything is created, for
    `chosen` values that the template forbids.
    """
    if odd := template.keys() - SECTIONS:
        raise NotLocal(f"the local stack does not know the section {', '.join(sorted(odd))} of a template")
    values = parameters.values(template, chosen)

    @cache
    def name(logical_id: str) -> Named:
        resource = template["Resources"].get(logical_id)
        if resource is None:
            raise NotLocal(f"the template has no parameter or resource {logical_id}")
        written = name_property(resource)
        return physical(place, logical_id, resource["Type"], None if written is None else resolver.value(written))

    resolver = Resolver(template, values, place.pseudo, name)
    resolver.check_rules()
    site = Site(place, clients, name, environment, sign_in, folders)
    dynamodb.need_moto(site)
    for logical_id, resource in _in_order(template["Resources"], resolver):
        properties = Properties(logical_id, resolver.value(resource.get("Properties", {})))
        APPLIERS[resource["Type"]](site, properties)
        properties.close()
        if resource["Type"] in NAMED:
            site.plan.names[logical_id] = name(logical_id).ref
    return site.plan


def _in_order(resources: Mapping[str, Any], resolver: Resolver) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The resources that have to be applied, sorted by type, dead-letter queues before those that name them."""
    wanted = []
    for logical_id, resource in resources.items():
        kind = resource["Type"]
        if odd := resource.keys() - RESOURCE_KEYS:
            raise NotLocal(f"{logical_id}: the local stack does not know {', '.join(sorted(odd))} of a resource")
        if kind not in APPLIERS and kind not in NOTHING_TO_DO:
            raise NotLocal(f"{logical_id}: the local stack does not know the type {kind}; teach dev/provision/apply.py")
        if kind in APPLIERS and ("Condition" not in resource or resolver.holds(resource["Condition"])):
            wanted.append((logical_id, resource))
    order = list(APPLIERS)
    yield from sorted(wanted, key=lambda row: (order.index(row[1]["Type"]), _dead_letters(resources, row[0]), row[0]))


def _dead_letters(resources: Mapping[str, Any], logical_id: str) -> int:
    """How many dead-letter queues stand behind a queue, one behind the other."""
    policy = resources.get(logical_id, {}).get("Properties", {}).get("RedrivePolicy")
    if policy is None:
        return 0
    target = policy["deadLetterTargetArn"]
    return 1 + (_dead_letters(resources, target["Fn::GetAtt"][0]) if "Fn::GetAtt" in target else 0)
