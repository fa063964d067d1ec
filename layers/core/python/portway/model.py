"""Upload, Part, Status, MOVES: the whole life of an upload in one table.

Sizes are bytes, times are milliseconds since the epoch (UTC), checksums are base64 of the big-endian value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from portway.decisions import Decision
from portway.scans import ScanResult
from portway.verdicts import Reason, Verdict

SETTLE_MS = 3_600_000
"""A finished upload is looked at once more after this time: a CreateMultipartUpload may have arrived late."""
GRACE_MS = 900_000
"""What S3 began to take just before its URL ended may still be on its way for so long."""


class Strategy(StrEnum):
    """How the bytes come: in parts that complete puts together, or at once in one signed PUT of the object."""

    MULTIPART = "multipart"
    SINGLE = "single"


class Status(StrEnum):
    CREATING = "CREATING"
    OPEN = "OPEN"
    COMPLETING = "COMPLETING"
    STORED = "STORED"
    PROCESSING = "PROCESSING"
    PUBLISHED = "PUBLISHED"
    QUARANTINED = "QUARANTINED"
    ABORTING = "ABORTING"
    ABORTED = "ABORTED"
    EXPIRING = "EXPIRING"
    EXPIRED = "EXPIRED"


MOVES: Mapping[Status, frozenset[Status]] = {
    Status.CREATING: frozenset({Status.OPEN, Status.ABORTING, Status.EXPIRING}),
    Status.OPEN: frozenset({Status.COMPLETING, Status.STORED, Status.ABORTING, Status.EXPIRING}),
    Status.COMPLETING: frozenset({Status.STORED, Status.ABORTED, Status.EXPIRED}),
    Status.STORED: frozenset({Status.PROCESSING}),
    Status.PROCESSING: frozenset({Status.PROCESSING, Status.PUBLISHED, Status.QUARANTINED}),
    Status.ABORTING: frozenset({Status.ABORTED}),
    Status.EXPIRING: frozenset({Status.EXPIRED}),
    Status.PUBLISHED: frozenset(),
    Status.QUARANTINED: frozenset({Status.PROCESSING}),
    Status.ABORTED: frozenset(),
    Status.EXPIRED: frozenset(),
}
TERMINAL = frozenset({Status.PUBLISHED, Status.QUARANTINED, Status.ABORTED, Status.EXPIRED})
"""Ends. Only QUARANTINED is ever left again, for another inspection that somebody asked for."""
RETAINED = frozenset({Status.PUBLISHED, Status.QUARANTINED})
"""Finished uploads whose bytes are kept, and counted, until the file is removed."""
HAS_OBJECT = RETAINED | {Status.STORED, Status.PROCESSING}


class Word(StrEnum):
    """What the world is told: one public word for the model's state."""

    INITIATED = "initiated"
    IN_PROGRESS = "in_progress"
    COMPLETING = "completing"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


WORDS: Mapping[Status, Word] = {
    Status.CREATING: Word.INITIATED,
    Status.OPEN: Word.INITIATED,
    Status.COMPLETING: Word.COMPLETING,
    Status.STORED: Word.PROCESSING,
    Status.PROCESSING: Word.PROCESSING,
    Status.PUBLISHED: Word.COMPLETED,
    Status.QUARANTINED: Word.FAILED,
    Status.ABORTING: Word.CANCELLED,
    Status.ABORTED: Word.CANCELLED,
    Status.EXPIRING: Word.EXPIRED,
    Status.EXPIRED: Word.EXPIRED,
}
FAILURES = frozenset(Reason) - {Reason.CANCELLED}


