"""Multipart uploads over HTTP, beyond the 124 questions of the probe."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError

from dev.s3.call import Answer, Call, Handler
from dev.s3.checksums import b64, digest
from dev.s3.refused import Refused
from tests.stack.s3_bucket import KEY, REGION, SECRET, Bucket, answer, bucket, code


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with bucket(tmp_path_factory.mktemp("s3"), min_part=5) as one:
        yield one


@pytest.fixture
def made(endpoint: Bucket) -> Bucket:
    return endpoint.another()


def test_many_parts_make_one_object(made: Bucket) -> None:
    """1,200 parts, sent in any order, listed in pages, completed as one object."""
    upload, bodies = made.begin("k"), [f"part {number:6}".encode() for number in range(1, 1201)]
    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(lambda n: made.part(upload, n, "k", bodies[n - 1]), reversed(range(1, 1201))))
    pages = made.s3.get_paginator("list_parts").paginate(Bucket=made.name, Key="k", UploadId=upload)
    assert [part["PartNumber"] for page in pages for part in page["Parts"]] == list(range(1, 1201))
    made.complete(upload, "k", stored[::-1])
    assert made.read("k") == b"".join(bodies)
    assert made.read("k", Range="bytes=10-12") == b"1pa"
    assert made.read("k", PartNumber=1200) == bodies[-1]


def test_parts_with_numbers_in_between_left_out(made: Bucket) -> None:
    """Gaps are fine without part checksums; parts that the manifest leaves out are gone afterwards."""
    upload = made.begin("k")
    parts = {number: made.part(upload, number, "k", bytes([number]) * 5) for number in (3, 5, 9)}
    made.complete(upload, "k", [parts[3], parts[9]])
    assert made.read("k") == b"\3" * 5 + b"\x09" * 5
    assert (
        made.call("get_object_attributes", "k", ObjectAttributes=["ObjectParts"])["ObjectParts"]["TotalPartsCount"] == 2
    )


def test_an_empty_object_by_multipart(made: Bucket) -> None:
    """A 0-byte file is one part of length 0."""
    upload = made.begin("k", ChecksumAlgorithm="CRC64NVME")
    made.complete(upload, "k", [made.part(upload, 1, "k", b"")], MpuObjectSize=0, ChecksumCRC64NVME="AAAAAAAAAAA=")
    assert (made.read("k"), made.call("head_object", "k")["ContentLength"]) == (b"", 0)


def test_a_refused_complete_leaves_the_upload_as_it_was(made: Bucket) -> None:
    """After BadDigest, a wrong size and 412 the same upload can still be completed."""
    upload = made.begin("k", ChecksumAlgorithm="CRC64NVME")
    parts = [made.part(upload, number, "k", b"12345") for number in (1, 2)]
    right, wrong = (b64(digest("crc64nvme", body)) for body in (b"1234512345", b"x"))
    assert code(lambda: made.complete(upload, "k", parts, ChecksumCRC64NVME=wrong)) == "BadDigest"
    assert code(lambda: made.complete(upload, "k", parts, MpuObjectSize=11)) == "InvalidRequest"
    made.call("put_object", "k", Body=b"taken")
    assert code(lambda: made.complete(upload, "k", parts, IfNoneMatch="*")) == "PreconditionFailed"
    assert made.read("k") == b"taken"
    done = made.complete(upload, "k", parts, ChecksumCRC64NVME=right, MpuObjectSize=10)
    assert done["ChecksumCRC64NVME"] == right
    assert made.read("k") == b"1234512345"


def test_of_two_completes_at_once_one_wins(made: Bucket) -> None:
    """Racing completions make one object; the others learn that the upload is gone."""
    upload = made.begin("k")
    parts = [made.part(upload, number, "k", b"12345") for number in (1, 2)]
    barrier = threading.Barrier(4)

    def race(_: int) -> str:
        barrier.wait()
        try:
            return str(made.complete(upload, "k", parts)["ETag"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(race, range(4)))
    assert outcomes[1:] == ["NoSuchUpload"] * 3
    assert outcomes[0].endswith('-2"')


def test_parts_can_be_copied_from_a_version(made: Bucket) -> None:
    """UploadPartCopy takes a range of one version, checks its conditions, and mixes with sent parts."""
    made.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
    source = made.call("put_object", "src", Body=b"0123456789")
    made.call("put_object", "src", Body=b"changed")
    named = {"Bucket": made.name, "Key": "src", "VersionId": source["VersionId"]}
    upload = made.begin("k")
    where = {"UploadId": upload, "PartNumber": 1, "CopySource": named}
    copied = made.call("upload_part_copy", "k", **where, CopySourceRange="bytes=2-6", CopySourceIfMatch=source["ETag"])
    assert copied["CopySourceVersionId"] == source["VersionId"]
    assert code(lambda: made.call("upload_part_copy", "k", **where, CopySourceIfMatch="x")) == "PreconditionFailed"
    assert code(lambda: made.call("upload_part_copy", "k", **where, CopySourceRange="bytes=5-10")) == "InvalidArgument"
    parts = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}, made.part(upload, 2, "k", b"tail")]
    made.complete(upload, "k", parts)
    assert made.read("k") == b"23456tail"


def test_open_uploads_are_listed_until_they_end(made: Bucket) -> None:
    """By prefix and in pages; nothing is listed after abort."""
    uploads = [made.begin(key) for key in ("a", "a", "b/1", "b/2")]
    pages = made.s3.get_paginator("list_multipart_uploads").paginate(Bucket=made.name, PaginationConfig={"PageSize": 1})
    assert {row["UploadId"] for page in pages for row in page["Uploads"]} == set(uploads)
    grouped = made.call("list_multipart_uploads", Delimiter="/")
    assert [row["Prefix"] for row in grouped["CommonPrefixes"]] == ["b/"]
    made.call("abort_multipart_upload", "b/1", UploadId=uploads[2])
    assert len(made.call("list_multipart_uploads", Prefix="b/")["Uploads"]) == 1


class FixedPayload(S3SigV4Auth):
    """botocore's signer for a payload value that the test chooses."""

    value = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

    def payload(self, request: AWSRequest) -> str:
        return self.value


