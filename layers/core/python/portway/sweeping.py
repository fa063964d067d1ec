"""Use case of the schedule: whatever is past its due time goes on, whoever left it. Safe to run twice at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portway.errors import PortwayError, StoreAnswer
from portway.expiry import Expiry
from portway.model import Status
from portway.outbox import Outbox
from portway.ports import Clock, SessionStore
from portway.processing import Outcome, Processing
from portway.retirement import Retirement

BATCH, BUDGET_MS = 100, 60_000
PAUSE_MS = 300_000
"""What could not go on now is due again after this time, behind everything that is due by then."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An upload, or the outbox, that has to wait, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many uploads were moved on and how many events were sent; what has to wait."""

    swept: int
    sent: int
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Sweeper:
    sessions: SessionStore
    retirement: Retirement
    expiry: Expiry
    processing: Processing
    outbox: Outbox
    now: Clock

    def sweep(self, budget_ms: int = BUDGET_MS) -> Summary:
        """Everything that is due, oldest first, until nothing is left. No upload is begun after `budget_ms`.

        Events first, for half of the time: they are owed for what is done. One upload that cannot go on never holds up
        another, nor does a bug that one meets: bugs fly together, once everything else is done (ExceptionGroup).
        """
        bugs = list[Exception]()
        summary = self._sweep(budget_ms, bugs)
        if bugs:
            raise ExceptionGroup("met while sweeping; everything else was done", bugs)
        return summary

    def _sweep(self, budget_ms: int, bugs: list[Exception]) -> Summary:
        start, seen, waiting = self.now(), set[str](), list[Waiting]()
        end, sent = start + budget_ms, self._resend(start + budget_ms // 2, waiting, bugs)
        while fresh := [each for each in self.sessions.overdue(self.now(), BATCH) if each not in seen]:
            for upload_id in fresh:
                if self.now() >= end:
                    return Summary(len(seen), sent, tuple(waiting))
                seen.add(upload_id)
                if self._move_on(upload_id, waiting, bugs) is Outcome.UNFINISHED:
                    seen.remove(upload_id)  # another turn, behind everything that is due by now
        return Summary(len(seen), sent, tuple(waiting))

    def _resend(self, end: int, waiting: list[Waiting], bugs: list[Exception]) -> int:
        """How many events were sent. A bus that was away for an hour is owed thousands."""
        sent, more = 0, BATCH
        try:
            while more == BATCH and self.now() < end:
                more = self.outbox.resend(self.now(), BATCH)
                sent += more
        except StoreAnswer as error:
            waiting.append(Waiting("outbox", str(error)))
        except Exception as bug:
            bugs.append(bug)
        return sent

    def _move_on(self, upload_id: str, waiting: list[Waiting], bugs: list[Exception]) -> Outcome | None:
        try:
            return self._go_on(upload_id)
        except PortwayError as error:
            waiting.append(Waiting(upload_id, f"{error.code}: {error}"))
            self._postpone(upload_id, bugs)
        except Exception as bug:
            bug.add_note(f"upload {upload_id}")
            bugs.append(bug)
            self._postpone(upload_id, bugs)
        return None

    def _go_on(self, upload_id: str) -> Outcome | None:
        """What came of it, where it was processed."""
        upload = self.sessions.get(upload_id)
        if upload and upload.status in (Status.STORED, Status.PROCESSING):
            return self.processing.resume(upload)
        if upload and upload.status in (Status.CREATING, Status.OPEN):
            self.expiry.look(upload)
        elif upload:
            self.retirement.look(upload)
        return None

    def _postpone(self, upload_id: str, bugs: list[Exception]) -> None:
        now = self.now()
        try:
            upload = self.sessions.get(upload_id)
            if upload and upload.due_at and upload.due_at <= now:
                self.sessions.save(upload, replace(upload, due_at=now + PAUSE_MS))
        except StoreAnswer:
            return  # somebody moved it on, or the table is busy: it is due again either way
        except Exception as bug:  # a record that cannot be read: it stays due, and is told of with every sweep
            bugs.append(bug)
