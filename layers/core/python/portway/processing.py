"""Use case after the upload: claim → inspect → publish or quarantine → announce.

The verdict is stored before any copy and never replaced, so that two workers cannot publish and quarantine the same
file (docs/faults.md, section 2). Events are hints: the record and S3 are asked again each time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from portway import policy
from portway.endings import Endings
from portway.errors import Awaited, Busy, Conflict, StoreAnswer, Stray, Unavailable
from portway.inspecting import Inspection
from portway.model import RETAINED, Status, Upload, sooner
from portway.outbox import Outbox
from portway.ports import Clock, NewId, SessionStore, current_of
from portway.publishing import Publishing
from portway.verdicts import Verdict

ROUNDS = 4
"""How often an event is tried beside other writers."""
NO_ANSWER_MS = 60_000
"""After so long the sweeper takes up what could not go on because S3 did not answer."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an object event says: a hint about one version of one key of the incoming bucket."""

    key: str
    version_id: str | None


class Outcome(StrEnum):
    """What became of an event. Those that deserve an alarm are ALARMING; they change no record."""

    PUBLISHED = "published"
    QUARANTINED = "quarantined"
    UNFINISHED = "unfinished"
    EARLY = "early"
    LEASED = "leased"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    LATE_VERSION = "late_version"
    TOO_LATE = "too_late"
    LOST_RACE = "lost_race"
    UNKNOWN_KEY = "unknown_key"
    UNEXPECTED = "unexpected"


ENDED = {Status.PUBLISHED: Outcome.PUBLISHED, Status.QUARANTINED: Outcome.QUARANTINED}
ALARMING = frozenset({Outcome.UNKNOWN_KEY, Outcome.UNEXPECTED, Outcome.LATE_VERSION})


