"""Uploads that go on while the caller does something else: one, or many at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from portway_client.control import Control
from portway_client.engine import Begun
from portway_client.errors import PortwayError
from portway_client.job import Job
from portway_client.model import File, Progress
from portway_client.sendables import Sendable
from portway_client.steps import Steps


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one of many uploads ended: a file, or an error. With `wait=False` neither, and `upload_id` to ask later."""

    source: Sendable
    upload_id: str | None
    file: File | None
    error: PortwayError | None


def there(file: File | None) -> File:
    """The file of an upload that waited for it."""
    assert file is not None
    return file


class Steered:
    """An upload on its way. These may be called by any thread."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def progress(self) -> Progress:
        return self._control.progress

    @property
    def upload_id(self) -> str | None:
        """None until the server answered."""
        return self._control.upload_id

    def pause(self) -> None:
        """Stops sending at once. Parts on their way are sent again later; those that arrived are kept."""
        self._control.pause()

    def resume(self) -> None:
        self._control.resume()

    def cancel(self) -> None:
        """Gives the upload up: S3 forgets its parts. Who waits for it gets Cancelled."""
        self._control.stop(gives_up=True)

    def detach(self) -> None:
        """Stops, and leaves everything to be gone on with later (`resume` of the client). Who waits gets Cancelled."""
        self._control.stop(gives_up=False)


class Transfer(Steered):
    """An upload in threads of its own."""

    def __init__(self, control: Control, work: Callable[[], File | None]) -> None:
        super().__init__(control)
        self._work = work
        self._end: Future[File | None] = Future()
        threading.Thread(target=self._run, daemon=True, name="portway-upload").start()

    def _run(self) -> None:
        try:
            self._end.set_result(self._work())
        except BaseException as error:
            self._end.set_exception(error)

    def wait(self, timeout: float | None = None) -> File | None:
        """The published file; None if it was started with `wait=False`. Raises what ended it, or TimeoutError."""
        return self._end.result(timeout)


def many(
    sources: Iterable[Sendable],
    begun: Callable[[Sendable], Begun],
    sent: Callable[[Job, Steps[File | None]], File | None],
    at_once: int,
) -> Iterator[Outcome]:
    """Each as it ends. When nobody asks for more, what is on its way is stopped and can be resumed."""
    running, is_over = set[Control](), threading.Event()

    def one(source: Sendable) -> Outcome:
        job = None
        try:
            job, steps = begun(source)
            running.add(job.control)
            if is_over.is_set():  # begun in the moment in which nobody asked for more
                job.control.stop(gives_up=False)
            file = sent(job, steps)
            return Outcome(source, job.control.upload_id, file, None)
        except PortwayError as error:
            return Outcome(source, job.control.upload_id if job else None, None, error)
        finally:
            if job:
                running.discard(job.control)

    left = iter(sources)
    with ThreadPoolExecutor(at_once, thread_name_prefix="portway-upload") as pool:
        try:
            waiting = {pool.submit(one, source) for source in islice(left, at_once)}
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                waiting |= {pool.submit(one, source) for source in islice(left, len(done))}
                yield from (each.result() for each in done)
        finally:
            is_over.set()
            for control in list(running):
                control.stop(gives_up=False)
