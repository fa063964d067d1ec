"""What `Client` and `AsyncClient` have in common: from what a caller says to a job, and the flow that does it."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from typing import TypedDict

from portway_client import checksums, holding, wire
from portway_client.asking import Patience, answered
from portway_client.control import Control
from portway_client.drive import Clock, Monotonic
from portway_client.ending import awaited
from portway_client.errors import NotResumable, StateUnusable
from portway_client.files import BytesSource
from portway_client.flow import ONE_PUT, to_its_end, uploaded
from portway_client.http import HttpTransport
from portway_client.job import Job
from portway_client.model import Declaration, File, Progress, Upload
from portway_client.pace import Pace
from portway_client.sendables import Sendable, media_type, source_of
from portway_client.sources import Source
from portway_client.state import Remembered, StateStore
from portway_client.state_files import FileState
from portway_client.steps import Ask, Steps
from portway_client.transport import Transport
from portway_client.work import Api, Hands, Token, Tokens

OnProgress = Callable[[Progress], object]
"""Called some ten times a second and when the phase changes. What it raises is logged and stops nothing."""
Begun = tuple[Job, Steps[File | None]]


class Settings(TypedDict, total=False):
    """How a client works."""

    parallel: int
    """Most requests to S3 at once, over all uploads: 8. Fewer are used while more do not help."""
    checksum: str
    """`auto` (crc64nvme, or crc32c without the extra `crt`), `crc64nvme` or `crc32c`."""
    retries: int
    """How often in a row something may fail before it is given up: 3."""
    offline_seconds: float | None
    """How long to wait for a network that is gone: an hour. None: for ever."""
    state: StateStore | None
    """Where unfinished uploads are remembered: in the user's state folder. `NoState()`: nowhere."""
    transport: Transport | None
    """How requests are sent: by `http.HttpTransport`."""
    clock: Clock | None
    """Time, for tests."""


class About(TypedDict, total=False):
    """What may be said of an upload. `name` and `content_type` come from the path unless they are given."""

    name: str | None
    content_type: str | None
    category: str | None
    metadata: Mapping[str, str] | None
    part_size: int | None
    """Bytes, 5 MiB to 5 GiB; better left to the server."""
    timeout: float | None
    """Seconds to wait for the end of inspection, once everything is sent."""


NOTHING = BytesSource(b"")


