"""Buckets: sub-resources, CORS over HTTP, lifecycle on a given clock, and what is not built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dev.s3 import lifecycle
from tests.stack.s3_bucket import Bucket, answer, at, bucket, client, code, endpoint_process

APP, EVIL = "https://app.test", "https://evil.test"
CORS = {
    "CORSRules": [
        {
            "AllowedOrigins": [APP],
            "AllowedMethods": ["PUT"],
            "AllowedHeaders": ["content-type", "x-amz-checksum-*"],
            "ExposeHeaders": ["ETag", "x-amz-checksum-crc64nvme"],
            "MaxAgeSeconds": 3000,
        }
    ]
}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with bucket(tmp_path_factory.mktemp("s3"), min_part=1) as one:
        yield one


@pytest.fixture
def made(endpoint: Bucket) -> Bucket:
    return endpoint.another()


SSE = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
PUBLIC = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
ABORT = {
    "ID": "a",
    "Status": "Enabled",
    "Filter": {"Prefix": "in/"},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 9},
}
SUB_RESOURCES: list[tuple[str, str, Any, str]] = [
    ("cors", "CORSConfiguration", CORS, "NoSuchCORSConfiguration"),
    ("lifecycle_configuration", "LifecycleConfiguration", {"Rules": [ABORT]}, "NoSuchLifecycleConfiguration"),
    ("public_access_block", "PublicAccessBlockConfiguration", PUBLIC, "NoSuchPublicAccessBlockConfiguration"),
    ("versioning", "VersioningConfiguration", {"Status": "Enabled"}, ""),
    ("encryption", "ServerSideEncryptionConfiguration", SSE, ""),
    ("notification_configuration", "NotificationConfiguration", {"EventBridgeConfiguration": {}}, ""),
    (
        "ownership_controls",
        "OwnershipControls",
        {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "OwnershipControlsNotFoundError",
    ),
]


def whole(name: str) -> str:
    return name if name in ("public_access_block",) else f"bucket_{name}"


@pytest.mark.parametrize(("name", "field", "value", "missing"), SUB_RESOURCES, ids=[row[0] for row in SUB_RESOURCES])
def test_what_is_put_comes_back(made: Bucket, name: str, field: str, value: Any, missing: str) -> None:
    """Every sub-resource that the template uses is stored whole; before that, S3's answer."""
    if missing:
        assert code(lambda: made.call(f"get_{whole(name)}")) == missing
    made.call(f"put_{whole(name)}", **{field: value})
    found = made.call(f"get_{whole(name)}")
    stored = found.get(field, found)
    assert {key: stored[key] for key in value} == value


