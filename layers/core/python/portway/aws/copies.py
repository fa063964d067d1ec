"""CopyStore on S3: a large file is put together in the published bucket, from ranges of its stored version."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from portway.aws.answers import answers
from portway.aws.buckets import S3Bucket, bare, checksum_of
from portway.aws.s3 import shown, source
from portway.model import ChecksumAlgorithm, Part, StoredObject
from portway.ports import Cut, Headers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Copies(S3Bucket):
    """The contract is portway.ports.CopyStore."""

    def __init__(self, client: S3Client, completing: S3Client, incoming: str, published: str) -> None:
        super().__init__(client, completing, published)
        self._incoming = incoming

    def begin(self, to_key: str, headers: Headers, algorithm: ChecksumAlgorithm) -> str:
        return self._started(to_key, algorithm, **shown(headers))

    def copy(
        self, key: str, stored: StoredObject, to_key: str, multipart_id: str, cuts: Sequence[Cut]
    ) -> tuple[Part, ...]:
        one = partial(self._copy_part, key, stored, to_key, multipart_id)
        if len(cuts) < 2:
            return tuple(map(one, cuts))
        with ThreadPoolExecutor(len(cuts)) as threads:
            return tuple(threads.map(one, cuts))

    def _copy_part(self, key: str, stored: StoredObject, to_key: str, multipart_id: str, cut: Cut) -> Part:
        with answers():
            answer: Any = self._client.upload_part_copy(
                Bucket=self._name,
                Key=to_key,
                UploadId=multipart_id,
                PartNumber=cut.number,
                CopySourceRange=f"bytes={cut.first}-{cut.first + cut.length - 1}",
                **source(self._incoming, key, stored),
            )
        made = answer["CopyPartResult"]
        return Part(cut.number, cut.length, bare(made["ETag"]), checksum_of(made))

    def versions(self, to_key: str) -> tuple[StoredObject, ...]:
        pages = self._pages("list_object_versions", Bucket=self._name, Prefix=to_key)
        found = (each for page in pages for each in page.get("Versions", ()) if each["Key"] == to_key)
        return tuple(StoredObject(each["VersionId"], bare(each["ETag"]), each["Size"]) for each in found)
