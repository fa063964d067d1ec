"""What becomes of a finished file whose time is over: it is removed, and its record forgotten some days later."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portway.endings import Endings
from portway.model import RETAINED, Upload
from portway.policy import Policies, retained_until
from portway.ports import Clock, SessionStore, saved_or_current


@dataclass(frozen=True, slots=True)
class Retirement:
    sessions: SessionStore
    endings: Endings
    policies: Policies
    now: Clock

    def look(self, upload: Upload) -> Upload:
        """Remove a file that is due and whose time is over; else whatever else is due for an end that was begun.

        The policy of today decides: who keeps files longer from now on keeps those, too. A category that is no more
        decides nothing, so that the time counts that was told when the file ended.
        """
        now = self.now()
        if not _may_be_over(upload, now):
            return self.endings.sweep(upload)
        until = retained_until(self.policies, upload)
        if until is not None and until <= now:
            begun = self.endings.begin_removal(upload)
            return self.endings.remove(begun) if begun.removing_at and not begun.removed_at else begun
        kept = saved_or_current(self.sessions.save, upload, replace(upload, retained_until=until))
        return self.endings.sweep(kept)


def _may_be_over(upload: Upload, now: int) -> bool:
    """By the record; nothing is due for a file that somebody removes already."""
    is_due = upload.due_at is not None and upload.due_at <= now
    is_old = upload.retained_until is not None and upload.retained_until <= now
    return is_due and is_old and upload.status in RETAINED and not upload.removing_at
