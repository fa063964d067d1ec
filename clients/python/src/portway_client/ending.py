"""From an upload that is sent to the published file, or to the error that says why there is none."""

from __future__ import annotations

import contextlib

from portway_client import wire
from portway_client.asking import answered, rested
from portway_client.errors import Cancelled, Ended, Expired, PortwayError, Rejected, WaitedTooLong
from portway_client.job import Job
from portway_client.model import File, Phase, Status, Upload
from portway_client.steps import Ask, Steps

PAUSES = (0.2, 5.0)
"""Seconds between two looks at an upload that is being checked: the first, and the longest."""
ADVICE = {
    "in_review": "An operator has to decide; ask for its status later.",
    "error": "It could not be processed: `portway retry` has it tried again without sending it again.",
    "not_scanned": "It could not be checked: `portway retry` has it tried again without sending it again.",
    "parts_changed": "It was changed while it was completed: send it again.",
    "upload_gone": "S3 knows nothing of it any more: send it again.",
}


def status_of(job: Job, upload_id: str) -> Steps[Upload]:
    document = yield from answered(Ask("GET", f"/v1/uploads/{upload_id}"), job.patience, job.control)
    return wire.upload(document)


def awaited(job: Job, upload_id: str) -> Steps[File]:
    """Looks until it has ended. Raises Ended, WaitedTooLong."""
    control = job.control
    control.enters(Phase.CHECKING)
    began, (pause, longest) = control.now(), PAUSES
    while True:
        upload = yield from status_of(job, upload_id)
        if upload.status.is_end:
            return (yield from published(job, upload))
        if job.timeout is not None and control.now() - began >= job.timeout:
            raise WaitedTooLong(f"Still {upload.status} after {job.timeout:.0f} seconds.", upload_id=upload_id)
        yield from rested(control, pause, "")
        pause = min(1.5 * pause, longest)


def published(job: Job, upload: Upload) -> Steps[File]:
    """The file of an upload that has ended. Raises Ended when there is none."""
    if upload.status is not Status.COMPLETED:
        raise ended(upload)
    document = yield from answered(Ask("GET", f"/v1/files/{upload.id}"), job.patience, job.control)
    return wire.file(document, upload.findings)


def ended(upload: Upload) -> Ended:
    """The error for an end without a file."""
    if upload.status is Status.EXPIRED:
        return Expired("Nothing happened for too long: the upload expired.", upload_id=upload.id)
    if upload.status is Status.CANCELLED:
        return Cancelled("The upload was cancelled elsewhere.", upload_id=upload.id)
    said = " ".join(finding.words for finding in upload.findings if finding.severity != "note")
    words = f"Not published ({upload.reason}). {said}".strip()
    advice = ADVICE.get(upload.reason or "", "")
    return Rejected(words, reason=upload.reason, findings=upload.findings, advice=advice, upload_id=upload.id)


def given_up(job: Job) -> Steps[None]:
    """Last words: the server forgets the upload, at once if it hears them, else when it expires.

    A create that was cut off may have arrived: sent again with its key it tells which upload that is.
    """
    control, patience = job.control, job.patience.hurried
    control.reopens()
    with contextlib.suppress(PortwayError):
        if job.create and not control.upload_id:
            control.upload_id = (yield from answered(job.create, patience, control))["id"]
        if control.upload_id:
            yield from answered(Ask("DELETE", f"/v1/uploads/{control.upload_id}"), patience, control)
    yield from job.forgets()
