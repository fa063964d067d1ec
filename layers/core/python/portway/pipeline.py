"""The view that an inspector gets of a file, and how findings become a verdict. Knows no inspector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from portway import media_types
from portway.model import Finding, Reason, Severity, Upload, Verdict

HEAD_BYTES = 16 * 1024
"""Read at once and kept: enough for every signature, one request for all inspectors."""

Read = Callable[[int, int], bytes]
"""(first, length) → bytes of the one version that is inspected; fewer at its end."""


@dataclass(slots=True)
class View:
    """One version of one file. `declared_size` and `declared_type` are the client's word, `size` is S3's.

    The type is in its canonical spelling, the extension in lower case without its dot, "" when there is none.
    `on_mismatch` is how bad the policy finds a type that is not what it says.
    """

    name: str
    extension: str
    declared_type: str
    declared_size: int
    size: int
    on_mismatch: Severity
    fetch: Read
    bytes_read: int = 0
    _head: bytes | None = field(default=None, init=False)

    def read(self, first: int, length: int) -> bytes:
        """A range of the file."""
        length = min(length, self.size - first)
        if length <= 0:
            return b""
        data = self.fetch(first, length)
        self.bytes_read += len(data)
        return data

    @property
    def head(self) -> bytes:
        """The first 16 KiB, read once."""
        if self._head is None:
            self._head = self.read(0, HEAD_BYTES)
        return self._head


Inspector = Callable[[View], Iterable[Finding]]


def findings(view: View, inspectors: Sequence[Inspector]) -> tuple[Finding, ...]:
    """Everything that any inspector objects to, in their order; none of them stops the others."""
    return tuple(finding for inspect in inspectors for finding in inspect(view))


def verdict(
    upload: Upload, policy_version: str, found: Sequence[Finding], bytes_read: int = 0, milliseconds: int = 0
) -> Verdict:
    """Clean unless something was found that rejects. A type in doubt is not served as what it claims to be."""
    rejected = any(finding.severity is Severity.REJECT for finding in found)
    doubtful = any(finding.code in media_types.DOUBTS for finding in found)
    return Verdict(
        version_id=upload.stored.version_id if upload.stored else "",
        policy_version=policy_version,
        reason=Reason.REJECTED if rejected else None,
        content_type=media_types.UNKNOWN if doubtful else upload.content_type,
        findings=tuple(found),
        bytes_read=bytes_read,
        milliseconds=milliseconds,
    )
