"""Use case of the schedule: whatever is past its due time goes on, whoever left it. Safe to run twice at once."""

from __future__ import annotations

from dataclasses import dataclass

from portway.endings import Endings
from portway.errors import StoreAnswer
from portway.model import Status, Upload
from portway.outbox import Outbox
from portway.ports import Clock, SessionStore
from portway.processing import Processing

BATCH = 100


@dataclass(frozen=True, slots=True)
class Summary:
    """How many uploads were moved on, how many have to wait for the next sweep, how many events were sent."""

    swept: int
    waiting: int
    sent: int


@dataclass(frozen=True, slots=True)
class Sweeper:
    sessions: SessionStore
    endings: Endings
    processing: Processing
    outbox: Outbox
    now: Clock

    def sweep(self) -> Summary:
        """One round over at most `BATCH` uploads and events. What a store refuses now is due again next time."""
        swept = waiting = sent = 0
        for upload_id in self.sessions.overdue(self.now(), BATCH):
            try:
                upload = self.sessions.get(upload_id)
                if upload:
                    self._move_on(upload)
                swept += 1
            except StoreAnswer:
                waiting += 1
        try:
            sent = self.outbox.resend(self.now(), BATCH)
        except StoreAnswer:
            waiting += 1
        return Summary(swept, waiting, sent)

    def _move_on(self, upload: Upload) -> None:
        if upload.status in (Status.STORED, Status.PROCESSING):
            self.processing.resume(upload)
        else:
            self.endings.sweep(upload)
