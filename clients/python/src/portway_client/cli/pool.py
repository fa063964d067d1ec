"""Several files at once, each a transfer of the client's; all of them can be stopped at any moment."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from portway_client.errors import Cancelled, PortwayError
from portway_client.model import File, Phase, Progress
from portway_client.transfers import Transfer

LOOK_SECONDS = 0.5
"""How often a waiting main thread looks for Ctrl-C, where a lock does not wake up for it (Windows)."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to send. `can_resume`: what was sent of it is kept when the command is interrupted, else given up."""

    label: str
    size: int | None
    begin: Callable[[], Transfer]
    can_resume: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended: with a file, an error, or (when nobody waited for the inspection) neither."""

    job: Job
    upload_id: str | None
    file: File | None
    error: PortwayError | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Left:
    """A job that was under way when all were stopped. `is_sent`: whole, and being inspected without us."""

    job: Job
    upload_id: str | None
    is_sent: bool


class Pool:
    """Runs jobs, `files_at_once` at a time, until each is published. To be used once.

    `begun` counts those that were begun, `left` are those that were under way when it was stopped.
    """

    def __init__(self, files_at_once: int, now: Callable[[], float] = time.monotonic) -> None:
        self._files_at_once, self._now = files_at_once, now
        self._running: dict[int, tuple[Job, Transfer]] = {}
        self._lock, self._stopped = threading.Lock(), False
        self.begun, self.left = 0, list[Left]()
        self._results: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()

    def run(self, jobs: Sequence[Job]) -> Generator[Result, None, None]:
        """Each as it ends. Leaving early (Ctrl-C) stops the others at once."""
        threads = ThreadPoolExecutor(max(1, min(self._files_at_once, len(jobs))), "portway-file")
        try:
            for job in jobs:
                threads.submit(self._carry_out, job)
            for _ in jobs:
                yield self._next()
        finally:
            self.stop()
            threads.shutdown(cancel_futures=True)

    def active(self) -> list[tuple[str, Progress]]:
        """How far those are that are on their way now, in the order in which they were begun."""
        with self._lock:
            running = list(self._running.values())
        return [(job.label, transfer.progress) for job, transfer in running]

    def stop(self) -> None:
        """What runs is left to be gone on with, or given up if it cannot be."""
        with self._lock:
            self._stopped, running = True, list(self._running.values())
        self.left += [_left(job, transfer) for job, transfer in running]

    def untold(self) -> Iterator[Result]:
        """Good ends that nobody heard of when it was stopped."""
        while not self._results.empty():
            found = self._results.get()
            if isinstance(found, Result) and not found.error:
                yield found

    def _next(self) -> Result:
        while True:
            try:
                found = self._results.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            return found

    def _carry_out(self, job: Job) -> None:
        began = self._now()
        try:
            upload_id, file, error = self._ended(job)
            self._results.put(Result(job, upload_id, file, error, self._now() - began))
        except BaseException as error:  # a mistake of ours: it flies in the main thread
            self._results.put(error)

    def _ended(self, job: Job) -> tuple[str | None, File | None, PortwayError | None]:
        transfer = None
        try:
            self._check()
            transfer = job.begin()
            self._add(job, transfer)
            file = transfer.wait()
            return transfer.upload_id, file, None
        except PortwayError as error:
            return error.upload_id or (transfer and transfer.upload_id) or None, None, error
        finally:
            with self._lock:
                self._running.pop(id(transfer), None)

    def _check(self) -> None:
        if self._stopped:
            raise Cancelled("Stopped before it was begun.")

    def _add(self, job: Job, transfer: Transfer) -> None:
        with self._lock:
            self.begun += 1
            self._running[id(transfer)] = job, transfer
            is_late = self._stopped
        if is_late:  # begun while the others were stopped; its end is waited for, so that the server hears of it
            self.left.append(_left(job, transfer))


def _left(job: Job, transfer: Transfer) -> Left:
    is_sent = transfer.progress.phase in (Phase.CHECKING, Phase.DONE)
    if job.can_resume or is_sent:
        transfer.detach()
    else:
        transfer.cancel()
    return Left(job, transfer.upload_id, is_sent)
