"""Objects by SDK: versions, copies, reads, conditions, tags, lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.stack.s3_bucket import Bucket, answer, bucket


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with bucket(tmp_path_factory.mktemp("s3")) as one:
        yield one


@pytest.fixture
def made(endpoint: Bucket) -> Bucket:
    return endpoint.another(versions=True)


def refusal(made: Bucket, operation: str, key: str = "", **options: Any) -> str:
    with pytest.raises(ClientError) as caught:
        made.call(operation, key, **options)
    error = caught.value.response
    return f"{error['ResponseMetadata']['HTTPStatusCode']} {error['Error']['Code']}"


def test_every_put_is_a_version(made: Bucket) -> None:
    """Old versions stay readable by id; the latest is what a plain GET shows."""
    first, second = (made.call("put_object", "k", Body=body)["VersionId"] for body in (b"one", b"two"))
    assert (made.read("k"), made.read("k", VersionId=first)) == (b"two", b"one")
    assert made.call("head_object", "k")["VersionId"] == second
    assert refusal(made, "get_object", "k", VersionId="unknown") == "404 NoSuchVersion"


def test_a_delete_hides_and_a_delete_by_version_removes(made: Bucket) -> None:
    """A delete marker makes the key absent; removing the marker brings it back; removing the version ends it."""
    version = made.call("put_object", "k", Body=b"one")["VersionId"]
    marker = made.call("delete_object", "k")
    assert marker["DeleteMarker"] is True
    assert refusal(made, "get_object", "k") == "404 NoSuchKey"
    assert refusal(made, "get_object", "k", VersionId=marker["VersionId"]) == "405 MethodNotAllowed"
    assert made.read("k", VersionId=version) == b"one"
    made.call("delete_object", "k", VersionId=marker["VersionId"])
    assert made.read("k") == b"one"
    made.call("delete_objects", Delete={"Objects": [{"Key": "k", "VersionId": version}, {"Key": "never"}]})
    assert refusal(made, "head_object", "k") == "404 404"


def test_a_suspended_bucket_replaces_its_null_version(made: Bucket) -> None:
    """Suspended versioning keeps what there was and overwrites only the version called null."""
    kept = made.call("put_object", "k", Body=b"kept")["VersionId"]
    made.call("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})
    assert [made.call("put_object", "k", Body=body)["VersionId"] for body in (b"a", b"b")] == ["null", "null"]
    assert (made.read("k"), made.read("k", VersionId=kept)) == (b"b", b"kept")
    assert len(made.call("list_object_versions")["Versions"]) == 2


def test_a_copy_is_made_of_one_version(made: Bucket) -> None:
    """The named version is copied, not the latest, and only if its ETag is the expected one."""
    old = made.call("put_object", "in", Body=b"clean", ContentType="text/html", Metadata={"a": "1"})
    made.call("put_object", "in", Body=b"swapped")
    source = {"Bucket": made.name, "Key": "in", "VersionId": old["VersionId"]}
    rules = {"MetadataDirective": "REPLACE", "ContentType": "application/pdf", "ContentDisposition": "attachment"}
    copied = made.call("copy_object", "out", CopySource=source, CopySourceIfMatch=old["ETag"], **rules)
    assert copied["CopySourceVersionId"] == old["VersionId"]
    head = made.call("head_object", "out", ChecksumMode="ENABLED")
    assert (made.read("out"), head["ContentType"], head["Metadata"]) == (b"clean", "application/pdf", {})
    assert head["ChecksumType"] == "FULL_OBJECT"
    wrong = {"CopySource": source, "CopySourceIfMatch": '"other"'}
    assert refusal(made, "copy_object", "out", **wrong) == "412 PreconditionFailed"
    assert refusal(made, "copy_object", "out", CopySource=source, IfNoneMatch="*") == "412 PreconditionFailed"
    source["VersionId"] = "unknown"
    assert refusal(made, "copy_object", "out", CopySource=source) == "404 NoSuchVersion"
    assert refusal(made, "copy_object", "in", CopySource={"Bucket": made.name, "Key": "in"}) == "400 InvalidRequest"


def test_the_copy_of_a_multipart_object_is_a_plain_object(made: Bucket) -> None:
    """Its ETag is an MD5, its checksum stays comparable: CRC64NVME of the whole."""
    upload = made.begin("in")
    made.complete(upload, "in", [made.part(upload, 1, "in", b"x" * (5 << 20)), made.part(upload, 2, "in", b"end")])
    before = made.call("head_object", "in", ChecksumMode="ENABLED")
    made.call("copy_object", "out", CopySource={"Bucket": made.name, "Key": "in"})
    after = made.call("head_object", "out", ChecksumMode="ENABLED")
    assert before["ETag"].endswith('-2"')
    assert "-" not in after["ETag"]
    assert after["ChecksumCRC64NVME"] == before["ChecksumCRC64NVME"]
    assert made.read("out", Range="bytes=5242878-5242881") == b"xxen"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": '"{etag}"'}, "200"),
        ({"If-Match": '"other"'}, "412 PreconditionFailed"),
        ({"If-None-Match": '"{etag}"'}, "304"),
        ({"If-None-Match": '"other"'}, "200"),
        ({"If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT"}, "304"),
        ({"If-Modified-Since": "no date"}, "200"),
        ({"If-Unmodified-Since": "Wed, 01 Jan 2020 00:00:00 GMT"}, "412 PreconditionFailed"),
        ({"Range": "bytes=1-2"}, "206"),
        ({"Range": "bytes=9-"}, "416 InvalidRange"),
        ({"Range": "pages=1-2"}, "200"),
    ],
)
def test_reads_are_conditional(made: Bucket, headers: dict[str, str], status: str) -> None:
    """The four conditions and ranges, by presigned URL."""
    etag = made.call("put_object", "k", Body=b"body")["ETag"].strip('"')
    sent = {name: value.format(etag=etag) for name, value in headers.items()}
    response = made.send("GET", made.sign("get_object", "k"), headers=sent)
    assert answer(response) == status
    assert response.headers.get("Content-Range") == ("bytes 1-2/4" if status == "206" else None)


def test_overrides_replace_stored_headers(made: Bucket) -> None:
    """`response-*` of a signed URL shows once, instead of what was stored."""
    made.call("put_object", "k", Body=b"x", ContentType="text/html", CacheControl="no-store")
    link = made.sign("get_object", "k", ResponseContentType="text/plain", ResponseCacheControl="max-age=1")
    shown = made.send("GET", link).headers
    assert (shown.getlist("Content-Type"), shown.getlist("Cache-Control")) == (["text/plain"], ["max-age=1"])


def test_writes_are_conditional(made: Bucket) -> None:
    """If-None-Match protects what is there, If-Match writes only over the expected; nothing changes on refusal."""
    etag = made.call("put_object", "k", Body=b"one")["ETag"]
    assert refusal(made, "put_object", "k", Body=b"x", IfNoneMatch="*") == "412 PreconditionFailed"
    assert refusal(made, "put_object", "k", Body=b"x", IfMatch='"other"') == "412 PreconditionFailed"
    assert refusal(made, "put_object", "new", Body=b"x", IfMatch=etag) == "404 NoSuchKey"
    assert made.read("k") == b"one"
    made.call("put_object", "k", Body=b"two", IfMatch=etag)
    made.call("delete_object", "k")
    made.call("put_object", "k", Body=b"three", IfNoneMatch="*")
    assert made.read("k") == b"three"


def test_tags_can_be_read_and_changed(made: Bucket) -> None:
    """Tags of the request, then others, then none."""
    made.call("put_object", "k", Body=b"x", Tagging="scan=pending&a=b")
    assert made.call("head_object", "k").get("TagCount") == 2
    made.call("put_object_tagging", "k", Tagging={"TagSet": [{"Key": "scan", "Value": "clean"}]})
    assert made.call("get_object_tagging", "k")["TagSet"] == [{"Key": "scan", "Value": "clean"}]
    made.call("delete_object_tagging", "k")
    assert made.call("get_object_tagging", "k")["TagSet"] == []


@pytest.mark.parametrize("key", ["a b+c", "ä/ö/€.bin", "a//b", "a/..b", "%2F%25", "q?x=1&y#z", "&<>'\"", "a\tb"])
def test_keys_may_be_anything(made: Bucket, key: str) -> None:
    """What was put under a name is found under that name, in lists too."""
    made.call("put_object", key, Body=key.encode())
    assert made.read(key) == key.encode()
    assert made.send("GET", made.sign("get_object", key)).data == key.encode()
    assert [row["Key"] for row in made.call("list_objects_v2")["Contents"]] == [key]
    made.call("copy_object", "copy", CopySource={"Bucket": made.name, "Key": key})
    assert made.read("copy") == key.encode()


def test_lists_come_in_pages(made: Bucket) -> None:
    """Objects, common prefixes and versions; every page continues where the last one ended."""
    keys = ["a/1", "a/2", "b", "c/1", "c/2", "d"]
    for key in keys:
        made.call("put_object", key, Body=b"1")
        made.call("put_object", key, Body=b"2")
    made.call("delete_object", "d")
    pages = made.s3.get_paginator("list_objects_v2").paginate(Bucket=made.name, PaginationConfig={"PageSize": 2})
    assert [row["Key"] for page in pages for row in page["Contents"]] == keys[:-1]
    pages = made.s3.get_paginator("list_objects_v2").paginate(
        Bucket=made.name, Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    found = [
        row.get("Key") or row.get("Prefix")
        for page in pages
        for row in page.get("Contents", []) + page.get("CommonPrefixes", [])
    ]
    assert found == ["a/", "b", "c/"]
    assert [row["Key"] for row in made.call("list_objects_v2", Prefix="a/", StartAfter="a/1")["Contents"]] == ["a/2"]
    pages = made.s3.get_paginator("list_object_versions").paginate(Bucket=made.name, PaginationConfig={"PageSize": 3})
    rows = [row for page in pages for row in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    assert len(rows) == len({row["VersionId"] for row in rows}) == 13
    assert sorted(row["Key"] for row in rows if row["IsLatest"]) == keys


def test_too_long_names_and_metadata_are_refused(made: Bucket) -> None:
    """1,024 bytes of key, 2 KB of metadata, ten tags."""
    assert refusal(made, "put_object", "k" * 1025, Body=b"") == "400 KeyTooLongError"
    assert refusal(made, "put_object", "k", Body=b"", Metadata={"a": "b" * 2048}) == "400 MetadataTooLarge"
    tags = "&".join(f"t{number}=x" for number in range(11))
    assert refusal(made, "put_object", "k", Body=b"", Tagging=tags) == "400 BadRequest"
