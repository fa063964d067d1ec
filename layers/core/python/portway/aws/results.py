"""ResultStore on S3: what is made of a published file lies under its key, and a slash, and the result's name."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, BinaryIO

from portway.aws.answers import answers
from portway.model import PublishedObject
from portway.ports import Headers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK = 1 << 20


class S3Results:
    """The contract is portway.ports.ResultStore."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def read(self, published: PublishedObject, first: int, length: int) -> bytes:
        with answers():
            found = self._client.get_object(**_version(published), Range=f"bytes={first}-{first + length - 1}")
            return found["Body"].read()

    def fetch(self, published: PublishedObject, into: BinaryIO) -> None:
        with answers():
            found = self._client.get_object(**_version(published))
            shutil.copyfileobj(found["Body"], into, CHUNK)

    def put(self, published: PublishedObject, name: str, body: BinaryIO, size: int, headers: Headers) -> str:
        key = f"{published.key}/{name}"
        with answers():
            self._client.put_object(
                Bucket=published.bucket,
                Key=key,
                Body=body,
                ContentLength=size,
                ContentType=headers.content_type,
                ContentDisposition=headers.disposition,
                CacheControl=headers.cache_control,
            )
        return key


def _version(published: PublishedObject) -> Any:
    return {"Bucket": published.bucket, "Key": published.key, "VersionId": published.version_id}
