"""ObjectStore on S3: parts arrive in the incoming bucket, clean files are copied to the published one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from portway.aws.answers import Absent, answers
from portway.aws.buckets import S3Bucket, bare, checksum_of, version_of
from portway.aws.edited import edited
from portway.edits import Edit, size
from portway.errors import Unavailable
from portway.model import ChecksumAlgorithm, PublishedObject, StoredObject
from portway.ports import Headers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SESSION = "portway-upload"
"""The object's metadata that names its upload."""
DELETE_BATCH = 1000  # DeleteObjects, and a page of ListObjectVersions


class S3Objects(S3Bucket):
    """The contract is portway.ports.ObjectStore."""

    def __init__(self, client: S3Client, completing: S3Client, incoming: str, published: str) -> None:
        super().__init__(client, completing, incoming)
        self._published = published

    def start(self, key: str, content_type: str, algorithm: ChecksumAlgorithm, session: str) -> str:
        return self._started(key, algorithm, ContentType=content_type, Metadata={SESSION: session})

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        version: Any = {"VersionId": version_id} if version_id else {}
        try:
            with answers():
                found: Any = self._client.head_object(Bucket=self._name, Key=key, ChecksumMode="ENABLED", **version)
        except Absent:
            return None
        session = found.get("Metadata", {}).get(SESSION)
        return StoredObject(version_of(found), bare(found["ETag"]), found["ContentLength"], checksum_of(found), session)

    def read(self, key: str, version_id: str, first: int, length: int) -> bytes:
        if length == 0:
            return b""
        span = f"bytes={first}-{first + length - 1}"
        try:
            with answers():
                found = self._client.get_object(Bucket=self._name, Key=key, VersionId=version_id, Range=span)
                return found["Body"].read()
        except Absent:
            return b""

    def publish(self, key: str, stored: StoredObject, to_key: str, headers: Headers) -> PublishedObject:
        with answers():
            copied = self._client.copy_object(
                Bucket=self._published,
                Key=to_key,
                **source(self._name, key, stored),
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
                **shown(headers),
            )
        return PublishedObject(self._published, to_key, version_of(copied), headers.content_type)

    def publish_edited(self, key: str, version_id: str, to_key: str, headers: Headers, edit: Edit) -> PublishedObject:
        body: Any = edited(edit, partial(self.read, key, version_id))
        with answers():
            put = self._client.put_object(
                Bucket=self._published,
                Key=to_key,
                Body=body,
                ContentLength=size(edit),
                ChecksumAlgorithm="CRC32",  # what botocore computes on the way without a library of C code
                **shown(headers),
            )
        proved = size(edit), ChecksumAlgorithm.CRC32, put["ChecksumCRC32"]
        return PublishedObject(self._published, to_key, version_of(put), headers.content_type, *proved)

    def delete(self, key: str, version_id: str) -> None:
        with suppress(Absent), answers():
            self._client.delete_object(Bucket=self._name, Key=key, VersionId=version_id)

    def unpublish(self, published: PublishedObject) -> None:
        versions = list(self._versions(published.bucket, published.key))
        for start in range(0, len(versions), DELETE_BATCH):
            batch: Any = {"Objects": versions[start : start + DELETE_BATCH], "Quiet": True}
            with answers():
                failed = self._client.delete_objects(Bucket=published.bucket, Delete=batch).get("Errors")
            if failed:
                raise Unavailable(f"DeleteObjects: {failed[0].get('Code')}, {len(failed)} versions left")

    def _versions(self, bucket: str, key: str) -> Iterator[dict[str, str]]:
        """Every version and delete marker of exactly this key, and of what lies below it."""
        for page in self._pages("list_object_versions", Bucket=bucket, Prefix=key):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if version["Key"] == key or version["Key"].startswith(f"{key}/"):
                    yield {"Key": version["Key"], "VersionId": version["VersionId"]}


def source(bucket: str, key: str, stored: StoredObject) -> Any:
    """One version, and only while it is the object that was inspected."""
    found = {"Bucket": bucket, "Key": key, "VersionId": stored.version_id}
    return {"CopySource": found, "CopySourceIfMatch": f'"{stored.etag}"'}


def shown(headers: Headers) -> Any:
    """What S3 serves with a published file."""
    return {
        "ContentType": headers.content_type,
        "ContentDisposition": headers.disposition,
        "CacheControl": headers.cache_control,
    }
