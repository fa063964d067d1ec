"""What is remembered of an upload, so that a killed process can go on. S3's list is the truth: this is what makes it
quick. Neither tokens nor signed URLs are in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from portway_client.sources import Fingerprint


@dataclass(frozen=True, slots=True)
class Remembered:
    """`key` is the Idempotency-Key that created it; `upload_id` is None until the server answered. `checksums` are
    those of parts that S3 has taken from this file, by number, base64."""

    endpoint: str
    path: str
    fingerprint: Fingerprint
    key: str
    request: Mapping[str, object]
    """The body of create, so that the same key gives the same upload."""
    upload_id: str | None = None
    part_size: int = 0
    checksum_algorithm: str = ""
    checksums: Mapping[int, str] = field(default_factory=dict)


class StateStore(Protocol):
    """Uploads that are not done. One for an endpoint and a path. Never raises on saving: an upload goes on without."""

    def load(self, endpoint: str, path: str) -> Remembered | None:
        """Raises StateUnusable."""
        ...

    def find(self, upload_id: str) -> Remembered | None: ...

    def save(self, remembered: Remembered) -> None:
        """Atomic: a reader finds the old or the new, never half. Failing (disk full) is told to the log only."""
        ...

    def remove(self, endpoint: str, path: str) -> None: ...

    def all(self) -> Iterable[Remembered]: ...

    def claim(self, endpoint: str, path: str) -> AbstractContextManager[None]:
        """Held while the file is sent. Raises StateUnusable where another process, or this one, sends it already."""
        ...


class NoState:
    """Remembers nothing."""

    def load(self, endpoint: str, path: str) -> Remembered | None:
        return None

    def find(self, upload_id: str) -> Remembered | None:
        return None

    def save(self, remembered: Remembered) -> None:
        return None

    def remove(self, endpoint: str, path: str) -> None:
        return None

    def all(self) -> Iterable[Remembered]:
        return ()

    def claim(self, endpoint: str, path: str) -> AbstractContextManager[None]:
        return nullcontext()
