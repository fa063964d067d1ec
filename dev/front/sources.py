"""Functions out of the source tree, on the interpreter and packages of the local stack: PORTWAY_COMPUTE=inprocess."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import uuid
from typing import IO, Any

from dev.config import ROOT
from dev.front import frames
from dev.front.compute import PAYLOAD_BYTES, FunctionFailed
from dev.front.process import Process
from dev.front.workers import Start
from dev.lifeline import command
from dev.provision.plan import Function


class SourceWorker:
    """A process that runs `dev.front.worker`, and the socket to it. See Worker."""

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process, self._reader, self._writer = process, reader, writer

    @property
    def runs(self) -> bool:
        return self._process.runs

    async def call(self, event: bytes) -> Any:
        text = b'{"request_id": "%s", "event": %s}' % (str(uuid.uuid4()).encode(), event)
        frame = await self._process.unless_it_ends(self._asked(text))
        if "error" in frame:
            raise FunctionFailed(f"{frame['error']['errorType']}: {frame['error']['errorMessage']}")
        if len(json.dumps(frame["result"])) > PAYLOAD_BYTES:
            raise FunctionFailed("Function.ResponseSizeTooLarge")
        return frame["result"]

    async def _asked(self, text: bytes) -> Any:
        self._writer.write(frames.packed(text))
        await self._writer.drain()
        return await frames.receive(self._reader)

    async def end(self) -> None:
        self._writer.close()
        await self._process.end()


def from_sources(ahead: str) -> Start:
    """Workers whose clock follows the file `ahead`."""

    async def start(_: str, function: Function, log: IO[bytes]) -> SourceWorker:
        ours, theirs = socket.socketpair()
        arguments = (str(theirs.fileno()), function.handler, function.arn, str(function.timeout_seconds), ahead)
        process = await Process.start(
            function,
            command("dev.front.worker", *arguments),
            log,
            environment=environment(function),
            folder=ROOT,
            fds=[theirs.fileno()],
        )
        theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = SourceWorker(process, reader, writer)
        try:
            await process.ready(frames.receive(reader))
        except BaseException:
            await worker.end()
            raise
        return worker

    return start


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
