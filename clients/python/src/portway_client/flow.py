"""An upload from its declaration to the published file, as a conversation: generators that yield steps, without I/O."""

from __future__ import annotations

from collections import deque

from portway_client import checksums, wire
from portway_client.asking import asked, granted, refusal
from portway_client.attempts import EndedElsewhere
from portway_client.ending import awaited, given_up, status_of
from portway_client.errors import Cancelled, ChecksumMismatch, Ended, FileChanged, PortwayError, Unavailable
from portway_client.holding import different, taken_up
from portway_client.job import Job
from portway_client.model import MIB, File, Phase, Status
from portway_client.plan import Plan
from portway_client.sending import Sending
from portway_client.steps import Ask, Hash, Steps, Verify

ONE_PUT = 16 * MIB
"""Files up to this are read before they are declared: with their checksum the server may take them in one PUT."""
FIRST_WINDOW = 32
"""Parts signed with the answer of create, while nobody knows how fast they go."""
ROUNDS = 4
"""How often complete may find something missing before it is given up."""


def uploaded(job: Job) -> Steps[File | None]:
    """A new upload. Returns the file, or None when nobody waits for it."""
    return (yield from to_its_end(job, begun(job)))


def to_its_end(job: Job, beginning: Steps[Sending | None]) -> Steps[File | None]:
    """`beginning` says what is to be sent; None: nothing any more."""
    control = job.control
    try:
        yield from _sent(job, beginning)
        assert control.upload_id
        file = (yield from awaited(job, control.upload_id)) if job.waits else None
        yield from job.forgets()
        control.enters(Phase.DONE)
        return file
    except Cancelled as error:
        if control.gives_up:
            yield from given_up(job)
            error.upload_id = control.upload_id
        elif not control.is_stopped:  # elsewhere
            yield from job.forgets()
        control.enters(Phase.CANCELLED)
        raise
    except PortwayError as error:
        if isinstance(error, Ended):
            yield from job.forgets()
        error.upload_id = error.upload_id or control.upload_id
        control.enters(Phase.FAILED)
        raise


def _sent(job: Job, beginning: Steps[Sending | None]) -> Steps[None]:
    """The server has everything. It is remembered until it has ended: whoever asks again must not send it again."""
    try:
        sending = yield from beginning
        if sending:
            yield from _through(job, sending)
    except EndedElsewhere:
        assert job.control.upload_id
        upload = yield from status_of(job, job.control.upload_id)
        if upload.status.is_open:
            words = "S3 knows nothing of an upload that is open."
            raise Unavailable(words, upload_id=upload.id) from None


def begun(job: Job) -> Steps[Sending | None]:
    """Declares the file, or takes up what was begun of it. Repeated with the same key it gives the same upload."""
    source, said, algorithm = job.source, job.said, job.algorithm
    assert said is not None
    job.control.total = said.size
    checksum = None
    if source.is_repeatable and said.size is not None and said.size <= ONE_PUT and not said.part_size:
        source.cut(ONE_PUT)
        checksum = yield Hash(1, algorithm)
    window = 0 if job.binds(algorithm) and not checksum else FIRST_WINDOW
    body = wire.create(said, algorithm, window, checksum)
    known = job.known
    if known and (known.request, known.fingerprint) == (body, source.fingerprint):
        if known.upload_id and (yield from _still_counts(job, known.upload_id)):
            job.remembered = known
            return (yield from taken_up(job, known.upload_id))
        job.key = job.key if known.upload_id else known.key
    yield from job.keeps_that(key=job.key, request=body)
    job.control.check()
    job.create = Ask("POST", "/v1/uploads", body, {"Idempotency-Key": job.key})
    reply = yield from granted(job.create, job.patience, job.control)
    document = reply.document
    plan = job.planned(document["id"], document["size"], document["part_size"], algorithm)
    plan.is_single = document.get("strategy") == "single"
    yield from job.keeps(plan)
    if plan.binds and not plan.is_single:
        return job.sending(plan)
    plan.binds = plan.is_single
    bound = {1: checksum} if plan.is_single and checksum else {}
    return job.sending(plan, wire.signed(document["signed"], reply.asked_at, {}, bound))


def _still_counts(job: Job, upload_id: str) -> Steps[bool]:
    """Whether an upload that was killed is open still, or got through without us."""
    job.control.upload_id = upload_id  # it is this one that is cancelled meanwhile
    reply = yield from asked(Ask("GET", f"/v1/uploads/{upload_id}"), job.patience, job.control)
    if reply.status < 300:
        status = wire.upload(reply.document).status
        if status.is_open or not status.is_end or status is Status.COMPLETED:
            return True
    job.control.upload_id = None
    return False


def _through(job: Job, sending: Sending) -> Steps[None]:
    """Everything is sent, and the server has taken it as complete. Raises EndedElsewhere."""
    plan = sending.plan
    for _ in range(ROUNDS):
        try:
            if plan.todo or plan.is_stream:
                yield from sending.run()
            yield Verify()
        except FileChanged:
            yield from given_up(job)
            raise
        except PortwayError:
            yield from job.keeps(plan)
            raise
        if plan.is_single or (yield from _completed(job, plan)):
            return
        if not job.source.is_repeatable:
            raise Unavailable("S3 does not have all of a stream that is over.", upload_id=plan.upload_id)
        sending = job.sending(plan)
    raise ChecksumMismatch("What S3 has is never what was sent.", upload_id=plan.upload_id)


def _completed(job: Job, plan: Plan) -> Steps[bool]:
    """False when something has to be sent again: `plan.todo` says what."""
    job.control.enters(Phase.COMPLETING)
    whole = plan.whole()
    body = {"checksum": checksums.combine(plan.algorithm, whole), "size": sum(length for _, length in whole)}
    reply = yield from asked(Ask("POST", f"/v1/uploads/{plan.upload_id}/complete", body), job.patience, job.control)
    if reply.status in (200, 202):
        return True
    code = reply.document.get("code")
    if code == "wrong_state":
        raise EndedElsewhere
    if code == "parts_missing":
        again = wire.numbers(wire.ranges(reply.document["missing"]))
    elif code == "parts_differ":
        again = yield from different(job, plan)
    else:
        raise refusal(reply, plan.upload_id)
    _put_back(job, plan, again)
    return False


def _put_back(job: Job, plan: Plan, numbers: list[int]) -> None:
    for number in numbers:
        if plan.checksums.pop(number, None):
            job.control.parts_done -= 1
            job.control.count(-plan.length(number))
    plan.todo = deque(numbers)
