"""The Runtime API for one process (Lambda developer guide, "Using the Lambda runtime API"): what it asks for its work.

Every process has an endpoint to itself, so an invocation that hangs is the invocation of a process that can be named,
and killed. The process asks for the next event when it is done with the one before; to ask for the first is to have
started.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from dev.front.compute import PAYLOAD_BYTES, FunctionFailed, WorkerLost

HOST = "127.0.0.1"
ROUTES = "/2018-06-01/runtime"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
PATIENCE_SECONDS = 3600
"""A connection over which nothing goes while a handler works is not dead."""


@dataclass(slots=True)
class Invocation:
    """One event on its way to a process, and what comes of it."""

    event: bytes
    deadline: float
    """Seconds since the epoch."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def headers(self, arn: str) -> dict[str, str]:
        """What the runtime is told besides the event."""
        return {
            "Lambda-Runtime-Aws-Request-Id": self.id,
            "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }


class Endpoint:
    """One process's Runtime API on a free port. `opened` first, `close` when the process is gone."""

    def __init__(self, arn: str, timeout_seconds: int) -> None:
        self._arn, self._seconds = arn, timeout_seconds
        self._waiting: asyncio.Queue[Invocation] = asyncio.Queue()
        self._current: Invocation | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the process has started; FunctionFailed if it says that it cannot."""
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=PATIENCE_SECONDS,
            shutdown_timeout=0.1,
        )

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=PAYLOAD_BYTES + 1)  # the first size that it refuses
        app.add_routes(
            [
                web.get(f"{ROUTES}/invocation/next", self._next),
                web.post(f"{ROUTES}/invocation/{{id}}/response", self._response),
                web.post(f"{ROUTES}/invocation/{{id}}/error", self._error),
                web.post(f"{ROUTES}/init/error", self._init_error),
            ]
        )
        return app

    async def open(self) -> str:
        """Listen; the address, as AWS_LAMBDA_RUNTIME_API names it."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        return f"{HOST}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        self.ready.cancel()
        await self._runner.cleanup()

    async def invoke(self, event: bytes) -> Any:
        """What the process answers to an event. FunctionFailed if it says that it failed."""
        invocation = Invocation(event, time.time() + self._seconds)
        self._waiting.put_nowait(invocation)
        return await invocation.answer

    async def _next(self, _: web.Request) -> web.Response:
        if not self.ready.done():
            self.ready.set_result(None)
        self._current = invocation = await self._waiting.get()
        return web.Response(
            body=invocation.event, content_type="application/json", headers=invocation.headers(self._arn)
        )

    async def _response(self, request: web.Request) -> web.Response:
        if not (invocation := self._asked(request)):
            return _refusal(400, "InvalidRequestID")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            self._end(invocation, WorkerLost("Function.ResponseSizeTooLarge"))
            return _refusal(413, "RequestEntityTooLarge")
        try:
            self._end(invocation, json.loads(body))
        except ValueError:
            self._end(invocation, FunctionFailed("Runtime.InvalidResponse: the answer is no JSON"))
        return _accepted()

    async def _error(self, request: web.Request) -> web.Response:
        if not (invocation := self._asked(request)):
            return _refusal(400, "InvalidRequestID")
        self._end(invocation, FunctionFailed(await _words(request)))
        return _accepted()

    async def _init_error(self, request: web.Request) -> web.Response:
        if not self.ready.done():
            self.ready.set_exception(FunctionFailed(await _words(request)))
        return _accepted()

    def _asked(self, request: web.Request) -> Invocation | None:
        """The invocation that the process has, if it speaks of that one."""
        current = self._current
        return current if current and current.id == request.match_info["id"] else None

    def _end(self, invocation: Invocation, outcome: Any) -> None:
        """Hand the outcome to whoever waits for it, if anybody still does."""
        self._current = None
        if invocation.answer.done():
            return
        if isinstance(outcome, FunctionFailed):
            invocation.answer.set_exception(outcome)
        else:
            invocation.answer.set_result(outcome)


async def _words(request: web.Request) -> str:
    """The type and message of an error; the type of one at the start may stand in a header only."""
    try:
        said = json.loads(await request.read())
    except ValueError:
        said = {}
    kind = said.get("errorType") or request.headers.get(ERROR_TYPE, "Runtime.Unknown")
    return f"{kind}: {said.get('errorMessage', '')}"


def _accepted() -> web.Response:
    return web.json_response({"status": "OK"}, status=202)


def _refusal(status: int, kind: str) -> web.Response:
    return web.json_response({"errorType": kind, "errorMessage": kind}, status=status)
