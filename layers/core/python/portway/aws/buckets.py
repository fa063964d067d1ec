"""Bucket on S3: multipart uploads and the objects that they make. ETags travel without their quotes.

Which error means what is in answers.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from portway.aws.answers import Absent, answers
from portway.aws.clients import COMPLETE_SECONDS
from portway.aws.deadline import within
from portway.model import ChecksumAlgorithm, Part, StoredObject
from portway.ports import PartPage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECKSUMS: Mapping[ChecksumAlgorithm, str] = {
    ChecksumAlgorithm.CRC64NVME: "ChecksumCRC64NVME",
    ChecksumAlgorithm.CRC32C: "ChecksumCRC32C",
    ChecksumAlgorithm.CRC32: "ChecksumCRC32",
}


class S3Bucket:
    """The contract is portway.ports.Bucket. `completing` is the client for CompleteMultipartUpload: it waits longer and
    tries once (clients.py)."""

    def __init__(self, client: S3Client, completing: S3Client, name: str) -> None:
        self._client, self._completing, self._name = client, completing, name

    def _started(self, key: str, algorithm: ChecksumAlgorithm, **more: Any) -> str:
        """CreateMultipartUpload, with a checksum of the whole object."""
        chosen: Any = algorithm.upper()
        with answers():
            started = self._client.create_multipart_upload(
                Bucket=self._name, Key=key, ChecksumAlgorithm=chosen, ChecksumType="FULL_OBJECT", **more
            )
        return started["UploadId"]

    def list_parts(self, key: str, multipart_id: str, after: int = 0, limit: int = 1000) -> PartPage:
        with answers():
            page = self._client.list_parts(
                Bucket=self._name, Key=key, UploadId=multipart_id, PartNumberMarker=after, MaxParts=limit
            )
        parts = tuple(_part(listed) for listed in page.get("Parts", ()))
        return PartPage(parts, parts[-1].number if parts and page.get("IsTruncated") else None)

    def complete(
        self,
        key: str,
        multipart_id: str,
        parts: Sequence[Part],
        size: int,
        algorithm: ChecksumAlgorithm,
        checksum: str | None,
    ) -> StoredObject:
        name = CHECKSUMS[algorithm]
        whole: Any = {name: checksum} if checksum else {}
        call = partial(
            self._completing.complete_multipart_upload,
            Bucket=self._name,
            Key=key,
            UploadId=multipart_id,
            MultipartUpload={"Parts": [_completed(part, name) for part in parts]},
            MpuObjectSize=size,
            ChecksumType="FULL_OBJECT",
            **whole,
        )
        with answers():
            done: Any = within(COMPLETE_SECONDS, call)
        return StoredObject(version_of(done), bare(done["ETag"]), size, done.get(name))

    def abort(self, key: str, multipart_id: str) -> None:
        with suppress(Absent), answers():
            self._client.abort_multipart_upload(Bucket=self._name, Key=key, UploadId=multipart_id)

    def open_uploads(self, key: str) -> tuple[str, ...]:
        pages = self._pages("list_multipart_uploads", Bucket=self._name, Prefix=key)
        return tuple(upload["UploadId"] for page in pages for upload in page.get("Uploads", ()) if upload["Key"] == key)

    def _pages(self, operation: Any, **arguments: Any) -> Iterator[Any]:
        with answers():
            yield from self._client.get_paginator(operation).paginate(**arguments)


def _part(listed: Any) -> Part:
    stored_at = round(listed["LastModified"].timestamp() * 1000)
    return Part(listed["PartNumber"], listed["Size"], bare(listed["ETag"]), checksum_of(listed), stored_at)


def _completed(part: Part, checksum_name: str) -> Any:
    checksum = {checksum_name: part.checksum} if part.checksum else {}
    return {"PartNumber": part.number, "ETag": f'"{part.etag}"', **checksum}


def checksum_of(answer: Mapping[str, Any]) -> str | None:
    """In whichever algorithm S3 shows it."""
    return next((answer[name] for name in CHECKSUMS.values() if name in answer), None)


def bare(etag: str) -> str:
    return etag.strip('"')


def version_of(answer: Mapping[str, Any]) -> str:
    """`null` is what S3 calls the only version in a bucket without versioning."""
    return answer.get("VersionId") or "null"