class Engine:
    """One backend, as one principal."""

    def __init__(self, base_url: str, token: Token, settings: Settings) -> None:
        self.transport: Transport = settings.get("transport") or HttpTransport()
        self.state: StateStore = settings.get("state") or FileState()
        self.clock = settings.get("clock") or Monotonic()
        self.pace = Pace(settings.get("parallel", 8))
        offline_seconds = settings.get("offline_seconds", 3600.0)
        self.patience = Patience(settings.get("retries", 3), offline_seconds=offline_seconds)
        wished = settings.get("checksum", "auto")
        self.algorithm = checksums.preferred() if wished == "auto" else wished
        checksums.update(self.algorithm)  # raises now rather than in the middle
        if not base_url.startswith(("https://", "http://")):
            raise ValueError(f"base_url has to begin with https:// (or http://), {base_url!r} does not")
        self.api = Api(base_url, Tokens(token), self.transport)
        self.baton = threading.Condition()

    # jobs

    def control(self, tell: OnProgress | None = None) -> Control:
        return Control(self.clock.now, tell)

    def hands(self, job: Job) -> Hands:
        return Hands(self.api, job.source, self.state, job.control)

    def claimed(self, job: Job) -> contextlib.AbstractContextManager[None]:
        """Nobody else on this machine sends the same file meanwhile. Raises StateUnusable."""
        kept = job.remembered
        return self.state.claim(kept.endpoint, kept.path) if kept else contextlib.nullcontext()

    def new(self, sendable: Sendable, about: About, tell: OnProgress | None = None, waits: bool = True) -> Begun:
        """An upload that goes on where an earlier one of the same file and declaration was killed, if there is one.

        Raises Unreadable, and TypeError for what cannot be sent.
        """
        job = self._job(source_of(sendable), tell, waits, about.get("timeout"))
        called = about.get("name") or job.source.name
        kind = about.get("content_type") or media_type(called)
        metadata = about.get("metadata") or {}
        size = job.source.size
        job.said = Declaration(called, size, kind, about.get("category"), metadata, about.get("part_size"))
        job.key = secrets.token_urlsafe(24)
        job.remembered = self._to_remember(sendable, job)
        if job.remembered:
            with contextlib.suppress(StateUnusable):  # it is written anew
                job.known = self._known(job.remembered)
        return job, uploaded(job)

    def again(
        self, sendable: Sendable, upload_id: str | None, tell: OnProgress | None = None, waits: bool = True
    ) -> Begun:
        """An upload that was begun before. Raises NotResumable, StateUnusable, Unreadable."""
        job = self._job(source_of(sendable), tell, waits, None)
        with _closed_if_it_fails(job.source):
            job.remembered = self._to_remember(sendable, job)
            known = self.state.find(upload_id) if upload_id else self._of_path(job)
            if known and job.remembered and known.path == job.remembered.path:
                job.remembered = known
            found = upload_id or (known and known.upload_id)
            if not found:
                raise NotResumable(f"Nothing is remembered of an upload of {job.source.name}.")
        return job, to_its_end(job, holding.taken_up(job, found))

    def _job(self, source: Source, tell: OnProgress | None, waits: bool, timeout: float | None) -> Job:
        control = self.control(tell)
        return Job(source, control, self.pace, self.patience, self.algorithm, waits=waits, timeout=timeout)

    def _to_remember(self, sendable: Sendable, job: Job) -> Remembered | None:
        """Files of one PUT are not worth it: there is nothing to go on with."""
        fingerprint = job.source.fingerprint
        if fingerprint is None or fingerprint.size <= ONE_PUT or not isinstance(sendable, str | PathLike):
            return None
        path = os.fsdecode(os.path.abspath(sendable))  # noqa: PTH100 - a name may be bytes
        return Remembered(self.api.base_url, path, fingerprint, job.key, {})

    def _known(self, wanted: Remembered) -> Remembered | None:
        return self.state.load(wanted.endpoint, wanted.path)

    def _of_path(self, job: Job) -> Remembered | None:
        return self._known(job.remembered) if job.remembered else None

    # questions

    def ask(self, method: str, path: str, control: Control) -> Steps[Mapping[str, object]]:
        return answered(Ask(method, path), self.patience, control)

    def status(self, upload_id: str, control: Control) -> Steps[Upload]:
        return wire.upload((yield from self.ask("GET", f"/v1/uploads/{upload_id}", control)))

    def file(self, file_id: str, control: Control) -> Steps[File]:
        return wire.file((yield from self.ask("GET", f"/v1/files/{file_id}", control)))

    def awaited(self, upload_id: str, timeout: float | None) -> tuple[Job, Steps[File]]:
        job = self._job(NOTHING, None, True, timeout)
        job.control.upload_id = upload_id
        return job, awaited(job, upload_id)

    def page(self, status: str | None, cursor: str | None, control: Control) -> Steps[tuple[list[Upload], str | None]]:
        """A page of one's own uploads, and the cursor of the next."""
        query = "&".join(
            f"{name}={value}" for name, value in (("status", status), ("cursor", cursor), ("limit", "100")) if value
        )
        document = yield from answered(Ask("GET", f"/v1/uploads?{query}"), self.patience, control)
        return [wire.upload(each) for each in document["uploads"]], document["cursor"]


@contextlib.contextmanager
def _closed_if_it_fails(source: Source) -> Iterator[None]:
    try:
        yield
    except BaseException:
        source.close()
        raise
