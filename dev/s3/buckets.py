"""Buckets and their sub-resources. A sub-resource is kept as it was put, after its content was found to be built."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from dev.s3 import bodies, cors, events, lifecycle, policy, uploads, versions, xml
from dev.s3.call import Answer, Call, xml_answer
from dev.s3.catalogue import stamp
from dev.s3.refused import Refused

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
DEFAULT_REGION = "us-east-1"


async def create(call: Call) -> Answer:
    body, region = await bodies.receive_small(call), call.service.options.region
    if not BUCKET_NAME.fullmatch(call.bucket):
        raise Refused(400, "InvalidBucketName", "The specified bucket is not valid.", BucketName=call.bucket)
    tree = xml.parse(body, "CreateBucketConfiguration") if body else None
    asked = xml.text(tree, "LocationConstraint", DEFAULT_REGION) if tree is not None else DEFAULT_REGION
    if asked != region:
        message = f"The {asked} location constraint is incompatible for the region specific endpoint this was sent to."
        raise Refused(400, "IllegalLocationConstraintException", message)
    if exists(call, call.bucket):
        message = "Your previous request to create the named bucket succeeded and you already own it."
        raise Refused(409, "BucketAlreadyOwnedByYou", message, BucketName=call.bucket)
    call.service.db.run("INSERT INTO bucket VALUES(?,?)", call.bucket, stamp(call.now))
    return Answer(200, {"Location": f"/{call.bucket}"})


def exists(call: Call, bucket: str) -> bool:
    return call.service.db.one("SELECT 1 FROM bucket WHERE name=?", bucket) is not None


async def head(call: Call) -> Answer:
    return Answer(200, {"x-amz-bucket-region": call.service.options.region, "Content-Type": "application/xml"})


async def delete(call: Call) -> Answer:
    """Open uploads go with the bucket, versions and delete markers keep it."""
    db, files = call.service.db, list[str]()
    if next(versions.in_order(db, call.bucket, ""), None):
        raise Refused(409, "BucketNotEmpty", "The bucket you tried to delete is not empty", BucketName=call.bucket)
    with db.transaction():
        for upload in list(uploads.in_order(db, call.bucket)):
            files += uploads.close(db, upload)
        db.run("DELETE FROM setting WHERE bucket=?", call.bucket)
        db.run("DELETE FROM bucket WHERE name=?", call.bucket)
    call.service.files.release(files)
    return Answer(204)


async def list_all(call: Call) -> Answer:
    named = call.service.db.rows("SELECT name, created FROM bucket ORDER BY name")
    listed = [("Bucket", [("Name", name), ("CreationDate", created)]) for name, created in named]
    owner = ("Owner", [("ID", events.ACCOUNT)])
    return xml_answer("ListAllMyBucketsResult", [owner, ("Buckets", listed)])


async def location(call: Call) -> Answer:
    region = call.service.options.region
    body = xml.document("LocationConstraint", []).decode()
    shown = "" if region == DEFAULT_REGION else region
    return Answer(200, {"Content-Type": "application/xml"}, body.replace("></", f">{shown}</").encode())


def _check_encryption(body: bytes) -> None:
    for algorithm in xml.texts(xml.parse(body, "ServerSideEncryptionConfiguration"), ".//SSEAlgorithm"):
        if algorithm != "AES256":
            raise Refused(501, "NotImplemented", f"This endpoint does not implement the encryption {algorithm}.")


def _check_ownership(body: bytes) -> None:
    for rule in xml.texts(xml.parse(body, "OwnershipControls"), "Rule/ObjectOwnership"):
        if rule != "BucketOwnerEnforced":
            raise Refused(501, "NotImplemented", f"This endpoint does not implement the ownership {rule}.")


def _check_versioning(body: bytes) -> None:
    tree = xml.parse(body, "VersioningConfiguration")
    if xml.text(tree, "Status") not in ("Enabled", "Suspended"):
        raise Refused(400, "MalformedXML", "The XML you provided did not validate: Status")
    if xml.text(tree, "MfaDelete") == "Enabled":
        raise Refused(501, "NotImplemented", "This endpoint does not implement MfaDelete.")


@dataclass(frozen=True, slots=True)
class SubResource:
    """One `?name` of a bucket: how a body is checked, what GET says before the first PUT (a body or an error)."""

    check: Callable[[bytes], object]
    default: bytes = b""
    missing: tuple[str, str] = ("", "")
    put_status: int = 200


DEFAULT_ENCRYPTION: xml.Value = [("ApplyServerSideEncryptionByDefault", [("SSEAlgorithm", "AES256")])]
ENCRYPTION = xml.document("ServerSideEncryptionConfiguration", [("Rule", DEFAULT_ENCRYPTION)])
SUB_RESOURCES: Mapping[str, SubResource] = {
    "versioning": SubResource(_check_versioning, xml.document("VersioningConfiguration", [])),
    "notification": SubResource(events.check_configuration, xml.document("NotificationConfiguration", [])),
    "encryption": SubResource(_check_encryption, ENCRYPTION),
    "cors": SubResource(
        cors.parse,
        missing=("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    ),
    "lifecycle": SubResource(
        lifecycle.parse,
        missing=("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    ),
    "policy": SubResource(
        policy.parse,
        missing=("NoSuchBucketPolicy", "The bucket policy does not exist"),
        put_status=204,
    ),
    "publicAccessBlock": SubResource(
        lambda body: xml.parse(body, "PublicAccessBlockConfiguration"),
        missing=("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
    ),
    "ownershipControls": SubResource(
        _check_ownership,
        missing=("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    ),
}


def getter(name: str) -> Callable[[Call], Awaitable[Answer]]:
    async def get(call: Call) -> Answer:
        sub = SUB_RESOURCES[name]
        body = call.service.db.setting(call.bucket, name) or sub.default
        if not body:
            raise Refused(404, *sub.missing, BucketName=call.bucket)
        content_type = "application/json" if name == "policy" else "application/xml"
        return Answer(200, {"Content-Type": content_type}, body)

    return get


def putter(name: str) -> Callable[[Call], Awaitable[Answer]]:
    async def put(call: Call) -> Answer:
        sub, body = SUB_RESOURCES[name], await bodies.receive_small(call)
        sub.check(body)
        call.service.db.put_setting(call.bucket, name, body)
        return Answer(sub.put_status)

    return put


def deleter(name: str) -> Callable[[Call], Awaitable[Answer]]:
    async def delete(call: Call) -> Answer:
        call.service.db.put_setting(call.bucket, name, None)
        return Answer(204)

    return delete
