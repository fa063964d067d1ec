"""What a client says has arrived: a hint to those who look, written down and never believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from portway.errors import Conflict, Fault
from portway.model import Report, Status, Upload
from portway.parts import Range
from portway.ports import Clock, SessionStore, current_of
from portway.status import reported_bytes

ROUNDS, KEPT = 4, 5
"""How often it is tried beside other writers, and how many reports speed is computed from."""


def noted(sessions: SessionStore, upload: Upload, bits: int, now: Clock) -> Upload:
    """The upload with the reported parts (bit n = part n), if it is still open and nobody writes all the time."""
    for _ in range(ROUNDS):
        if upload.status is not Status.OPEN:
            return upload
        reported = upload.reported | bits
        report = Report(now(), reported_bytes(upload, reported))
        try:
            return sessions.save(upload, replace(upload, reported=reported, reports=(*upload.reports, report)[-KEPT:]))
        except Conflict as moved:
            upload = current_of(moved)
    return upload


def range_faults(spans: Sequence[Range], count: int) -> list[Fault]:
    """What is wrong with reported ranges of parts: they are inclusive, within 1 to `count`."""
    bad = [list(span) for span in spans if not 1 <= span[0] <= span[1] <= count]
    words = f"stored must hold ranges [first, last] within the parts 1 to {count}."
    return [Fault("stored", "out_of_range", words, [1, count], bad[:20])] if bad else []
