"""Functions as processes: each invocation has a worker to itself, more workers start when all are busy, up to a limit.

One invocation per process at a time is what Lambda promises and what Powertools counts on: its resolver and its metrics
keep the current invocation in class attributes.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import uuid
from asyncio import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from dev.config import ROOT
from dev.front import frames
from dev.front.compute import PAYLOAD_BYTES, FunctionFailed, PayloadTooLarge
from dev.lifeline import command
from dev.provision.plan import Function

TAIL_BYTES = 2000
INIT_SECONDS = 20.0
"""Lambda gives 10 s; two shared cores that start everything at once may need more."""


class Worker:
    """One process and the socket to it."""

    def __init__(self, process: subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process, self._reader, self._writer = process, reader, writer

    @classmethod
    async def start(cls, function: Function, log: IO[bytes], ahead: str) -> Worker:
        """A worker that has imported its handler. FunctionFailed with the end of the log if it could not."""
        ours, theirs = socket.socketpair()
        arguments = (str(theirs.fileno()), function.handler, function.arn, str(function.timeout_seconds), ahead)
        process = await asyncio.create_subprocess_exec(
            *command("dev.front.worker", *arguments),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(function),
            cwd=ROOT,
        )
        theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = cls(process, reader, writer)
        try:
            await asyncio.wait_for(frames.receive(reader), INIT_SECONDS)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            await worker.end()
            said = Path(log.name).read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace")
            raise FunctionFailed(f"{function.name} did not start:\n{said}") from None
        return worker

    async def call(self, text: bytes) -> Any:
        """Send one event, return the answer frame. IncompleteReadError or OSError when the process ended."""
        self._writer.write(frames.packed(text))
        await self._writer.drain()
        return await frames.receive(self._reader)

    async def end(self) -> None:
        """Kill it and wait until it is gone."""
        self._writer.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


def environment(function: Function) -> dict[str, str]:
    """The variables of a function's process: its own and those that Lambda sets, nothing inherited."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PYTHONPYCACHEPREFIX": sys.pycache_prefix or str(ROOT / ".build/pycache"),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        **function.environment,
    }


class Workers:
    """Compute on processes, with the clock of the file `ahead`. A context manager: leaving it kills every worker."""

    def __init__(self, functions: Mapping[str, Function], logs: Path, ahead: str) -> None:
        self._functions, self._ahead = functions, ahead
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
            if isinstance(worker, Worker):
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
        text = json.dumps({"request_id": str(uuid.uuid4()), "event": event}).encode()
        if len(text) > PAYLOAD_BYTES:
            raise PayloadTooLarge(f"{len(text)} bytes")
        async with self._slots[function]:
            idle = self._idle[function]
            worker = idle.pop() if idle else await self._start(function)
            self._busy.add(worker)
            try:
                frame = await asyncio.wait_for(worker.call(text), self._functions[function].timeout_seconds)
            except BaseException as error:
                self._busy.discard(worker)
                await worker.end()
                if isinstance(error, (TimeoutError, OSError, asyncio.IncompleteReadError)):
                    raise FunctionFailed(f"{function}: timed out or exited") from error
                raise
            self._busy.discard(worker)
            idle.append(worker)
        return _result(function, frame)

    async def _start(self, function: str) -> Worker:
        return await Worker.start(self._functions[function], self._logs[function], self._ahead)


def _fresh(log: Path) -> IO[bytes]:
    """An empty log; a stack that runs beside this one keeps its own file."""
    log.unlink(missing_ok=True)
    return log.open("ab")


def _result(function: str, frame: Mapping[str, Any]) -> Any:
    if "error" in frame:
        raise FunctionFailed(f"{function}: {frame['error']['errorType']}: {frame['error']['errorMessage']}")
    if len(json.dumps(frame["result"])) > PAYLOAD_BYTES:
        raise FunctionFailed(f"{function}: Function.ResponseSizeTooLarge")
    return frame["result"]
