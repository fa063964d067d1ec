"""Both buckets are closed, encrypted and versioned, and refuse old signatures; only the incoming one forgets."""

from __future__ import annotations

import pytest

from dev.provision.properties import NotLocal
from portway.quarantine import URL_SECONDS
from tests.template.iam import Ask, denied
from tests.template.stack import Stack, deployed

BUCKETS = ("IncomingBucket", "PublishedBucket")
ORIGINS = ["https://www.example.com", "https://app.example.com"]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_nothing_in_a_bucket_can_become_public(stack: Stack, bucket: str) -> None:
    """All four Block Public Access settings are on and access lists do not exist, so no later mistake opens a file."""
    properties = stack.properties(bucket)
    assert properties["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "AccessControl" not in properties


@pytest.mark.asvs("5.3.1")
@pytest.mark.parametrize("bucket", BUCKETS)
def test_no_bucket_is_a_website(stack: Stack, bucket: str) -> None:
    """Uploaded files are never served as pages or run by a server."""
    assert "WebsiteConfiguration" not in stack.properties(bucket)


@pytest.mark.parametrize("bucket", BUCKETS)
def test_files_are_encrypted_and_versioned(stack: Stack, bucket: str) -> None:
    """SSE-S3 by default, so signed part URLs need no encryption header; a verdict is bound to a version."""
    properties = stack.properties(bucket)
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("logical_id", [*BUCKETS, "Table"])
def test_deleting_the_stack_keeps_files_and_records(stack: Stack, logical_id: str) -> None:
    """A mistaken delete or a replaced resource never costs a user's file."""
    assert stack.resources[logical_id]["DeletionPolicy"] == "Retain"
    assert stack.resources[logical_id]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize("key", ["", "/in/a/b", "/files/a/b", "/elsewhere"])
def test_requests_without_tls_are_refused(stack: Stack, bucket: str, key: str) -> None:
    """Nobody, whatever their rights, can read or write over plain HTTP."""
    policy = stack.policy(f"{bucket}Policy")
    for action in ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObjectVersion"):
        plain = Ask(action, stack.arn(bucket) + key, {"aws:SecureTransport": "false"})
        tls = Ask(action, stack.arn(bucket) + key, {"aws:SecureTransport": "true"})
        assert (denied(policy, plain), denied(policy, tls)) == (True, False)


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize("seconds", [120, 300, 900, 901, 1999, 3599, 3600])
def test_a_signature_older_than_a_url_may_live_is_refused(bucket: str, seconds: int) -> None:
    """The bucket and the signer read the same parameter, so a leaked key cannot make URLs that live longer."""
    stack = deployed(UrlSeconds=str(seconds))
    policy = stack.policy(f"{bucket}Policy")
    ages = {
        age: denied(policy, Ask("s3:PutObject", f"{stack.arn(bucket)}/in/a/b", {"s3:signatureAge": str(age)}))
        for age in (0, seconds * 1000, seconds * 1000 + 1)
    }
    assert ages == {0: False, seconds * 1000: False, seconds * 1000 + 1: True}
    signing = stack.properties("ApiFunction")["Environment"]["Variables"]
    assert signing["PORTWAY_URL_SECONDS"] == str(seconds)


@pytest.mark.parametrize("seconds", ["", "0", "60", "119", "3601", "4000", "36000", "900.5", "-900", "1e3"])
def test_a_url_life_that_cannot_be_kept_is_refused(seconds: str) -> None:
    """Below two minutes clocks make S3 refuse at random; past an hour the signer's credentials have ended."""
    with pytest.raises(NotLocal, match="UrlSeconds"):
        deployed(UrlSeconds=seconds)


def test_the_desk_reads_quarantine_for_as_long_as_its_urls_live(stack: Stack) -> None:
    """Whoever has its credentials cannot make a URL that lives longer; other signatures are not touched."""
    policy, place = stack.policy("IncomingBucketPolicy"), f"{stack.arn('IncomingBucket')}/in/a/b"
    how = {"s3:authType": "REST-QUERY-STRING"}
    outcomes = {
        (signer, age): denied(
            policy,
            Ask(
                "s3:GetObjectVersion",
                place,
                {**how, "aws:PrincipalArn": stack.arn(signer), "s3:signatureAge": str(age)},
            ),
        )
        for signer in ("DeskSignerRole", "SignerRole")
        for age in (URL_SECONDS * 1000, URL_SECONDS * 1000 + 1)
    }
    assert [each for each, is_denied in outcomes.items() if is_denied] == [("DeskSignerRole", URL_SECONDS * 1000 + 1)]


@pytest.mark.parametrize(
    ("bucket", "signer"),
    [("IncomingBucket", "Signer"), ("IncomingBucket", "DeskSigner"), ("PublishedBucket", "DownloadSigner")],
)
def test_a_signer_can_do_nothing_but_sign_urls(stack: Stack, bucket: str, signer: str) -> None:
    """Credentials of a signer that leak are of no use in an SDK: only presigned URLs work, whose age is limited."""
    policy, role = stack.policy(f"{bucket}Policy"), stack.arn(f"{signer}Role")
    for action in ("s3:PutObject", "s3:GetObject", "s3:ListBucket"):
        for resource in (stack.arn(bucket), f"{stack.arn(bucket)}/in/a/b"):
            outcomes = {
                how: denied(policy, Ask(action, resource, {"s3:authType": how, "aws:PrincipalArn": role}))
                for how in ("REST-QUERY-STRING", "REST-HEADER", "POST")
            }
            assert outcomes == {"REST-QUERY-STRING": False, "REST-HEADER": True, "POST": True}
    api = {"s3:authType": "REST-HEADER", "aws:PrincipalArn": stack.arn("ApiFunctionRole")}
    assert not denied(policy, Ask("s3:PutObject", f"{stack.arn(bucket)}/in/a/b", api))


@pytest.mark.parametrize("bucket", BUCKETS)
def test_bucket_policies_only_forbid(stack: Stack, bucket: str) -> None:
    """Rights come from roles alone: no bucket policy lets anybody in."""
    assert {statement["Effect"] for statement in stack.policy(f"{bucket}Policy")} == {"Deny"}
    assert stack.properties(f"{bucket}Policy")["Bucket"] == stack.named(bucket).ref


def test_pages_of_named_origins_may_send_parts_and_read_what_proves_them(stack: Stack) -> None:
    """A browser may PUT with type, Content-MD5 and checksum, and sees the ETag and checksum that S3 answers."""
    (rule,) = stack.properties("IncomingBucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ORIGINS
    assert rule["AllowedMethods"] == ["PUT"]
    assert rule["AllowedHeaders"] == ["content-type", "content-md5", "if-none-match", "x-amz-checksum-*"]
    assert {"ETag", "x-amz-checksum-crc64nvme", "x-amz-checksum-crc32c", "x-amz-checksum-crc32"} <= set(
        rule["ExposedHeaders"]
    )


def test_pages_of_named_origins_may_only_read_published_files(stack: Stack) -> None:
    """A page can fetch a published file, whole or in ranges, and can never write there."""
    (rule,) = stack.properties("PublishedBucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ORIGINS
    assert rule["AllowedMethods"] == ["GET", "HEAD"]
    assert "range" in rule["AllowedHeaders"]
    assert {"ETag", "Content-Range", "Content-Length"} <= set(rule["ExposedHeaders"])


@pytest.mark.parametrize("days", range(1, 8))
def test_s3_never_ends_an_upload_that_portway_still_keeps_open(days: int) -> None:
    """S3 counts from the start of an upload in whole days; its backstop comes two days after our hard end."""
    rules = deployed(MaxSessionDays=str(days)).properties("IncomingBucket")["LifecycleConfiguration"]["Rules"]
    aborts = [rule["AbortIncompleteMultipartUpload"] for rule in rules if "AbortIncompleteMultipartUpload" in rule]
    assert aborts == [{"DaysAfterInitiation": days + 2}]
    assert all(rule["Status"] == "Enabled" and not {"Prefix", "Filter"} & set(rule) for rule in rules)


def test_only_superseded_versions_are_ever_removed_by_a_rule(stack: Stack) -> None:
    """No lifecycle rule removes a current object, and none any version of a published file."""
    rules = stack.properties("IncomingBucket")["LifecycleConfiguration"]["Rules"]
    expiring = {name for rule in rules for name in rule if "Expir" in name}
    assert expiring == {"NoncurrentVersionExpiration", "ExpiredObjectDeleteMarker"}
    (only,) = stack.properties("PublishedBucket")["LifecycleConfiguration"]["Rules"]
    assert set(only) == {"Id", "Status", "AbortIncompleteMultipartUpload"}


def test_only_the_incoming_bucket_tells_the_event_bus(stack: Stack) -> None:
    """A published copy does not start another inspection."""
    notification = stack.properties("IncomingBucket")["NotificationConfiguration"]
    assert notification == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert "NotificationConfiguration" not in stack.properties("PublishedBucket")
