"""Use case after quarantine: the same bytes are inspected once more. It only says so: the sweeper does the work.

What a machine could not decide its owner may try again; what was judged only an operator has judged again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portway.errors import Busy, Conflict, Gone, NotFound, WrongState
from portway.ids import is_id
from portway.model import HAS_OBJECT, Principal, Status, Upload
from portway.ports import Clock, SessionStore, current_of
from portway.quotas import Quotas
from portway.uploads import ROUNDS, Uploads
from portway.verdicts import Reason

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
        return self._again(self.uploads.owned(principal, upload_id), _owners_hindrance)

    def by_operator(self, principal: Principal, upload_id: str) -> Upload:
        """Anybody's quarantined upload, whatever the reason. NotFound for whoever is no operator."""
        upload = self.sessions.get(upload_id) if principal.is_operator and is_id(upload_id) else None
        if upload is None:
            raise NotFound
        return self._again(upload, _hindrance)

    def _again(self, upload: Upload, hindrance: Callable[[Upload], str | None]) -> Upload:
        for _ in range(ROUNDS):
            if upload.status is Status.PROCESSING and _times_quarantined(upload):
                return upload
            if upload.removing_at:
                raise Gone
            if advice := hindrance(upload):
                raise WrongState(upload.status, advice)
            try:
                return self.sessions.save(upload, again(upload, self.now()), self.quotas.of(upload.tenant))
            except Conflict as moved:
                upload = current_of(moved)
        raise Busy


def again(upload: Upload, now: int) -> Upload:
    """A quarantined upload as if it had just arrived: nobody is at it, nobody died of it, it is due at once.

    The lease is a new one, so that the next end has an event id of its own; the old end is told in the attempts.
    """
    ended, reason = upload.history[-1].at, upload.reason or Reason.ERROR
    return upload.moved(
        Status.PROCESSING,
        now,
        lease=upload.lease + 1,
        holder=None,
        deaths=0,
        verdict=None,
        reason=None,
        due_at=now,
        attempts=upload.tried("process", reason.value, reason is Reason.ERROR, ended),
    )


def _hindrance(upload: Upload) -> str | None:
    """Why this upload cannot be inspected again, in words for whoever asked."""
    if upload.status is Status.QUARANTINED:
        return None
    if upload.status in HAS_OBJECT:
        return "Only a file that is in quarantine can be processed again."
    return "There is no file to process. Complete the upload, or create a new one."


def _owners_hindrance(upload: Upload) -> str | None:
    if upload.status is not Status.QUARANTINED:
        return _hindrance(upload)
    if upload.reason is not Reason.ERROR:
        return f"It is {upload.reason}: see `findings`. Only an operator can have it inspected again."
    if _times_quarantined(upload) > OWNERS_RETRIES:
        return f"It failed {OWNERS_RETRIES} more times. Ask an operator, or upload another file."
    return None


def _times_quarantined(upload: Upload) -> int:
    return sum(step.status is Status.QUARANTINED for step in upload.history)
