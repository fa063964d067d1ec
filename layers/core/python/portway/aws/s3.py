"""ObjectStore on S3: parts arrive in the incoming bucket, clean files are copied to the published one.

ETags travel without their quotes. Which error means what is in answers.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from portway.aws.answers import Absent, answers
from portway.aws.clients import COMPLETE_SECONDS
from portway.aws.deadline import within
from portway.errors import Unavailable
from portway.model import ChecksumAlgorithm, Part, PublishedObject, StoredObject
from portway.ports import PartPage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SESSION = "portway-upload"
"""The object's metadata that names its upload."""
CHECKSUMS: Mapping[ChecksumAlgorithm, str] = {
    ChecksumAlgorithm.CRC64NVME: "ChecksumCRC64NVME",
    ChecksumAlgorithm.CRC32C: "ChecksumCRC32C",
    ChecksumAlgorithm.CRC32: "ChecksumCRC32",
}
DELETE_BATCH = 1000  # DeleteObjects, and a page of ListObjectVersions


class S3Objects:
    """The contract is portway.ports.ObjectStore. `completing` is the client for CompleteMultipartUpload: it waits
    longer and tries once (clients.py)."""

    def __init__(self, client: S3Client, completing: S3Client, incoming: str, published: str) -> None:
        self._client, self._completing = client, completing
        self._incoming, self._published = incoming, published

    def start(self, key: str, content_type: str, algorithm: ChecksumAlgorithm, session: str) -> str:
        chosen: Any = algorithm.upper()
        with answers():
            started = self._client.create_multipart_upload(
                Bucket=self._incoming,
                Key=key,
                ContentType=content_type,
                ChecksumAlgorithm=chosen,
                ChecksumType="FULL_OBJECT",
                Metadata={SESSION: session},
            )
        return started["UploadId"]

    def list_parts(self, key: str, multipart_id: str, after: int = 0, limit: int = 1000) -> PartPage:
        with answers():
            page = self._client.list_parts(
                Bucket=self._incoming, Key=key, UploadId=multipart_id, PartNumberMarker=after, MaxParts=limit
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
            Bucket=self._incoming,
            Key=key,
            UploadId=multipart_id,
            MultipartUpload={"Parts": [_completed(part, name) for part in parts]},
            MpuObjectSize=size,
            ChecksumType="FULL_OBJECT",
            **whole,
        )
        with answers():
            done: Any = within(COMPLETE_SECONDS, call)
        return StoredObject(_version(done), _bare(done["ETag"]), size, done.get(name))

    def abort(self, key: str, multipart_id: str) -> None:
        with suppress(Absent), answers():
            self._client.abort_multipart_upload(Bucket=self._incoming, Key=key, UploadId=multipart_id)

    def open_uploads(self, key: str) -> tuple[str, ...]:
        pages = self._pages("list_multipart_uploads", Bucket=self._incoming, Prefix=key)
        return tuple(upload["UploadId"] for page in pages for upload in page.get("Uploads", ()) if upload["Key"] == key)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        version: Any = {"VersionId": version_id} if version_id else {}
        try:
            with answers():
                found: Any = self._client.head_object(Bucket=self._incoming, Key=key, ChecksumMode="ENABLED", **version)
        except Absent:
            return None
        checksum = next((found[name] for name in CHECKSUMS.values() if name in found), None)
        session = found.get("Metadata", {}).get(SESSION)
        return StoredObject(_version(found), _bare(found["ETag"]), found["ContentLength"], checksum, session)

    def read(self, key: str, version_id: str, first: int, length: int) -> bytes:
        if length == 0:
            return b""
        span = f"bytes={first}-{first + length - 1}"
        try:
            with answers():
                found = self._client.get_object(Bucket=self._incoming, Key=key, VersionId=version_id, Range=span)
                return found["Body"].read()
        except Absent:
            return b""

    def publish(
        self, key: str, stored: StoredObject, to_key: str, content_type: str, disposition: str
    ) -> PublishedObject:
        with answers():
            copied = self._client.copy_object(
                Bucket=self._published,
                Key=to_key,
                CopySource={"Bucket": self._incoming, "Key": key, "VersionId": stored.version_id},
                CopySourceIfMatch=f'"{stored.etag}"',
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
                ContentType=content_type,
                ContentDisposition=disposition,
            )
        return PublishedObject(self._published, to_key, _version(copied), content_type)

    def delete(self, key: str, version_id: str) -> None:
        with suppress(Absent), answers():
            self._client.delete_object(Bucket=self._incoming, Key=key, VersionId=version_id)

    def unpublish(self, published: PublishedObject) -> None:
        versions = list(self._versions(published.bucket, published.key))
        for start in range(0, len(versions), DELETE_BATCH):
            batch: Any = {"Objects": versions[start : start + DELETE_BATCH], "Quiet": True}
            with answers():
                failed = self._client.delete_objects(Bucket=published.bucket, Delete=batch).get("Errors")
            if failed:
                raise Unavailable(f"DeleteObjects: {failed[0].get('Code')}, {len(failed)} versions left")

    def _versions(self, bucket: str, key: str) -> Iterator[dict[str, str]]:
        """Every version and delete marker of exactly this key."""
        for page in self._pages("list_object_versions", Bucket=bucket, Prefix=key):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if version["Key"] == key:
                    yield {"Key": key, "VersionId": version["VersionId"]}

    def _pages(self, operation: Any, **arguments: Any) -> Iterator[Any]:
        with answers():
            yield from self._client.get_paginator(operation).paginate(**arguments)


def _part(listed: Any) -> Part:
    checksum = next((listed[name] for name in CHECKSUMS.values() if name in listed), None)
    stored_at = round(listed["LastModified"].timestamp() * 1000)
    return Part(listed["PartNumber"], listed["Size"], _bare(listed["ETag"]), checksum, stored_at)


def _completed(part: Part, checksum_name: str) -> Any:
    checksum = {checksum_name: part.checksum} if part.checksum else {}
    return {"PartNumber": part.number, "ETag": f'"{part.etag}"', **checksum}


def _bare(etag: str) -> str:
    return etag.strip('"')


def _version(answer: Mapping[str, Any]) -> str:
    """`null` is what S3 calls the only version in a bucket without versioning."""
    return answer.get("VersionId") or "null"
