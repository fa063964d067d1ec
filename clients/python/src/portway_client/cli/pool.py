"""Several files at once, each a transfer of the client's; all of them can be stopped at any moment."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from portway_client.engine import OnProgress
from portway_client.errors import Cancelled, PortwayError
from portway_client.model import File, Progress
from portway_client.transfers import Transfer

LOOK_SECONDS = 0.5
"""How often a waiting main thread looks for Ctrl-C, where a lock does not wake up for it (Windows)."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to send. `can_resume`: what is under way is kept when the command is interrupted, else given up."""

    label: str
    size: int | None
    begin: Callable[[OnProgress], Transfer]
    can_resume: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended: with a file, an error, or (when nobody waited for the inspection) neither."""

    job: Job
    upload_id: str | None
    file: File | None
    error: PortwayError | None
    seconds: float


OnJob = Callable[[Job, Progress], object]


class Pool:
    """Runs jobs, `files_at_once` at a time. To be used once. `left`: those under way when it was stopped."""

    def __init__(self, files_at_once: int, now: Callable[[], float] = time.monotonic) -> None:
        self._files_at_once, self._now = files_at_once, now
        self._running: dict[int, tuple[Job, Transfer]] = {}
        self._lock, self._stopped = threading.Lock(), False
        self.left: Sequence[Job] = ()
        self._results: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()

    def run(self, jobs: Sequence[Job], on_progress: OnJob) -> Iterator[Result]:
        """Each as it ends. Leaving early (Ctrl-C) stops the others at once."""
        threads = ThreadPoolExecutor(max(1, min(self._files_at_once, len(jobs))), "portway-file")
        try:
            for job in jobs:
                threads.submit(self._carry_out, job, on_progress)
            for _ in jobs:
                yield self._next()
        finally:
            self.stop()
            threads.shutdown(cancel_futures=True)

    def stop(self) -> None:
        """What runs is left to be gone on with, or given up if it cannot be."""
        with self._lock:
            self._stopped, running = True, list(self._running.values())
        self.left = [job for job, _ in running]
        for job, transfer in running:
            _leave(job, transfer)

    def _next(self) -> Result:
        while True:
            try:
                found = self._results.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            return found

    def _carry_out(self, job: Job, on_progress: OnJob) -> None:
        began = self._now()
        try:
            upload_id, file, error = self._ended(job, lambda progress: on_progress(job, progress))
            self._results.put(Result(job, upload_id, file, error, self._now() - began))
        except BaseException as error:  # a mistake of ours: it flies in the main thread
            self._results.put(error)

    def _ended(self, job: Job, on_progress: OnProgress) -> tuple[str | None, File | None, PortwayError | None]:
        transfer = None
        try:
            transfer = job.begin(on_progress)
            self._add(job, transfer)
            file = transfer.wait()
            return transfer.upload_id, file, None
        except PortwayError as error:
            return error.upload_id or (transfer and transfer.upload_id) or None, None, error
        finally:
            with self._lock:
                self._running.pop(id(transfer), None)

    def _add(self, job: Job, transfer: Transfer) -> None:
        with self._lock:
            self._running[id(transfer)] = job, transfer
            is_late = self._stopped
        if is_late:
            _leave(job, transfer)
            raise Cancelled("stopped")


def _leave(job: Job, transfer: Transfer) -> None:
    if job.can_resume:
        transfer.detach()
    else:
        transfer.cancel()
