"""What becomes of an open upload that nobody has touched for long: completed, looked at again later, or expired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portway.declaration import Lifetime, ends_at, next_look, prolonged
from portway.endings import Endings
from portway.errors import PartsDiffer, PartsMissing, UploadGone
from portway.model import Part, Status, Upload
from portway.parts import missing
from portway.ports import Clock, SessionStore, saved_or_current
from portway.sealing import Sealing


@dataclass(frozen=True, slots=True)
class Expiry:
    sessions: SessionStore
    endings: Endings
    sealing: Sealing
    lifetime: Lifetime
    now: Clock

    def look(self, upload: Upload) -> Upload:
        """Move an upload in CREATING or OPEN on, if it is due.

        What is whole and may be completed without its client is completed before anything is expired; parts that came
        lately are activity, of which no request told; the rest ends with its session.
        """
        now = self.now()
        if upload.due_at is None or upload.due_at > now:
            return upload
        try:
            parts = self.sealing.stored_parts(upload) if upload.status is Status.OPEN else []
        except UploadGone:
            return self.endings.expire(upload)
        return self._completed(upload, parts) or self._kept_or_expired(upload, parts, now)

    def _completed(self, upload: Upload, parts: Sequence[Part]) -> Upload | None:
        """COMPLETING or later; None for what is not whole, not as declared, or not ours to complete."""
        is_whole = bool(parts) and not missing((part.number for part in parts), upload.part_count)
        if not is_whole or not (upload.auto_complete or upload.is_single):
            return None
        try:
            sealed = self.sealing.seal(upload, upload.checksum)
        except (PartsMissing, PartsDiffer):
            return None
        return self.endings.finish(sealed) if sealed.status is Status.COMPLETING else sealed

    def _kept_or_expired(self, upload: Upload, parts: Sequence[Part], now: int) -> Upload:
        active_at = max((part.stored_at or 0 for part in parts), default=upload.created_at)
        longer = prolonged(upload, self.lifetime, active_at, now)
        if ends_at(longer) <= now:
            return self.endings.expire(upload)
        return saved_or_current(self.sessions.save, upload, replace(longer, due_at=next_look(longer, now)))
