"""Use case behind the dead letter queue: a file whose event failed again and again comes to an end all the same.

Nobody inspects here. What was judged ends as it was judged; what nobody could judge is quarantined for the reason
`error`, which its owner may try again (docs/faults.md, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass

from portway.model import Status, Upload
from portway.ports import Clock
from portway.processing import Arrival, Outcome, Processing, is_late

NOT_YET = frozenset({Status.CREATING, Status.OPEN, Status.COMPLETING})


@dataclass(frozen=True, slots=True)
class DeadLetters:
    processing: Processing
    now: Clock

    def arrived(self, arrival: Arrival) -> Outcome:
        """End what the event is about, if nobody else will. Unavailable: deliver it again."""
        upload = self.processing.about(arrival)
        if upload is None:
            return Outcome.UNKNOWN_KEY
        if upload.status in NOT_YET:
            return Outcome.EARLY  # the due time in the record drives the rest
        if is_late(upload, arrival):
            return self.processing.late(upload)
        if upload.status is Status.STORED or self._is_orphaned(upload):
            return self.processing.give_up(upload)
        return Outcome.LEASED if upload.status is Status.PROCESSING else Outcome.DUPLICATE

    def _is_orphaned(self, upload: Upload) -> bool:
        """Its worker died. One without a holder was given back, or is to be tried again: that is the sweeper's."""
        is_over = upload.due_at is not None and upload.due_at <= self.now()
        return upload.status is Status.PROCESSING and upload.holder is not None and is_over