class ChecksumAlgorithm(StrEnum):
    """What S3 can prove for a whole object from its parts (type FULL_OBJECT)."""

    CRC64NVME = "crc64nvme"
    CRC32C = "crc32c"
    CRC32 = "crc32"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, from the verified token and nothing else."""

    tenant: str
    owner: str
    is_operator: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part as S3 holds it. `checksum` is in the upload's algorithm, None when S3 shows none."""

    number: int
    size: int
    etag: str
    checksum: str | None = None
    stored_at: int | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object as S3 holds it. `session` is the upload id that Portway wrote into its metadata."""

    version_id: str
    etag: str
    size: int
    checksum: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedObject:
    """One version of a published file. Size and checksum are of its bytes; None: as they were stored."""

    bucket: str
    key: str
    version_id: str
    content_type: str
    size: int | None = None
    checksum_algorithm: ChecksumAlgorithm | None = None
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class CopyRef:
    """The multipart upload that copies a large file to its published key, and bytes of each of its parts."""

    multipart_id: str
    part_size: int


@dataclass(frozen=True, slots=True)
class Derived:
    """Something that was made of a published file, in its bucket; `facts` is plain JSON, with what is saved."""

    name: str
    key: str
    content_type: str
    size: int
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ManifestRef:
    """Names the immutable list of parts that goes to S3: its hash, and how many parts it has."""

    sha256: str
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an upload's history."""

    status: Status
    at: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something was tried and did not work: what, when, which code, and whether trying again can help."""

    number: int
    action: str
    code: str
    retryable: bool
    at: int


@dataclass(frozen=True, slots=True)
class Report:
    """A client's hint: at this time it believed that so many bytes were stored."""

    at: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Capability:
    """What is kept of an upload's token; no `sha256` once it was taken back. `number` counts both, for late writes."""

    number: int
    sha256: str | None = field(default=None, repr=False)
    ends_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file on its way. The fields follow its life; what is not known yet is None.

    `reported` has bit n for each part n that the client says is stored; `deaths` counts lost workers; `due_at` is when
    the sweeper may act, `retained_until` when it removes a finished file; `kept_ms` is how long the policy keeps the
    incoming copy of a published one. While `is_open_ended`, `size` is what is reserved and `part_count` the highest
    signed part.
    """

    id: str
    tenant: str
    owner: str
    status: Status
    name: str
    size: int
    content_type: str
    category: str
    policy_version: str
    part_size: int
    part_count: int
    checksum_algorithm: ChecksumAlgorithm
    key: str
    request_hash: str
    created_at: int
    expires_at: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    checksum: str | None = None
    strategy: Strategy = Strategy.MULTIPART
    is_open_ended: bool = False
    auto_complete: bool = False
    due_at: int | None = None
    history: tuple[Step, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    multipart_id: str | None = None
    reported: int = 0
    reports: tuple[Report, ...] = ()
    manifest: ManifestRef | None = None
    stored: StoredObject | None = None
    lease: int = 0
    holder: str | None = None
    deaths: int = 0
    scan: ScanResult | None = None
    verdict: Verdict | None = None
    copying: CopyRef | None = None
    published: PublishedObject | None = None
    kept_ms: int = 0
    reason: Reason | None = None
    retained_until: int | None = None
    removing_at: int | None = None
    removed_at: int | None = None
    capability: Capability | None = None
    decisions: tuple[Decision, ...] = ()
    derived: tuple[Derived, ...] = ()
    derived_at: int | None = None

    @property
    def principal(self) -> Principal:
        """Whose it is."""
        return Principal(self.tenant, self.owner)

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_single(self) -> bool:
        """Whether one PUT makes the object; then there is no multipart upload, and nothing to put together."""
        return self.strategy is Strategy.SINGLE

    @property
    def settle_ms(self) -> int:
        """From its end to the last look. The URLs of an upload end within SETTLE_MS after it was open."""
        return max(SETTLE_MS + GRACE_MS * self.is_single, 0 if self.removing_at else self.kept_ms)

    @property
    def word(self) -> Word:
        """The public status; an open upload counts as in progress once a part was reported."""
        if self.reason in FAILURES:
            return Word.FAILED
        if self.status is Status.OPEN and self.reported:
            return Word.IN_PROGRESS
        return WORDS[self.status]

    def moved(self, status: Status, at: int, **changes: Any) -> Upload:
        """The same upload after one move of MOVES. ValueError for any other move.

        A new status is a new line in the history; a new lease is not (the attempts tell of those).
        """
        if status not in MOVES[self.status]:
            raise ValueError(f"{self.id}: no move from {self.status} to {status}")
        step = () if status is self.status else (Step(status, at),)
        after = replace(self, status=status, history=(*self.history, *step), **{"retained_until": None, **changes})
        is_over = status in TERMINAL and "due_at" not in changes
        return replace(after, due_at=at + after.settle_ms) if is_over else after

    def tried(self, action: str, code: str, retryable: bool, at: int) -> tuple[Attempt, ...]:
        """The attempts with one more; the last twenty are kept."""
        number = self.attempts[-1].number + 1 if self.attempts else 1
        return (*self.attempts, Attempt(number, action, code, retryable, at))[-20:]


def sooner(one: int | None, other: int | None) -> int | None:
    """The earlier of two times; None is never."""
    return min((each for each in (one, other) if each is not None), default=None)


FENCE = ("status", "size", "multipart_id", "lease", "due_at", "verdict", "removing_at", "removed_at")
"""What must still be as it was read for a write to a record to happen."""
COMPARED = ("reported", "capability", "decisions", "copying", "derived_at", "scan")
"""Beside the fence, for a write that changes them: two at the same time must not undo each other."""
