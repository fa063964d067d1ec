"""A scanner that answers by events, in its own time (GuardDuty): files wait for it, and its answers are kept.

An answer counts for the version and the ETag that it names. Events come late, twice, before the upload is stored, or
never: what was not answered in time was not scanned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from portway.errors import Awaited, Busy, Conflict
from portway.model import Status, Upload
from portway.ports import Clock
from portway.processing import ROUNDS, Arrival, Outcome, Processing
from portway.reader import Reader
from portway.scans import Says, Scan, ScanResult, is_infected

TOO_LATE = Scan(Says.NOT_SCANNED, "the scanner gave no answer in time")


@dataclass(frozen=True, slots=True)
class ScanArrival(Arrival):
    """What an event of the scanner says: a hint as well, until it is held against the record."""

    etag: str
    says: Says
    words: str = ""


@dataclass(frozen=True, slots=True)
class AwaitedScans:
    """A Scanner that reads the answers off the record. `wait_ms` counts from the beginning of the processing.

    `ask` has a version of a key scanned once more; nobody has to ask for the first scan.
    """

    ask: Callable[[str, str], None]
    wait_ms: int
    now: Clock

    def scan(self, upload: Upload, _: Reader) -> Scan:
        """The answer about the stored version. Awaited while there may still be one."""
        assert upload.stored is not None
        result = result_of(upload)
        if result and result.says is not Says.ERROR:
            return Scan(result.says, result.words)
        until = upload.history[-1].at + self.wait_ms
        if result is None and self.now() >= until:
            return TOO_LATE
        if result or _was_processed_before(upload):
            self.ask(upload.key, upload.stored.version_id)
        if result:
            return Scan(Says.ERROR, result.words)
        raise Awaited(until)


@dataclass(frozen=True, slots=True)
class ScanResults:
    """The use case of an answer that arrives."""

    processing: Processing

    def arrived(self, arrival: ScanArrival) -> Outcome:
        """Keep the answer if it is news about a version of ours, and go on with the file if it waits for it."""
        for _ in range(ROUNDS):
            upload = self.processing.about(arrival)
            if upload is None:
                return Outcome.UNKNOWN_KEY
            result = ScanResult(arrival.version_id or "", arrival.etag, arrival.says, arrival.words)
            if not _is_about_ours(upload, result):
                return Outcome.LATE_VERSION
            if not _is_news(upload, result):
                return Outcome.DUPLICATE
            try:
                return self.processing.resume(self.processing.sessions.save(upload, self._kept(upload, result)))
            except Conflict:
                continue
        raise Busy

    def _kept(self, upload: Upload, result: ScanResult) -> Upload:
        """With the answer; due at once where nobody else is at it."""
        waits = upload.status is Status.PROCESSING and upload.holder is None
        return replace(upload, scan=result, due_at=self.processing.now() if waits else upload.due_at)


def result_of(upload: Upload) -> ScanResult | None:
    """The answer about exactly what is stored."""
    return upload.scan if upload.scan and _is_about_ours(upload, upload.scan) else None


def _is_about_ours(upload: Upload, result: ScanResult) -> bool:
    stored = upload.stored
    return stored is None or (result.version_id, result.etag) == (stored.version_id, stored.etag)


def _is_news(upload: Upload, result: ScanResult) -> bool:
    """A verdict is never replaced, nor an answer but by one that came after a failure, or about another version.

    Malware that is found too late for the verdict is in time for whoever would release the file."""
    if upload.status is Status.QUARANTINED and not upload.removing_at:
        return is_infected(result) and not is_infected(upload.scan)
    if upload.is_terminal or upload.verdict:
        return False
    known = upload.scan
    is_other = known is None or (known.version_id, known.etag) != (result.version_id, result.etag)
    return is_other or (known is not None and known.says is Says.ERROR and result != known)


def _was_processed_before(upload: Upload) -> bool:
    return sum(step.status is Status.PROCESSING for step in upload.history) > 1