def streamed(made: Bucket, body: bytes, length: int = 10) -> Any:
    """PUT an aws-chunked body with an unsigned trailer, as SDKs do over TLS."""
    headers = {
        "Content-Encoding": "gzip,aws-chunked",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
        "X-Amz-Decoded-Content-Length": str(length),
    }
    request = AWSRequest("PUT", f"{made.url}/{made.name}/k", headers=headers)
    FixedPayload(Credentials(KEY, SECRET), "s3", REGION).add_auth(request)
    return made.send("PUT", str(request.url), body, dict(request.headers.items()))


def test_a_streamed_body_is_unwrapped_and_its_trailer_compared(made: Bucket) -> None:
    """The object is what was inside the chunks; a wrong trailer or length stores nothing."""
    right = b64(digest("crc32", b"0123456789")).encode()
    body = b"4\r\n0123\r\n6\r\n456789\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n"
    response = streamed(made, body % right)
    assert (answer(response), response.headers["x-amz-checksum-crc32"]) == ("200", right.decode())
    head = made.call("head_object", "k")
    assert (made.read("k"), head["ContentEncoding"]) == (b"0123456789", "gzip")
    assert answer(streamed(made, body % b"AAAAAA==")) == "400 BadDigest"
    assert answer(streamed(made, body % right, length=11)) == "400 IncompleteBody"
    assert answer(streamed(made, b"no chunks at all\r\n")) == "400 InvalidRequest"


def test_a_body_must_be_what_its_signed_hash_says(made: Bucket) -> None:
    """SDK calls sign the SHA-256 of the body; another body is refused."""
    request = AWSRequest("PUT", f"{made.url}/{made.name}/k", data=b"right")
    signer = FixedPayload(Credentials(KEY, SECRET), "s3", REGION)
    signer.value = hashlib.sha256(b"right").hexdigest()
    signer.add_auth(request)
    headers = dict(request.headers.items())
    assert answer(made.send("PUT", str(request.url), b"wrong", headers)) == "400 XAmzContentSHA256Mismatch"
    assert answer(made.send("PUT", str(request.url), b"right", headers)) == "200"


async def slow_down_once(call: Call, handler: Handler) -> Answer:
    """A fault plan as others may write one: the first part is asked to come again."""
    if call.operation == "UploadPart" and call.key not in SLOWED:
        SLOWED.add(call.key)
        raise Refused(503, "SlowDown", "Please reduce your request rate.")
    return await handler(call)


SLOWED: set[str] = set()


def test_a_middleware_sees_every_operation_by_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The seam for fault plans: it may refuse, delay or change any call; the client sees an ordinary answer."""
    with bucket(tmp_path_factory.mktemp("s3"), middlewares=(slow_down_once,)) as made:
        upload = made.begin("k")
        url = made.sign("upload_part", "k", UploadId=upload, PartNumber=1)
        assert [answer(made.send("PUT", url, b"x")) for _ in range(2)] == ["503 SlowDown", "200"]


async def cut_after_the_effect(call: Call, handler: Handler) -> Answer:
    done = await handler(call)
    if call.operation == "CompleteMultipartUpload":
        raise ConnectionResetError
    return done


def test_a_middleware_can_cut_the_connection_after_the_effect(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The lost answer of a Complete that worked: the client sees a broken connection, the object is there."""
    with bucket(tmp_path_factory.mktemp("s3"), middlewares=(cut_after_the_effect,)) as made:
        upload = made.begin("k")
        part = made.part(upload, 1, "k", b"x")
        with pytest.raises(ConnectionClosedError):
            made.complete(upload, "k", [part])
        assert made.read("k") == b"x"
