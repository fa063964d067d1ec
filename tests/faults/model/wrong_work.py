"""Wrong ways to inspect, publish, announce and sweep: what `mutations` puts in the place of methods of Processing,
Inspection, Outbox and Sweeper."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from portway import pipeline, retirement, retries
from portway.consequences import Event, announcement, quota_change
from portway.decisions import Decision
from portway.errors import Unavailable
from portway.inspecting import Inspection
from portway.model import Status, Upload
from portway.outbox import Outbox
from portway.processing import Arrival, Outcome, Processing
from portway.retirement import Retirement
from portway.verdicts import Verdict

Judge = Callable[[Upload], Verdict]
_arrived, _inspect, _judged = Processing.arrived, Inspection._inspect, Processing._judged
_look, _may_be_over = Retirement.look, retirement._may_be_over
_again, _resume, _save = retries.again, Processing.resume, Outbox.save


def not_redriven(self: Processing, upload: Upload) -> Outcome:
    """The sweeper leaves a stored upload to its event."""
    return Outcome.LEASED if upload.status is Status.STORED else _resume(self, upload)


def not_waiting(self: Processing, upload: Upload) -> Outcome:
    """The sweeper takes over before the lease is over. The fence makes that a waste and nothing worse."""
    return self._process(upload)


def early_is_dropped(self: Processing, arrival: Arrival) -> Outcome:
    """An event that comes before the record says STORED is dropped: the due time in the record drives the rest."""
    upload = self.sessions.get(arrival.key.rpartition("/")[2])
    if upload and upload.status is Status.COMPLETING:
        return Outcome.EARLY
    return _arrived(self, arrival)


def verdict_not_kept(self: Processing, upload: Upload, judge: Judge) -> tuple[Upload, Verdict]:
    """Whoever holds the lease inspects, and acts on it at once."""
    return upload, judge(upload)


def verdict_replaced(self: Processing, upload: Upload, judge: Judge) -> tuple[Upload, Verdict]:
    """A later holder inspects again, and replaces the verdict."""
    verdict = judge(upload)
    return self.sessions.save(upload, replace(upload, verdict=verdict)), verdict


def dead_letters_judge_again(self: Processing, upload: Upload, judge: Judge) -> tuple[Upload, Verdict]:
    """A file that came to the dead letters is quarantined, whatever was found before."""
    if judge != self.inspection.give_up:
        return _judged(self, upload, judge)
    verdict = judge(upload)
    return self.sessions.save(upload, replace(upload, verdict=verdict)), verdict


def verdict_of_no_version(self: Inspection, upload: Upload, size: int) -> Verdict:
    """The verdict does not say which version was inspected."""
    return replace(_inspect(self, upload, size), version_id="")


def published_unseen(self: Processing, held: Upload, judge: Judge) -> Upload:
    """No inspection at all."""
    return self._end(held, pipeline.verdict(held, held.policy_version, ()))


def same_lease(self: Processing, upload: Upload) -> Upload:
    """Taking over does not raise the lease."""
    now = self.now()
    due_at, holder = now + self.lease_ms, self.new_id()
    return self.sessions.save(upload, upload.moved(Status.PROCESSING, now, holder=holder, due_at=due_at))


def marked_before_sent(self: Outbox, event: Event | None) -> None:
    """An event is marked as sent, and then sent."""
    if event:
        self.sessions.sent(event)
        with suppress(Unavailable):
            self.announcer.send(event)


def moved_before_told(self: Outbox, before: Upload, after: Upload) -> Upload:
    """The move that is the mark of an event comes before the event."""
    saved, event = self.sessions.save_told(before, after), announcement(before, after)
    if event:
        self.announcer.send(event)
    return saved


def told_or_not(self: Outbox, before: Upload, after: Upload) -> Upload:
    """The move counts as the mark also where the bus took nothing."""
    event = announcement(before, after)
    with suppress(Unavailable):
        self.announcer.send(cast(Event, event))
    return self.sessions.save_told(before, after)


def released_afterwards(self: Outbox, before: Upload, after: Upload) -> Upload:
    """The quota is given back in a second write."""
    saved, change, sessions = _save(self, before, after), quota_change(before, after), self.sessions
    if change:
        store: Any = sessions
        store.release(after, change)
    return saved


def not_sent_again(*_: object) -> int:
    """The sweeper forgets the outbox."""
    return 0


def tried_under_the_old_lease(upload: Upload, now: int, verdict: Verdict | None = None) -> Upload:
    """A retry does not raise the lease: its end has the id of the end before."""
    return replace(_again(upload, now, verdict), lease=upload.lease)


def unsigned(upload: Upload, decision: Decision) -> Upload:
    """What an operator decided is done, and nobody knows who it was."""
    return upload


def undemanding(upload: Upload, advice: str) -> None:
    """The desk does not look whether the file is still in quarantine."""


def removed_before_it_is_said(self: Retirement, upload: Upload) -> Upload:
    """The sweeper deletes a file whose time is over, and writes it down afterwards."""
    if _may_be_over(upload, self.now()):
        self.endings._delete_bytes(upload)
    return _look(self, upload)


def never_over(upload: Upload, now: int) -> bool:
    """Nobody looks whether the time of a file is over."""
    return False
