"""Buckets with their sub-configurations, one call each, and bucket policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dev.provision.properties import Properties
from dev.provision.site import Site

Converter = Callable[[Any], Any]


def renamed(names: Mapping[str, str]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A converter that gives some keys the name that the API uses; the others stay, botocore refuses unknown ones."""
    return lambda row: {names.get(key, key): value for key, value in row.items()}


_cors_rule = renamed({"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"})
_encryption_rule = renamed({"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"})
EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}


def _lifecycle_rule(row: Mapping[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {"Filter": {"Prefix": row.get("Prefix", "")}}
    for key, value in row.items():
        if key in EXPIRATION:
            rule.setdefault("Expiration", {})[EXPIRATION[key]] = value
        elif key != "Prefix":
            rule["ID" if key == "Id" else key] = value
    return rule


def _notification(value: Mapping[str, Any]) -> dict[str, Any]:
    """EventBridge on. Anything else in the value is left in place, for botocore to refuse."""
    rest = {key: row for key, row in value.items() if key != "EventBridgeConfiguration"}
    is_on = value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", False)
    return {**rest, **({"EventBridgeConfiguration": {}} if is_on else {})}


CONFIGURATIONS: Mapping[str, tuple[str, str, Converter]] = {
    # property: (call of the S3 client, its argument, how the value is written there)
    "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls", dict),
    "PublicAccessBlockConfiguration": ("put_public_access_block", "PublicAccessBlockConfiguration", dict),
    "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration", dict),
    "BucketEncryption": (
        "put_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        lambda value: {"Rules": [_encryption_rule(row) for row in value["ServerSideEncryptionConfiguration"]]},
    ),
    "CorsConfiguration": (
        "put_bucket_cors",
        "CORSConfiguration",
        lambda value: {"CORSRules": [_cors_rule(row) for row in value["CorsRules"]]},
    ),
    "LifecycleConfiguration": (
        "put_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        lambda value: {"Rules": [_lifecycle_rule(row) for row in value["Rules"]]},
    ),
    "NotificationConfiguration": (
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
        _notification,
    ),
}


def bucket(site: Site, properties: Properties) -> None:
    """Create the bucket, or keep the one of an earlier run, and set every configuration that the template names."""
    properties.take("BucketName")
    properties.pass_over("Tags")  # nobody pays here
    name, s3 = site.name(properties.where).ref, site.clients.s3
    owned = {row["Name"] for row in s3.list_buckets()["Buckets"]}
    if name not in owned:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": site.place.region})  # type: ignore[typeddict-item]
    for key, (call, argument, converted) in CONFIGURATIONS.items():
        value = properties.take(key)
        if value is not None:
            getattr(s3, call)(Bucket=name, **{argument: converted(value)})


def policy(site: Site, properties: Properties) -> None:
    """Attach a bucket policy, without the statements that ask for TLS: there is none on a laptop."""
    document = properties.need("PolicyDocument")
    statements = [row for row in document["Statement"] if not _asks_for_tls(row)]
    if statements:
        text = json.dumps({**document, "Statement": statements})
        site.clients.s3.put_bucket_policy(Bucket=properties.need("Bucket"), Policy=text)
    properties.pass_over("Bucket")


def _asks_for_tls(statement: Mapping[str, Any]) -> bool:
    conditions = [row for test in statement.get("Condition", {}).values() for row in test]
    return statement["Effect"] == "Deny" and conditions == ["aws:SecureTransport"]
