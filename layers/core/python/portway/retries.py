"""Use case after quarantine: the same bytes are inspected once more. It only says so: the sweeper does the work.

What a machine could not decide its owner may try again; what was judged is for operators (quarantine.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portway.errors import Busy, Conflict, Gone, WrongState
from portway.model import HAS_OBJECT, Principal, Status, Upload
from portway.ports import Clock, SessionStore, current_of
from portway.quotas import Quotas, Room
from portway.uploads import ROUNDS, Uploads
from portway.verdicts import Reason, Verdict

OWNERS_RETRIES = 3
"""How often its owner may ask for the same file: each time it may cost the lives of five more workers."""


@dataclass(frozen=True, slots=True)
class Retries:
    uploads: Uploads
    sessions: SessionStore
    quotas: Quotas
    now: Clock

    def by_owner(self, principal: Principal, upload_id: str) -> Upload:
        """The principal's own upload, in processing again; asking twice is fine.

        WrongState unless it was quarantined for the reason `error`, and not too often. Gone when the file was removed.
        QuotaExceeded when there is no room for another open upload.
        """
        upload = self.uploads.owned(principal, upload_id)
        return written(self.sessions, upload, self._again, self.quotas.of(upload.tenant))

    def _again(self, upload: Upload) -> Upload:
        if upload.status is Status.PROCESSING and _times_quarantined(upload):
            return upload
        if upload.removing_at:
            raise Gone
        if advice := _owners_hindrance(upload):
            raise WrongState(upload.status, advice)
        return again(upload, self.now())


def written(
    sessions: SessionStore, upload: Upload, change: Callable[[Upload], Upload], room: Room | None = None
) -> Upload:
    """The record after `change`, which is asked again when somebody else was quicker; it may return what it got.

    Busy when others are quicker again and again.
    """
    for _ in range(ROUNDS):
        after = change(upload)
        if after is upload:
            return upload
        try:
            return sessions.save(upload, after, room)
        except Conflict as moved:
            upload = current_of(moved)
    raise Busy


def again(upload: Upload, now: int, verdict: Verdict | None = None) -> Upload:
    """A quarantined upload as if it had just arrived: nobody is at it, nobody died of it, it is due at once.

    With a verdict, it will not be inspected: that is carried out.

    The lease is a new one, so that the next end has an event id of its own; the old end is told in the attempts.
    """
    ended, reason = upload.history[-1].at, upload.reason or Reason.ERROR
    return upload.moved(
        Status.PROCESSING,
        now,
        lease=upload.lease + 1,
        holder=None,
        deaths=0,
        verdict=verdict,
        reason=None,
        scan=upload.scan if upload.scan and upload.scan.is_final else None,
        due_at=now,
        attempts=upload.tried("process", reason.value, reason is Reason.ERROR, ended),
    )


def hindrance(upload: Upload) -> str | None:
    """Why there is nothing to decide about this upload, in words for whoever asked."""
    if upload.status is Status.QUARANTINED:
        return None
    if upload.status in HAS_OBJECT:
        return "Only a file that is in quarantine can be processed again."
    return "There is no file to process. Complete the upload, or create a new one."


def _owners_hindrance(upload: Upload) -> str | None:
    if upload.status is not Status.QUARANTINED:
        return hindrance(upload)
    if upload.reason is not Reason.ERROR:
        return f"It is {upload.reason}: see `findings`. Only an operator can have it inspected again or release it."
    if _times_quarantined(upload) > OWNERS_RETRIES:
        return f"It failed {OWNERS_RETRIES} more times. Ask an operator, or upload another file."
    return None


def _times_quarantined(upload: Upload) -> int:
    return sum(step.status is Status.QUARANTINED for step in upload.history)
