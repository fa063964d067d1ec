"""The object stores that the contract is held against, and what each is known to do otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto import mock_aws

from dev.s3.refused import Refused
from dev.s3.serving import serve
from portway.aws import clients
from portway.aws.buckets import CHECKSUMS, checksum_of
from portway.aws.copies import S3Copies
from portway.aws.results import S3Results
from portway.aws.s3 import S3Objects
from portway.errors import StoreAnswer, Unavailable
from portway.model import ChecksumAlgorithm
from portway.ports import CopyStore, ObjectStore, ResultStore
from tests.conftest import ENVIRONMENT, REGION
from tests.contracts.tables import session
from tests.fakes.copies import FakeCopies
from tests.fakes.objects import FakeObjects
from tests.fakes.results import FakeResults

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INCOMING, PUBLISHED = "incoming", "published"
ACCEPTED = "accepted"

DIFFERENCES: Mapping[tuple[str, str], object] = {
    ("moto", "parts of another key"): ACCEPTED,
    ("moto", "numbers above 5"): [],  # the marker is taken for an index into the list
    ("moto", "shows checksums"): False,  # none of parts; of the whole, none or a wrong one
    ("moto", "size differs"): ACCEPTED,
    ("moto", "whole checksum differs"): ACCEPTED,
    ("moto", "part checksum differs"): ACCEPTED,
    ("moto", "parts descend"): ACCEPTED,
    ("moto", "complete unknown"): KeyError,
    ("moto", "complete aborted"): KeyError,
    ("moto", "part after the end"): KeyError,
    ("moto", "part with another's id"): ACCEPTED,
    ("moto", "publish another etag"): ACCEPTED,
    ("moto", "copy another etag"): ACCEPTED,
    ("moto", "copy what is gone"): Unavailable,  # 404 without a code
}
"""(back end, case) → what it does instead of what the contract says. An upgrade that changes one of these is
noticed. moto proves neither size nor checksum nor order nor the source of a copy: never prove safety on it."""


@dataclass(frozen=True)
class Served:
    """An object as a reader gets it."""

    data: bytes
    content_type: str
    disposition: str | None
    cache_control: str | None
    checksum: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class ObjectBackend:
    """A store, and what the port does not show: the client's part (`put_part`; it raises Refused), a reader's, and the
    current version of a published key."""

    name: str
    store: ObjectStore
    copies: CopyStore
    put_part: Callable[..., None]
    served: Callable[[str, str, str], Served | None]
    results: ResultStore
    current: Callable[[str], str | None]

    def expected(self, case: str, contract: object) -> object:
        """What the contract says of this case, or what this back end is known to do instead."""
        return DIFFERENCES.get((self.name, case), contract)


def outcome(call: Callable[[], object]) -> object:
    """The class of what was raised, or `ACCEPTED`."""
    try:
        call()
    except (StoreAnswer, Refused, KeyError) as error:
        return type(error)
    return ACCEPTED


def fake_objects() -> ObjectBackend:
    fake = FakeObjects()

    def put_part(
        key: str, upload_id: str, number: int, data: bytes, algorithm: ChecksumAlgorithm | None = None, value: str = ""
    ) -> None:
        fake.upload_part(key, upload_id, number, data, {algorithm: value} if algorithm else None)

    def served(bucket: str, key: str, version_id: str) -> Served | None:
        found = fake.version(bucket, key, version_id)
        if found is None:
            return None
        session = found.stored.session
        metadata = {"portway-upload": session} if session else {}
        return Served(
            found.data, found.content_type, found.disposition, found.cache_control, found.stored.checksum, metadata
        )

    def current(key: str) -> str | None:
        versions = fake.versions.get((PUBLISHED, key), ())
        return versions[-1].stored.version_id if versions else None

    return ObjectBackend("fake", fake, FakeCopies(fake), put_part, served, FakeResults(fake), current)


def s3_objects(name: str, client: S3Client) -> ObjectBackend:
    """Two versioned buckets behind this client."""
    here: Any = {"LocationConstraint": REGION}
    for bucket in (INCOMING, PUBLISHED):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def put_part(
        key: str, upload_id: str, number: int, data: bytes, algorithm: ChecksumAlgorithm | None = None, value: str = ""
    ) -> None:
        checksum: Any = {CHECKSUMS[algorithm]: value} if algorithm else {}
        try:
            client.upload_part(Bucket=INCOMING, Key=key, UploadId=upload_id, PartNumber=number, Body=data, **checksum)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise Refused(status, error.response["Error"]["Code"], "") from error

    def served(bucket: str, key: str, version_id: str) -> Served | None:
        try:
            found = client.get_object(Bucket=bucket, Key=key, VersionId=version_id, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "NoSuchVersion"}:
                raise
            return None
        return Served(
            found["Body"].read(),
            found["ContentType"],
            found.get("ContentDisposition"),
            found.get("CacheControl"),
            checksum_of(found),
            found["Metadata"],
        )

    def current(key: str) -> str | None:
        listed = client.list_object_versions(Bucket=PUBLISHED, Prefix=key).get("Versions", [])
        return next((each["VersionId"] for each in listed if each["Key"] == key and each["IsLatest"]), None)

    both: Any = (client, client, INCOMING, PUBLISHED)
    stores = (S3Objects(*both), S3Copies(*both))
    return ObjectBackend(name, *stores, put_part, served, S3Results(client), current)


@contextmanager
def moto_buckets() -> Iterator[S3Client]:
    with mock_aws():
        yield clients.s3_client(session(), REGION)


@contextmanager
def strict_buckets(folder: Path) -> Iterator[S3Client]:
    keys = {ENVIRONMENT["AWS_ACCESS_KEY_ID"]: ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]}
    with serve(data=folder, keys=keys, region=REGION) as endpoint:
        client = clients.s3_client(session(), REGION, endpoint.url)
        yield client
        client.close()
