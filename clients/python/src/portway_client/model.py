"""What the server says of uploads and files, and what is said of one that is on its way. Plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from portway_client.errors import Finding

MIB = 1 << 20
Ranges = tuple[tuple[int, int], ...]
"""Part numbers as ranges, first and last included."""


class Status(StrEnum):
    """The server's word for where an upload stands."""

    INITIATED = "initiated"
    IN_PROGRESS = "in_progress"
    COMPLETING = "completing"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Parts can be sent."""
        return self in (Status.INITIATED, Status.IN_PROGRESS)

    @property
    def is_end(self) -> bool:
        """Nothing more happens to it by itself."""
        return self in (Status.COMPLETED, Status.FAILED, Status.EXPIRED, Status.CANCELLED)


class Phase(StrEnum):
    """What this client does with an upload right now."""

    PREPARING = "preparing"
    SENDING = "sending"
    PAUSED = "paused"
    WAITING = "waiting"
    """For the network, or because the server asked for a pause; `Progress.words` says which."""
    COMPLETING = "completing"
    CHECKING = "checking"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of an upload. `bytes` are those that S3 has or is being sent; `speed` is bytes a second over the last
    seconds; `total`, `parts` and `seconds_left` are None while nobody can know."""

    phase: Phase
    bytes: int = 0
    total: int | None = None
    parts_done: int = 0
    parts: int | None = None
    speed: float = 0.0
    seconds_left: float | None = None
    upload_id: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as the server sees it. In lists only the first ten are known. `removed_at`: its file was deleted."""

    id: str
    status: Status
    reason: str | None
    name: str
    size: int | None
    content_type: str
    category: str
    created_at: datetime
    expires_at: datetime | None = None
    removed_at: datetime | None = None
    strategy: str = "multipart"
    checksum_algorithm: str = "crc64nvme"
    checksum: str | None = None
    part_size: int = 0
    part_count: int | None = None
    bytes_stored: int = 0
    percentage: float | None = None
    missing: Ranges = ()
    findings: tuple[Finding, ...] = ()
    risk: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    history: Sequence[tuple[str, datetime]] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A published file. `id` is that of its upload; `checksum` is base64, of the whole file."""

    id: str
    name: str
    size: int
    content_type: str
    category: str
    metadata: Mapping[str, str]
    checksum_algorithm: str
    checksum: str | None
    created_at: datetime
    published_at: datetime
    retained_until: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    results: Sequence[Mapping[str, Any]] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A part that S3 has. `checksum` is base64 in the upload's algorithm; None where S3 does not tell it. `etag` is the
    MD5 of its bytes in hex, unless the bucket is encrypted by KMS."""

    number: int
    size: int
    checksum: str | None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is said of a file when its upload is created. `size` None: a stream, nobody knows."""

    name: str
    size: int | None
    content_type: str
    category: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    part_size: int | None = None


@dataclass(frozen=True, slots=True)
class SignedPart:
    """Where one part goes: exactly `length` bytes with exactly `headers`. Good until `until` on our monotonic clock."""

    number: int
    length: int
    url: str
    headers: Mapping[str, str]
    until: float
    checksum: str | None = None
    """The one that is bound into the URL."""

    def __repr__(self) -> str:
        return f"SignedPart({self.number}, {self.length} bytes)"
