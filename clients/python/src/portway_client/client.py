"""`Client`: what can be done with a Portway backend, one blocking method each. `aio.AsyncClient` is its twin."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, Unpack

from portway_client.control import Control
from portway_client.downloads import Target, downloaded, opened
from portway_client.drive import Threads
from portway_client.engine import NOTHING, About, Begun, Engine, OnProgress, Settings
from portway_client.job import Job
from portway_client.model import File, Progress, Upload
from portway_client.sendables import Sendable
from portway_client.steps import Steps
from portway_client.transfers import Outcome, Transfer, many, there
from portway_client.work import Hands, Token

T = TypeVar("T")


class Client:
    """A backend at `base_url`. Thread-safe; keeps connections until it is closed. Settings: `engine.Settings`."""

    def __init__(self, base_url: str, token: Token = None, **settings: Unpack[Settings]) -> None:
        self._engine = Engine(base_url, token, settings)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections. The client may be used again."""
        self._engine.transport.close()

    # sending

    def upload(self, source: Sendable, *, on_progress: OnProgress | None = None, **about: Unpack[About]) -> File:
        """Sends it and waits until it is published. Where a killed process left an upload of the same file unfinished,
        that one is gone on with. Raises a PortwayError.
        """
        return there(self._sent(*self._engine.new(source, about, on_progress)))

    def start(
        self, source: Sendable, *, on_progress: OnProgress | None = None, wait: bool = True, **about: Unpack[About]
    ) -> Transfer:
        """The same in the background. `wait=False`: done once everything is sent and complete."""
        return self._started(*self._engine.new(source, about, on_progress, wait))

    def resume(self, source: Sendable, upload_id: str | None = None, *, on_progress: OnProgress | None = None) -> File:
        """Goes on with an upload of this file, here or from another machine.

        Without an id the state store must know it. What S3 has is compared with the file: FileChanged if it differs.
        """
        return there(self._sent(*self._engine.again(source, upload_id, on_progress)))

    def start_resume(
        self,
        source: Sendable,
        upload_id: str | None = None,
        *,
        on_progress: OnProgress | None = None,
        wait: bool = True,
    ) -> Transfer:
        """The same in the background."""
        return self._started(*self._engine.again(source, upload_id, on_progress, wait))

    def upload_many(
        self,
        sources: Iterable[Sendable],
        *,
        files_at_once: int = 16,
        on_progress: Callable[[Sendable, Progress], object] | None = None,
        wait: bool = True,
        **about: Unpack[About],
    ) -> Iterator[Outcome]:
        """Each as it ends; one that fails does not stop the others. `sources` is read as it is needed.

        Those that are being checked are among `files_at_once`, so that it is more than `parallel`: S3 is sent no more
        than that at a time, and sixteen that take a second or two each are what a backend lets one owner create.
        Whoever stops asking for more stops what is on its way; it can be resumed.
        """

        def begun(source: Sendable) -> Begun:
            tell = None if on_progress is None else functools.partial(on_progress, source)
            return self._engine.new(source, about, tell, wait)

        return many(sources, begun, self._sent, files_at_once)

    # asking

    def status(self, upload_id: str) -> Upload:
        control = self._engine.control()
        return self._run(self._engine.status(upload_id, control), control)

    def wait(self, upload_id: str, timeout: float | None = None) -> File:
        """Until it is published. Raises Ended or WaitedTooLong."""
        job, steps = self._engine.awaited(upload_id, timeout)
        return self._run(steps, job.control)

    def uploads(self, status: str | None = None) -> Iterator[Upload]:
        """Your own, newest first."""
        cursor: str | None = ""
        while cursor is not None:
            control = self._engine.control()
            found, cursor = self._run(self._engine.page(status, cursor, control), control)
            yield from found

    def cancel(self, upload_id: str) -> None:
        """Also of one that is cancelled already."""
        self._ask("DELETE", f"/v1/uploads/{upload_id}")

    def retry(self, upload_id: str) -> Upload:
        """Has a file that could not be processed processed again, without sending it again."""
        self._ask("POST", f"/v1/uploads/{upload_id}/retry")
        return self.status(upload_id)

    def file(self, file_id: str) -> File:
        control = self._engine.control()
        return self._run(self._engine.file(file_id, control), control)

    def delete(self, file_id: str) -> None:
        self._ask("DELETE", f"/v1/files/{file_id}")

    def url(self, file_id: str) -> str:
        """A signed URL to read it, good for minutes."""
        return str(self._ask("GET", f"/v1/files/{file_id}/url")["url"])

    def download(self, file_id: str, target: Target, *, on_progress: OnProgress | None = None) -> File:
        """Into a file (written beside its place and moved there once it is whole and its checksum is right), or a
        binary file object. Broken connections are gone on with by ranges. Raises ChecksumMismatch, too."""
        file = self.file(file_id)
        control = self._engine.control(on_progress)
        with opened(target, file) as sink:
            self._run(downloaded(file, sink, self._engine.patience, control), control)
        return file

    # how

    def _ask(self, method: str, path: str) -> Mapping[str, Any]:
        control = self._engine.control()
        return self._run(self._engine.ask(method, path, control), control)

    def _started(self, job: Job, steps: Steps[File | None]) -> Transfer:
        return Transfer(job.control, functools.partial(self._sent, job, steps))

    def _sent(self, job: Job, steps: Steps[File | None]) -> File | None:
        with contextlib.closing(job.source), self._engine.claimed(job):
            return self._drive(steps, self._engine.hands(job), job.control)

    def _run(self, steps: Steps[T], control: Control) -> T:
        return self._drive(steps, Hands(self._engine.api, NOTHING, self._engine.state, control), control)

    def _drive(self, steps: Steps[T], hands: Hands, control: Control) -> T:
        try:
            return Threads(hands, control, self._engine.baton, self._engine.clock).run(steps)
        finally:
            control.watch()
