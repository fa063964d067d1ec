"""Functions as processes: each invocation has a worker to itself, more workers start when all are busy, up to a limit.

One invocation per process at a time is what Lambda promises and what Powertools counts on: its resolver and its metrics
keep the current invocation in class attributes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import IO, Any

from dev.front.compute import PAYLOAD_BYTES, FunctionFailed, PayloadTooLarge, Worker, WorkerLost
from dev.provision.plan import Function

Start = Callable[[str, Function, IO[bytes]], Awaitable[Worker]]
"""Starts a worker of the function with this logical id, which writes to this log. FunctionFailed if it cannot start."""


class Workers:
    """Compute on processes, whichever kind `start` makes. A context manager: leaving it kills every worker."""

    def __init__(self, functions: Mapping[str, Function], logs: Path, start: Start) -> None:
        self._functions, self._starter = functions, start
        self._logs = {name: _fresh(logs / f"{name}.log") for name in functions}
        self._slots = {name: asyncio.Semaphore(entry.concurrency) for name, entry in functions.items()}
        self._idle: dict[str, list[Worker]] = {name: [] for name in functions}
        self._busy: set[Worker] = set()

    async def __aenter__(self) -> Workers:
        """One worker of each function is started, so that a handler that cannot be imported is noticed at once."""
        names = list(self._functions)
        started = await asyncio.gather(*map(self._start, names), return_exceptions=True)
        failed = [outcome for outcome in started if isinstance(outcome, BaseException)]
        for name, worker in zip(names, started, strict=True):
            if not isinstance(worker, BaseException):
                self._idle[name].append(worker)
        if failed:
            await self.__aexit__()
            raise failed[0]
        return self

    async def __aexit__(self, *_: object) -> None:
        everybody = [*self._busy, *(worker for idle in self._idle.values() for worker in idle)]
        await asyncio.gather(*(worker.end() for worker in everybody))
        for log in self._logs.values():
            log.close()

    async def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """See Compute. A worker that fails to answer in time is killed; the next invocation gets a new one."""
        text = json.dumps(event).encode()
        if len(text) > PAYLOAD_BYTES:
            raise PayloadTooLarge(f"{len(text)} bytes")
        seconds = self._functions[function].timeout_seconds
        async with self._slots[function]:
            worker = await self._free(function)
            self._busy.add(worker)
            try:
                answer = await asyncio.wait_for(worker.call(text), seconds)
            except BaseException as error:
                lost = isinstance(error, WorkerLost) or not isinstance(error, FunctionFailed)
                await self._done(function, worker, lost=lost)
                if isinstance(error, FunctionFailed):
                    raise FunctionFailed(f"{function}: {error}") from error
                if isinstance(error, TimeoutError):
                    raise FunctionFailed(f"{function}: timed out after {seconds} seconds") from error
                raise
            await self._done(function, worker, lost=False)
        return answer

    async def _free(self, function: str) -> Worker:
        """A worker that has nothing to do, a new one if there is none; those that died meanwhile are forgotten."""
        idle = self._idle[function]
        while idle:
            worker = idle.pop()
            if worker.runs:
                return worker
            await worker.end()
        return await self._start(function)

    async def _done(self, function: str, worker: Worker, *, lost: bool) -> None:
        self._busy.discard(worker)
        if lost:
            await worker.end()
        else:
            self._idle[function].append(worker)

    async def _start(self, function: str) -> Worker:
        return await self._starter(function, self._functions[function], self._logs[function])


def _fresh(log: Path) -> IO[bytes]:
    """An empty log; a stack that runs beside this one keeps its own file."""
    log.unlink(missing_ok=True)
    return log.open("ab")