def test_the_default_of_a_new_bucket(made: Bucket) -> None:
    """AES256 and its region without being asked; a second bucket of the name is refused; an unknown one is none."""
    found = made.call("get_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert found["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert made.call("get_bucket_location")["LocationConstraint"] == "eu-central-1"
    assert made.call("head_bucket")["BucketRegion"] == "eu-central-1"
    assert code(made.create) == "BucketAlreadyOwnedByYou"
    assert code(lambda: made.s3.list_objects_v2(Bucket="nothere")) == "NoSuchBucket"
    assert made.name in [row["Name"] for row in made.s3.list_buckets()["Buckets"]]


def test_only_an_empty_bucket_can_be_deleted(made: Bucket) -> None:
    """Versions and delete markers count; open uploads do not."""
    made.begin("open")
    made.call("put_object", "k", Body=b"x")
    assert code(lambda: made.call("delete_bucket")) == "BucketNotEmpty"
    made.call("delete_object", "k")
    made.call("delete_bucket")
    assert code(lambda: made.call("list_objects_v2")) == "NoSuchBucket"


@pytest.mark.parametrize(
    ("origin", "method", "headers", "status"),
    [
        (APP, "PUT", "content-type, x-amz-checksum-crc32", 200),
        (APP, "PUT", "", 200),
        (APP, "PUT", "authorization", 403),
        (APP, "DELETE", "", 403),
        (EVIL, "PUT", "", 403),
    ],
)
def test_preflights_follow_the_rules(made: Bucket, origin: str, method: str, headers: str, status: int) -> None:
    """Origin, method and every header asked for; without rules nothing is allowed."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    url = f"{made.url}/{made.name}/k"
    assert answer(made.send("OPTIONS", url, headers=asked)) == "403 AccessForbidden"
    made.call("put_bucket_cors", CORSConfiguration=CORS)
    response = made.send("OPTIONS", url, headers=asked)
    assert response.status == status
    assert response.headers.get("Access-Control-Allow-Origin") == (APP if status == 200 else None)
    assert "Origin" in response.headers["Vary"]


def test_every_answer_has_cors_headers(made: Bucket) -> None:
    """Success, 403 before any operation, 404, 501: a page can always read why."""
    made.call("put_bucket_cors", CORSConfiguration=CORS)
    url = made.sign("put_object", "k")
    wrong = made.sign("upload_part", "k", UploadId="none", PartNumber=1)
    for target, status in ((url, 200), (url + "0", 403), (wrong, 404), (url.replace("?", "?acl&"), 403)):
        response = made.send("PUT", target, b"x", {"Origin": APP})
        assert response.status == status
        assert response.headers["Access-Control-Allow-Origin"] == APP
        assert "x-amz-checksum-crc64nvme" in response.headers["Access-Control-Expose-Headers"]
        other = made.send("PUT", target, b"x", {"Origin": EVIL})
        assert "Access-Control-Allow-Origin" not in other.headers
        assert "Origin" in other.headers["Vary"]


def test_lifecycle_rules_act_at_the_time_they_are_given(tmp_path: Path) -> None:
    """Old uploads are aborted, old staging goes, noncurrent versions and lone markers go; nothing happens early."""
    now = datetime.now(UTC)
    rules = [
        {**ABORT, "Filter": {"Prefix": ""}},
        {"ID": "s", "Status": "Enabled", "Filter": {"Prefix": "staging/"}, "Expiration": {"Days": 2}},
        {
            "ID": "v",
            "Status": "Enabled",
            "Filter": {"Prefix": "in/"},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
    ]
    with bucket(tmp_path, versions=True) as made:
        made.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": rules})
        upload = made.begin("in/k")
        for key in ("staging/a", "in/a", "in/a"):
            made.call("put_object", key, Body=b"x")
        marker_only = made.call("put_object", "in/m", Body=b"x")["VersionId"]
        made.call("delete_object", "in/m")
        made.call("delete_object", "in/m", VersionId=marker_only)
        assert made.served
        days = (timedelta(days=number) for number in (0, 1, 3, 8, 10, 31))
        counts = [made.served.run(partial(lifecycle.run, now=now + passed)) for passed in days]
        assert counts == [1, 0, 1, 0, 1, 1]
        assert code(lambda: made.call("list_parts", "in/k", UploadId=upload)) == "NoSuchUpload"
        kept = made.call("list_object_versions", Prefix="in/")
        assert [row["Key"] for row in kept["Versions"]] == ["in/a"]
        assert "DeleteMarkers" not in kept


NOT_BUILT: dict[str, tuple[str, dict[str, Any]]] = {
    "ACL": ("get_object_acl", {"Key": "k"}),
    "retention": ("get_object_retention", {"Key": "k"}),
    "website": ("get_bucket_website", {}),
    "replication": ("get_bucket_replication", {}),
    "the old list": ("list_objects", {}),
    "KMS": ("put_object", {"Key": "k", "Body": b"", "ServerSideEncryption": "aws:kms"}),
    "storage classes": ("put_object", {"Key": "k", "Body": b"", "StorageClass": "GLACIER"}),
    "public objects": ("put_object", {"Key": "k", "Body": b"", "ACL": "public-read"}),
    "object lock": ("put_object", {"Key": "k", "Body": b"", "ObjectLockMode": "GOVERNANCE"}),
}


@pytest.mark.parametrize(("operation", "options"), NOT_BUILT.values(), ids=NOT_BUILT.keys())
def test_what_is_not_built_is_refused_by_name(made: Bucket, operation: str, options: dict[str, Any]) -> None:
    """501 and what it was: never a silent success."""
    key = options.pop("Key", "") if "Key" in options else ""
    assert code(lambda: made.call(operation, key, **options)) == "NotImplemented"
    if key:
        options["Key"] = key


def test_several_keys_are_told_apart_by_policies(tmp_path: Path) -> None:
    """A Deny for one principal: the signer may only presign, others are not touched."""
    signer = "arn:aws:iam::000000000000:role/signer"
    with endpoint_process(tmp_path, "--key", f"SIGNER:signing:{signer}") as (_, made):
        made.create()
        deny = {
            "Effect": "Deny",
            "Principal": {"AWS": signer},
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{made.name}", f"arn:aws:s3:::{made.name}/*"],
            "Condition": {"StringNotEquals": {"s3:authType": "REST-QUERY-STRING"}},
        }
        made.call("put_bucket_policy", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
        theirs = Bucket(made.url, client(made.url, access_key="SIGNER", secret="signing"), made.http)
        assert code(lambda: theirs.call("put_object", "k", Body=b"x")) == "AccessDenied"
        assert answer(theirs.send("PUT", theirs.sign("put_object", "k"), b"x")) == "200"
        made.call("put_object", "k", Body=b"x")
        assert at(made.url).read("k") == b"x"


def test_a_deny_counts_for_every_key_of_a_delete(made: Bucket) -> None:
    """DeleteObjects answers per key: what the policy protects stays, the rest goes."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": f"arn:aws:s3:::{made.name}/kept/*"}
    made.call("put_bucket_policy", Policy=json.dumps({"Version": "2012-10-17", "Statement": deny}))
    for key in ("kept/a", "b"):
        made.call("put_object", key, Body=b"x")
    done = made.call("delete_objects", Delete={"Objects": [{"Key": "kept/a"}, {"Key": "b"}], "Quiet": True})
    assert [(row["Key"], row["Code"]) for row in done["Errors"]] == [("kept/a", "AccessDenied")]
    assert [row["Key"] for row in made.call("list_objects_v2")["Contents"]] == ["kept/a"]
