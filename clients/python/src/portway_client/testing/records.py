"""What the fake keeps of an upload and of a file, and how the API shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portway_client import checksums
from portway_client.errors import Finding
from portway_client.model import Status
from portway_client.testing.clock import SimulatedClock

SHOWN_BY_ITSELF = "crc64nvme"
"""S3 tells a part's checksum when the client sent one, or when it is this one, which it computes anyway."""
WORDS: Mapping[str, Status] = {
    "OPEN": Status.INITIATED,
    "COMPLETING": Status.COMPLETING,
    "STORED": Status.PROCESSING,
    "PROCESSING": Status.PROCESSING,
    "PUBLISHED": Status.COMPLETED,
    "QUARANTINED": Status.FAILED,
    "ABORTED": Status.CANCELLED,
    "EXPIRED": Status.EXPIRED,
}
HAS_OBJECT = frozenset({"STORED", "PROCESSING", "PUBLISHED", "QUARANTINED"})


@dataclass(frozen=True, slots=True)
class StoredPart:
    """`times` counts how often S3 has taken this part; `checksum` is what S3 shows."""

    number: int
    content: bytes
    etag: str
    checksum: str | None
    at: float
    times: int = 1


@dataclass
class FakeUpload:
    """An upload as the fake has it. `content` is the whole file once it is stored; `state` a key of `WORDS`."""

    id: str
    owner: str
    index: int
    asked: Mapping[str, Any]
    part_size: int
    created_at: float
    expires_at: float
    strategy: str
    size: int | None
    state: str = "OPEN"
    reason: str | None = None
    parts: dict[int, StoredPart] = field(default_factory=dict)
    reported: set[int] = field(default_factory=set)
    content: bytes | None = None
    checksum: str | None = None
    proof: str | None = None
    """What the whole must have for a checksum, as the client said."""
    findings: Sequence[Finding] = ()
    history: list[tuple[str, float]] = field(default_factory=list)
    due_at: float = 0.0
    """When what goes on by itself goes on."""
    quarantined: int = 0
    signed_bytes: int = 0
    signed_count: int = 0
    removed_at: float | None = None

    @property
    def name(self) -> str:
        return str(self.asked["name"])

    @property
    def algorithm(self) -> str:
        return str(self.asked.get("checksum_algorithm", "crc64nvme"))

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self.asked.get("metadata", {}))

    @property
    def is_single(self) -> bool:
        return self.strategy == "single"

    @property
    def part_count(self) -> int | None:
        return None if self.size is None else max(1, -(-self.size // self.part_size))

    @property
    def status(self) -> Status:
        if self.reason:
            return Status.FAILED
        if self.state == "OPEN" and (self.reported or self.parts):
            return Status.IN_PROGRESS
        return WORDS[self.state]

    @property
    def is_held(self) -> bool:
        """Whether there is a file, published or not."""
        return self.state in ("PUBLISHED", "QUARANTINED")

    def length(self, number: int) -> int:
        """Bytes of a part, once the size is known."""
        assert self.size is not None
        return min(self.part_size, self.size - self.part_size * (number - 1))

    def moved(self, state: str, at: float) -> None:
        self.state = state
        self.history.append((state, at))

    def missing(self, count: int | None = None) -> list[list[int]]:
        """Inclusive ranges of what S3 does not have."""
        last = count or self.part_count or self.signed_count
        return ranges(number for number in range(1, last + 1) if number not in self.parts)

    def combined(self) -> str:
        """Checksum of the whole."""
        algorithm = self.algorithm
        content = self.content if self.content is not None else joined(self.parts.values())
        return checksums.encode(algorithm, checksums.update(algorithm)(content, 0))


@dataclass(frozen=True, slots=True)
class FakeFile:
    """What an inspector gets, and what `FakePortway.files` holds once it is published."""

    id: str
    name: str
    content: bytes = field(repr=False)
    content_type: str
    category: str
    metadata: Mapping[str, str]


def file_of(upload: FakeUpload) -> FakeFile:
    assert upload.content is not None
    kind, category = upload.asked["content_type"], upload.asked["category"]
    return FakeFile(upload.id, upload.name, upload.content, kind, category, upload.metadata)


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def joined(parts: Iterable[StoredPart]) -> bytes:
    return b"".join(part.content for part in sorted(parts, key=lambda part: part.number))


def item(upload: FakeUpload, clock: SimulatedClock) -> dict[str, Any]:
    """An upload in a list."""
    return {
        "id": upload.id,
        "status": str(upload.status),
        "reason": upload.reason,
        "name": upload.name,
        "size": upload.size,
        "content_type": upload.asked["content_type"],
        "category": upload.asked["category"],
        "created_at": clock.text(upload.created_at),
        "expires_at": clock.text(upload.expires_at),
        "removed_at": None if upload.removed_at is None else clock.text(upload.removed_at),
    }


def view(upload: FakeUpload, clock: SimulatedClock) -> dict[str, Any]:
    """An upload with everything that is known about it."""
    is_open, findings = upload.state == "OPEN", [_finding(each) for each in upload.findings]
    stored = sum(len(part.content) for part in upload.parts.values()) if is_open else upload.size or 0
    if upload.state in ("ABORTED", "EXPIRED"):
        stored = 0
    return {
        **item(upload, clock),
        "metadata": upload.metadata,
        "checksum_algorithm": upload.algorithm,
        "checksum": upload.checksum or upload.asked.get("checksum"),
        "strategy": upload.strategy,
        "part_size": upload.part_size,
        "part_count": upload.part_count,
        "bytes_stored": stored,
        "percentage": _percentage(upload, stored),
        "speed": None,
        "seconds_left": None,
        "missing": upload.missing() if is_open else [],
        "findings": findings,
        "risk": ("high" if upload.reason else "low") if upload.is_held else None,
        "facts": {},
        "retained_until": None,
        "history": [{"state": state, "at": clock.text(at)} for state, at in upload.history],
        "attempts": [],
        "server_time": clock.text(),
    }


def _percentage(upload: FakeUpload, stored: int) -> float | None:
    if upload.size is None:
        return None
    if upload.size == 0:
        return 100.0 if upload.parts or upload.content is not None else 0.0
    return stored * 10_000 // upload.size / 100


def _finding(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "severity": finding.severity, "words": finding.words}


def part_view(part: StoredPart, clock: SimulatedClock, *, is_open: bool) -> dict[str, Any]:
    return {
        "number": part.number,
        "size": len(part.content),
        "etag": part.etag,
        "checksum": part.checksum,
        "stored_at": clock.text(part.at) if is_open else None,
    }


def file_view(upload: FakeUpload, clock: SimulatedClock) -> dict[str, Any]:
    """A published file."""
    return {
        "id": upload.id,
        "name": upload.name,
        "size": upload.size,
        "content_type": upload.asked["content_type"],
        "category": upload.asked["category"],
        "metadata": upload.metadata,
        "facts": {},
        "checksum_algorithm": upload.algorithm,
        "checksum": upload.checksum,
        "created_at": clock.text(upload.created_at),
        "published_at": clock.text(upload.history[-1][1]),
        "results": [],
        "results_at": None,
        "retained_until": None,
    }
