"""What Portway says on its bus: the `detail` of each event. Made by `make events` from events/schemas.

Copy this file into your consumer. It needs nothing but the standard library.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class About(TypedDict):
    """What every event says."""

    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    retained_until_ms: int | None
    """When its file is removed by policy, milliseconds since the epoch; null when nothing says so."""


class File(TypedDict):
    bucket: str
    key: str
    version_id: str
    """Read exactly this version."""
    content_type: str
    """What inspection found the file to be, not what the client said."""
    size: int
    """Of what is published: less than the upload's where metadata were left out."""
    checksum_algorithm: Literal["crc64nvme", "crc32c", "crc32"]
    checksum: str | None
    """Of the whole file, base64 of the big-endian value."""


class FileDeletedV1(About):
    """Every version of a published or quarantined file was removed."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["completed", "failed"]
    reason: Literal["infected", "rejected", "not_scanned", "in_review", "error", None]
    size: int
    """Bytes, as declared."""
    file: File | None
    """Where it was; null when it was never published."""
    by_operator: bool
    """Whether an operator removed it, and not its owner or the end of its time."""


class Result(TypedDict):
    name: str
    """thumbnail-256.webp, optimised.jpg, compact.pdf and so on (docs/results.md)."""
    key: str
    """In the bucket of the file."""
    content_type: str
    size: int
    """Bytes."""
    facts: dict[str, object]
    """Its measures, and what it saves: width, height, quality, original_bytes, saved_bytes."""


class FileDerivedV1(About):
    """Something was made of a published file: thumbnails, smaller copies, facts. It lies beside the file."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["completed"]
    reason: None
    size: int
    """Bytes, as declared."""
    file: File
    results: list[Result]
    """Nothing where nothing could be made, or nothing is gained."""


class Finding(TypedDict):
    code: str
    severity: Literal["note", "warning", "review", "reject"]
    words: str
    """For the person who uploaded the file."""


class Verdict(TypedDict):
    policy_version: str
    """The version of policy.yaml that was asked."""
    risk: Literal["low", "medium", "high"]
    findings: list[Finding]
    facts: dict[str, object]
    """What was learnt, by name: width, pages, duration_ms and so on (docs/inspection.md)."""


class FilePublishedV1(About):
    """A file passed inspection and lies in the published bucket."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["completed"]
    reason: None
    size: int
    """Bytes, as declared."""
    file: File
    by_operator: bool
    """Whether an operator released it: inspection alone would have kept it back."""
    verdict: Verdict | None
    """What inspection found. Null when nobody could inspect the file."""


class FileQuarantinedV1(About):
    """A file arrived whole and was not published. It may be inspected again: a later event of the upload has a
    higher number behind the last # of its event_id.
    """

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["failed"]
    reason: Literal["infected", "rejected", "not_scanned", "in_review", "error"]
    """in_review: an operator has to decide about it; another event of the upload follows."""
    size: int
    """Bytes, as declared."""
    file: None
    """Nothing was published."""
    by_operator: bool
    """Whether an operator rejected it, and not inspection."""
    verdict: Verdict | None
    """What inspection found. Null when nobody could inspect the file."""


class UploadCreatedV1(About):
    """An upload was declared; nothing of it was sent yet."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["initiated"]
    reason: None
    size: int | None
    """Bytes, as declared; null while the client did not know."""
    file: None
    """Nothing is published yet."""


class UploadExpiredV1(About):
    """An upload ended because nobody finished it in time, or because S3 no longer knew it."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["expired", "failed"]
    reason: Literal["upload_gone", None]
    size: int | None
    """Bytes, as declared; null while the client did not know."""
    file: None
    """Nothing was published."""


class UploadFailedV1(About):
    """An upload ended before there was a file: cancelled by its owner, or its parts changed while it was completed."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["cancelled", "failed"]
    reason: Literal["cancelled", "parts_changed", None]
    size: int | None
    """Bytes, as declared; null while the client did not know."""
    file: None
    """Nothing was published."""


class UploadStoredV1(About):
    """S3 holds the whole file as declared. It is not inspected yet: nobody may read it."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    status: Literal["processing"]
    reason: None
    size: int
    """Bytes, as declared."""
    file: None
    """Nothing is published yet."""


Detail = (
    FileDeletedV1
    | FileDerivedV1
    | FilePublishedV1
    | FileQuarantinedV1
    | UploadCreatedV1
    | UploadExpiredV1
    | UploadFailedV1
    | UploadStoredV1
)
