"""What S3 has of an upload, compared with the file: which parts have to be sent, and whether it is the same file."""

from __future__ import annotations

from collections import deque

from portway_client import wire
from portway_client.asking import answered
from portway_client.ending import status_of
from portway_client.errors import ChecksumMismatch, FileChanged, NotResumable
from portway_client.job import Job
from portway_client.model import HeldPart, Upload
from portway_client.plan import Plan
from portway_client.sending import Sending
from portway_client.steps import Ask, Compare, Steps, Together

READERS = 2
"""So many parts are read at a time to compare them."""


def held(job: Job, upload_id: str) -> Steps[dict[int, HeldPart]]:
    """Every part that S3 has, by number."""
    found: dict[int, HeldPart] = {}
    cursor: int | None = 0
    while cursor is not None:
        ask = Ask("GET", f"/v1/uploads/{upload_id}/parts?cursor={cursor}&limit={wire.PAGE}")
        document = yield from answered(ask, job.patience, job.control)
        found |= {part.number: part for part in wire.held(document)}
        cursor = document["cursor"]
    return found


def different(job: Job, plan: Plan) -> Steps[list[int]]:
    """Parts that S3 has otherwise than they were sent. Raises ChecksumMismatch when it is none of them."""
    there = yield from held(job, plan.upload_id)
    again = [
        number
        for number, checksum in plan.checksums.items()
        if number not in there or (there[number].size, there[number].checksum) != (plan.length(number), checksum)
    ]
    if not again:
        raise ChecksumMismatch("All parts arrived as they were sent, and the whole differs.", upload_id=plan.upload_id)
    return again


def taken_up(job: Job, upload_id: str) -> Steps[Sending | None]:
    """An upload that was begun before: what is left of it. None when everything was sent. Raises FileChanged."""
    job.control.upload_id = upload_id
    upload = yield from status_of(job, upload_id)
    if not upload.status.is_open:
        return None
    if upload.size is None or not job.source.is_repeatable:
        raise NotResumable("A stream cannot be gone on with: what was read of it is gone.", upload_id=upload.id)
    if upload.size != job.source.size:
        words = f"The upload is of {upload.size} bytes, the file has {job.source.size}."
        raise FileChanged(words, upload_id=upload.id)
    plan = job.planned(upload.id, upload.size, upload.part_size, upload.checksum_algorithm)
    plan.is_single, plan.binds = upload.strategy == "single", plan.binds or upload.strategy == "single"
    if not plan.is_single:
        yield from _compared(job, plan, upload)
    yield from job.keeps(plan)
    return job.sending(plan)


def _compared(job: Job, plan: Plan, upload: Upload) -> Steps[None]:
    """Parts that S3 has of this very file are not sent again. Those that this machine sent of an unchanged file are
    known, also where S3 does not tell their checksums; the others are read."""
    there = yield from held(job, upload.id)
    remembered = job.remembered
    is_ours = remembered is not None and remembered.upload_id == upload.id
    is_same = is_ours and remembered is not None and remembered.fingerprint == job.source.fingerprint
    known = remembered.checksums if remembered and is_same else {}
    plan.checksums.update({n: known[n] for n in there.keys() & known if there[n].checksum in (None, known[n])})
    unread = deque(sorted(there.keys() - plan.checksums.keys()))
    reader = _Reader(plan, there, unread, is_same)
    if unread:
        yield Together([reader.run() for _ in range(READERS)])
    plan.todo = deque(number for number in plan.todo if number not in plan.checksums)
    job.control.parts_done = len(plan.checksums)
    job.control.count(sum(plan.length(number) for number in plan.checksums))


class _Reader:
    """Compares parts of the file with what S3 has."""

    def __init__(self, plan: Plan, there: dict[int, HeldPart], unread: deque[int], is_same: bool) -> None:
        self._plan, self._there, self._unread, self._is_same = plan, there, unread, is_same

    def run(self) -> Steps[None]:
        plan = self._plan
        while self._unread:
            number = self._unread.popleft()
            checksum = yield Compare(self._there[number], plan.algorithm)
            if checksum:
                plan.checksums[number] = checksum
            elif self._there[number].checksum and not self._is_same:
                words = f"Part {number} of this file is not what was uploaded before."
                raise FileChanged(words, upload_id=plan.upload_id)
