"""What Portway says on its bus: the `detail` of each event. Made by `make events` from events/schemas.

Copy this file into your consumer. It needs nothing but the standard library.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class File(TypedDict):
    bucket: str
    key: str
    version_id: str
    """Read exactly this version."""
    content_type: str
    """What inspection found the file to be, not what the client said."""
    checksum_algorithm: Literal["crc64nvme", "crc32c", "crc32"]
    checksum: str | None
    """Of the whole file, base64 of the big-endian value."""


class FileDeletedV1(TypedDict):
    """Every version of a published or quarantined file was removed."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    status: Literal["completed", "failed"]
    reason: Literal["infected", "rejected", "not_scanned", "in_review", "error", None]
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    size: int
    """Bytes, as declared."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    file: File | None
    """Where it was; null when it was never published."""
    by_operator: bool
    """Whether an operator removed it, and not its owner or the end of its time."""


class FilePublishedV1(TypedDict):
    """A file passed inspection and lies in the published bucket."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    status: Literal["completed"]
    reason: None
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    size: int
    """Bytes, as declared."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    file: File
    by_operator: bool
    """Whether an operator released it: inspection alone would have kept it back."""


class FileQuarantinedV1(TypedDict):
    """A file arrived whole and was not published. It may be inspected again: a later event of the upload has a
    higher number behind the last # of its event_id.
    """

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    status: Literal["failed"]
    reason: Literal["infected", "rejected", "not_scanned", "in_review", "error"]
    """in_review: an operator has to decide about it; another event of the upload follows."""
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    size: int
    """Bytes, as declared."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    file: None
    """Nothing was published."""
    by_operator: bool
    """Whether an operator rejected it, and not inspection."""


class UploadCreatedV1(TypedDict):
    """An upload was declared; nothing of it was sent yet."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    status: Literal["initiated"]
    reason: None
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    size: int | None
    """Bytes, as declared; null while the client did not know."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    file: None
    """Nothing is published yet."""


class UploadExpiredV1(TypedDict):
    """An upload ended because nobody finished it in time, or because S3 no longer knew it."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    status: Literal["expired", "failed"]
    reason: Literal["upload_gone", None]
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    size: int | None
    """Bytes, as declared; null while the client did not know."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    file: None
    """Nothing was published."""


class UploadFailedV1(TypedDict):
    """An upload ended before there was a file: cancelled by its owner, or its parts changed while it was completed."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    status: Literal["cancelled", "failed"]
    reason: Literal["cancelled", "parts_changed", None]
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    size: int | None
    """Bytes, as declared; null while the client did not know."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    file: None
    """Nothing was published."""


class UploadStoredV1(TypedDict):
    """S3 holds the whole file as declared. It is not inspected yet: nobody may read it."""

    event_id: str
    """The same for every delivery of this event: remember it and drop repeats."""
    schema: Literal[1]
    """Grows when a field changes its meaning or goes away. New fields do not raise it: ignore what you do not know."""
    id: str
    """The upload, and the file: /v1/uploads/{id}, /v1/files/{id}."""
    tenant: str
    """From the token that created the upload."""
    owner: str
    """The claim sub of that token."""
    status: Literal["processing"]
    reason: None
    name: str
    """Exactly as the client sent it. It is data: never build a path from it."""
    size: int
    """Bytes, as declared."""
    category: str
    """A category of policy.yaml."""
    metadata: dict[str, str]
    """As the client sent it."""
    at_ms: int
    """When it happened, milliseconds since the epoch, UTC."""
    file: None
    """Nothing is published yet."""


Detail = (
    FileDeletedV1
    | FilePublishedV1
    | FileQuarantinedV1
    | UploadCreatedV1
    | UploadExpiredV1
    | UploadFailedV1
    | UploadStoredV1
)
