"""What is there, and what goes on by itself: S3's completion, inspection, the end of what nobody touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portway_client.errors import Finding
from portway_client.testing.answers import Refused, invalid
from portway_client.testing.clock import SimulatedClock
from portway_client.testing.records import FakeFile, FakeUpload, file_of, joined
from portway_client.testing.rules import Limits, create_faults
from portway_client.testing.signing import Signer

Inspector = Callable[[FakeFile], Sequence[Finding]]
"""What is found in a file. A finding with severity `reject` fails it (as `infected` if that is its code), one with
`review` leaves it to an operator; if the inspector raises, nobody knows (`error`), and it can be tried again."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DEFAULTS: Mapping[str, Any] = {
    "category": "anything",
    "checksum_algorithm": "crc64nvme",
    "strategy": "auto",
    "auto_complete": False,
    "window": 100,
    "metadata": {},
    "part_checksums": {},
}


@dataclass
class World:
    """`complete_seconds` is what S3 takes to put parts together, `inspect_seconds` what comes after that."""

    clock: SimulatedClock
    signer: Signer
    limits: Limits
    inspector: Inspector
    complete_seconds: float = 0.0
    inspect_seconds: float = 0.0
    uploads: dict[str, FakeUpload] = field(default_factory=dict)

    def create(self, owner: str, asked: Mapping[str, Any], key: str | None) -> FakeUpload:
        """A new upload, or the one that the same key made. Raises Refused."""
        wanted = {**DEFAULTS, **asked}
        if found := list(create_faults(wanted, self.limits)):
            raise invalid(found)
        upload_id = _id(owner, key if key is not None else f"no key {len(self.uploads)}")
        known = self.uploads.get(upload_id)
        if known is None:
            return self._begin(owner, wanted, upload_id)
        if known.asked != wanted:
            words = "This Idempotency-Key was used with another body. Send a new key for a new upload."
            raise Refused(422, "idempotency_key_reused", words)
        return self.settled(known)

    def _begin(self, owner: str, wanted: Mapping[str, Any], upload_id: str) -> FakeUpload:
        taken = sum(each.owner == owner and self.settled(each).status.is_open for each in self.uploads.values())
        most, size, now = self.limits.open_uploads, wanted["size"], self.clock.now()
        if taken >= most:
            words = f"The owner's quota of open_uploads is reached: {taken} of {most} used, 1 more wanted."
            more: dict[str, Any] = {
                "scope": "owner",
                "what": "open_uploads",
                "used": taken,
                "limit": most,
                "left": 0,
                "wanted": 1,
            }
            raise Refused(403, "quota_exceeded", f"{words} Finish, cancel or delete something.", **more)
        part_size = wanted.get("part_size") or self.limits.part_size_for(size)
        is_one = size is not None and size <= part_size and "checksum" in wanted
        upload = FakeUpload(
            upload_id,
            owner,
            len(self.uploads),
            wanted,
            part_size,
            now,
            now + self.limits.session_seconds,
            "single" if is_one and wanted["strategy"] != "multipart" else "multipart",
            size,
        )
        upload.history += [(state, now) for state in (["OPEN"] if upload.is_single else ["CREATING", "OPEN"])]
        self.uploads[upload_id] = upload
        return upload

    def owned(self, owner: str, upload_id: str) -> FakeUpload:
        """Raises Refused for another's as for an unknown one."""
        upload = self.uploads.get(upload_id)
        if upload is None or upload.owner != owner:
            raise Refused(404, "not_found", "No such upload. Check the id; only its owner can see an upload.")
        return self.settled(upload)

    def settled(self, upload: FakeUpload) -> FakeUpload:
        """The upload as it is by now."""
        now = self.clock.now()
        if upload.state == "OPEN" and now >= upload.expires_at:
            upload.moved("EXPIRED", now)
            upload.parts.clear()
        if upload.state == "COMPLETING" and now >= upload.due_at:
            self._store(upload)
        if upload.state in ("STORED", "PROCESSING") and now >= upload.due_at:
            self._inspect(upload)
        return upload

    def complete(self, upload: FakeUpload) -> None:
        """All parts are there: S3 puts them together, by and by."""
        now = self.clock.now()
        if not upload.is_single:
            upload.moved("COMPLETING", now)
        upload.due_at = now + self.complete_seconds
        if upload.is_single or self.complete_seconds <= 0:
            self._store(upload)

    def _store(self, upload: FakeUpload) -> None:
        whole = upload.combined()
        if upload.proof not in (None, whole):
            upload.moved("ABORTED", self.clock.now())
            upload.reason = "parts_changed"
            return
        upload.content, upload.checksum = joined(upload.parts.values()), whole
        upload.moved("STORED", self.clock.now())
        upload.due_at += self.inspect_seconds

    def _inspect(self, upload: FakeUpload) -> None:
        now = self.clock.now()
        if upload.state == "STORED":
            upload.moved("PROCESSING", now)
        try:
            upload.findings = tuple(self.inspector(file_of(upload)))
            upload.reason = _reason(upload.findings)
        except Exception:
            upload.reason = "error"
        upload.quarantined += upload.reason is not None
        upload.moved("QUARANTINED" if upload.reason else "PUBLISHED", now)


def nothing(_: FakeFile) -> Sequence[Finding]:
    """The inspector that objects to nothing."""
    return ()


def _reason(findings: Sequence[Finding]) -> str | None:
    worst = {finding.severity: finding.code for finding in findings}
    if "reject" in worst:
        return "infected" if worst["reject"] == "infected" else "rejected"
    return "in_review" if "review" in worst else None


def _id(owner: str, key: str) -> str:
    number = int.from_bytes(hashlib.sha256(json.dumps([owner, key]).encode()).digest(), "big")
    return "".join(ALPHABET[number >> 5 * step & 31] for step in range(26))
