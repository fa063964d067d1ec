"""Records to try a store with, and the ways that they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portway.decisions import Action, Decision
from portway.model import Attempt, Capability, ManifestRef, PublishedObject, Report, Status, StoredObject, Upload
from portway.ports import SessionStore
from portway.quotas import Quota, Room
from portway.scans import Says, ScanResult
from portway.verdicts import Finding, Reason, Severity, Verdict
from tests.fakes.clock import START
from tests.fakes.uploads import MIB, an_upload

ROOM = Room(owner=Quota(size=1 << 40, uploads=100), tenant=Quota(size=1 << 40, uploads=100))
VERDICT = Verdict(
    version_id="v1",
    policy_version="1",
    reason=Reason.REJECTED,
    content_type="audio/wav",
    findings=(Finding("type_differs", Severity.REJECT, "It says “wav” and is a PDF."),),
    bytes_read=64,
    milliseconds=3,
)
EVERYTHING: Mapping[str, Any] = {
    "name": "Grüße 文件 🎵.wav",
    "metadata": {"title": "Été", "empty": ""},
    "checksum": "rosUhgp5mIg=",
    "auto_complete": True,
    "attempts": (Attempt(1, "complete", "unavailable", True, START),),
    "multipart_id": "u" * 130,
    "reported": 0b1010 | 1 << 10_000,
    "reports": (Report(START, 5 * MIB), Report(START + 1, 9 * MIB)),
    "manifest": ManifestRef("a" * 64, 3),
    "stored": StoredObject("v1", "etag-3", 40 * MIB, None, "id"),
    "lease": 3,
    "holder": "worker",
    "scan": ScanResult("v1", "etag-3", Says.INFECTED, "Beispiel Ω"),
    "verdict": VERDICT,
    "published": PublishedObject("published", "files/x", "v2", "audio/wav"),
    "reason": Reason.REJECTED,
    "removing_at": START + 5,
    "removed_at": START + 6,
    "capability": Capability(4, "c" * 64, START + 8),
    "decisions": (
        Decision(START + 9, "olga", Action.READ, "", 3, Reason.IN_REVIEW),
        Decision(START + 9, "olga", Action.RELEASE, "Grüße, “gesehen”", 3, None),
    ),
}
ANOTHER: Mapping[str, Any] = {
    "status": Status.ABORTING,
    "size": 7,
    "multipart_id": "another",
    "lease": 7,
    "due_at": START + 7,
    "verdict": VERDICT,
    "removing_at": START + 7,
    "removed_at": START + 7,
}


def added(store: SessionStore, **changes: Any) -> Upload:
    upload = an_upload(**changes)
    store.add(upload, ROOM)
    return upload


def opened(store: SessionStore, **changes: Any) -> Upload:
    upload = added(store, **changes)
    return store.save(upload, upload.moved(Status.OPEN, START + 1, multipart_id="u1"))


def published(store: SessionStore, **changes: Any) -> Upload:
    """A record that went the whole way to PUBLISHED."""
    upload = processed(store, **changes)
    file = PublishedObject("b", "k", "v", "audio/wav")
    return store.save(upload, upload.moved(Status.PUBLISHED, START + 10, published=file))


def processed(store: SessionStore, **changes: Any) -> Upload:
    """A record whose file a worker is at."""
    upload = opened(store, **changes)
    stored = StoredObject("v1", "e-1", upload.size)
    for status, more in (
        (Status.COMPLETING, {}),
        (Status.STORED, {"stored": stored}),
        (Status.PROCESSING, {"lease": 1, "holder": "w"}),
    ):
        upload = store.save(upload, upload.moved(status, START + 10, **more))
    return upload


def quarantined(store: SessionStore, **changes: Any) -> Upload:
    upload = processed(store, **changes)
    return store.save(upload, upload.moved(Status.QUARANTINED, START + 10, reason=Reason.ERROR))


def retried(upload: Upload) -> Upload:
    """A quarantined record, for another inspection; not written yet."""
    return upload.moved(Status.PROCESSING, START + 40, lease=upload.lease + 1, holder=None, reason=None)


def aborted(store: SessionStore, upload: Upload) -> Upload:
    aborting = store.save(upload, upload.moved(Status.ABORTING, START + 20))
    return store.save(aborting, aborting.moved(Status.ABORTED, START + 21, reason=Reason.CANCELLED))