@dataclass(frozen=True, slots=True)
class Processing:
    sessions: SessionStore
    endings: Endings
    outbox: Outbox
    inspection: Inspection
    publishing: Publishing
    lease_ms: int
    now: Clock
    new_id: NewId

    def arrived(self, arrival: Arrival) -> Outcome:
        """Act on an object event, however late, early or often it comes. Unavailable: deliver it again."""
        upload = self.about(arrival)
        if upload is None:
            return Outcome.UNKNOWN_KEY
        try:
            adopted = self._adopted(upload)
        except Stray:
            return Outcome.UNEXPECTED
        if adopted is None:
            return Outcome.EARLY  # the due time in the record drives the rest
        upload = adopted
        if is_late(upload, arrival):
            return self.late(upload)
        if upload.status is Status.STORED:
            return self._process(upload)
        if upload.status is Status.PROCESSING:
            return Outcome.LEASED
        return Outcome.DUPLICATE if upload.status in RETAINED else Outcome.UNEXPECTED

    def about(self, arrival: Arrival) -> Upload | None:
        """The upload whose object an event is about; None for a key that is of no upload."""
        upload_id = policy.upload_of(arrival.key)
        upload = self.sessions.get(upload_id) if upload_id else None
        return upload if upload and upload.key == arrival.key else None

    def _adopted(self, upload: Upload) -> Upload | None:
        """The upload once it awaits no object any more; None when there is none yet. Busy: deliver the event again."""
        for _ in range(ROUNDS):
            if not _awaits_object(upload):
                return upload
            found = self.endings.adopt(upload)
            if found is None:
                return None
            upload = found
        raise Busy

    def late(self, upload: Upload) -> Outcome:
        """A URL that was still good made the object of a single upload, the sweeper removes it; nothing of ours makes
        another object of any other upload."""
        if not upload.is_single:
            return Outcome.LATE_VERSION if upload.stored else Outcome.UNEXPECTED
        self.endings.look_again(upload)
        return Outcome.TOO_LATE

    def resume(self, upload: Upload) -> Outcome:
        """The sweeper's part: a stored upload that no event announced, or whose worker's lease has run out."""
        if upload.status in (Status.STORED, Status.PROCESSING) and (upload.due_at or 0) <= self.now():
            return self._process(upload)
        return Outcome.LEASED

    def give_up(self, upload: Upload) -> Outcome:
        """The dead letters' part: a file that nobody else will end. A stored verdict counts; nobody looks again."""
        return self._process(upload, self.inspection.give_up)

    def _process(self, upload: Upload, judge: Callable[[Upload], Verdict] | None = None) -> Outcome:
        try:
            done = self._carry_out(self._claim(upload), judge or self.inspection.judge)
        except Conflict as moved:
            status = current_of(moved).status
            return Outcome.DUPLICATE if status in RETAINED else Outcome.LOST_RACE
        return ENDED.get(done.status, Outcome.UNFINISHED if done.verdict else Outcome.WAITING)

    def _carry_out(self, held: Upload, judge: Callable[[Upload], Verdict]) -> Upload:
        """Inspect and end. Where S3 does not answer, the lease is given back: that is no fault of the file."""
        try:
            held, verdict = self._judged(held, judge)
            return self._end(held, verdict)
        except Awaited as answer:
            return self._wait(held, answer.until)
        except Unavailable as error:
            now = self.now()
            attempts = held.tried("process", error.code, True, now)
            with suppress(StoreAnswer):  # without this write the lease simply ends
                self.sessions.save(held, replace(held, holder=None, due_at=now + NO_ANSWER_MS, attempts=attempts))
            raise

    def _wait(self, held: Upload, until: int) -> Upload:
        """Nobody holds a file whose scan is still to come: its result goes on with it, or at the end of the wait the
        sweeper. A result that came meanwhile found it held, and left it to us."""
        waiting = self.sessions.save(held, replace(held, holder=None, due_at=until))
        return waiting if waiting.scan == held.scan else self._carry_out(self._claim(waiting), self.inspection.judge)

    def _claim(self, upload: Upload) -> Upload:
        """A lease of our own, one higher than the last. One that outlived its holder leaves a line in the attempts."""
        now = self.now()
        died = upload.holder is not None
        attempts = upload.tried("process", "lease_ended", True, now) if died else upload.attempts
        return self.sessions.save(
            upload,
            upload.moved(
                Status.PROCESSING,
                now,
                lease=upload.lease + 1,
                holder=self.new_id(),
                due_at=now + self.lease_ms,
                attempts=attempts,
                deaths=upload.deaths + died,
            ),
        )

    def _judged(self, upload: Upload, judge: Callable[[Upload], Verdict]) -> tuple[Upload, Verdict]:
        """The verdict that is stored, or a new one, stored before anything is done about it."""
        if upload.verdict:
            return upload, upload.verdict
        verdict = judge(upload)
        return self.sessions.save(upload, replace(upload, verdict=verdict)), verdict

    def _end(self, upload: Upload, verdict: Verdict) -> Upload:
        """Publish what is clean, keep back everything else. A turn that is over gives the lease back, due at once."""
        if not verdict.is_clean:
            return self._keep(upload, upload.moved(Status.QUARANTINED, self.now(), reason=verdict.reason))
        upload, published = self.publishing.publish(upload, verdict)
        now = self.now()
        if published is None:
            return self.sessions.save(upload, replace(upload, holder=None, due_at=now))
        kept_ms = self.publishing.kept_ms(upload)
        return self._keep(upload, upload.moved(Status.PUBLISHED, now, published=published, kept_ms=kept_ms))

    def _keep(self, upload: Upload, ended: Upload) -> Upload:
        """Write the end, with the time until which the policy keeps the file."""
        until = policy.retained_until(self.inspection.policies, ended)
        due_at = sooner(ended.due_at, until)
        return self.outbox.save(upload, replace(ended, retained_until=until, due_at=due_at))


def _awaits_object(upload: Upload) -> bool:
    """Whether an object that appears is what this upload is waiting for."""
    return upload.status is Status.COMPLETING or (upload.is_single and upload.status is Status.OPEN)


def is_late(upload: Upload, arrival: Arrival) -> bool:
    """Whether the object came after the end of an upload without one, or beside the one that was recorded."""
    if upload.stored is None:
        return upload.status in (Status.ABORTING, Status.ABORTED, Status.EXPIRING, Status.EXPIRED)
    return arrival.version_id not in (None, upload.stored.version_id)
