"""The front as an aiohttp application: pages by their paths, everything else to the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import jwt
from aiohttp import web

from dev.artefacts import artefacts
from dev.clock import Clock
from dev.front import pages
from dev.front.built import RUNTIME, from_artefacts
from dev.front.compute import Compute
from dev.front.gateway import BODY_BYTES, Gateway
from dev.front.payload import Answer, Request
from dev.front.poller import Poller, run_schedule
from dev.front.queue import HttpQueue
from dev.front.settings import Front
from dev.front.sources import from_sources
from dev.front.workers import Start, Workers

DRAINED_BYTES = 64 * 1024 * 1024
"""How much of a refused body is read, so that the client can read the refusal."""

log = logging.getLogger(__name__)


def application(front: Front, gateway: Gateway) -> web.Application:
    """The pages and the API on one address."""

    async def api(request: web.Request) -> web.Response:
        try:
            asked = await _read(request)
        except ConnectionError:
            return web.Response(status=400)  # gone in the middle of the request: nobody is there to read this
        answer = await gateway.answer(asked)
        log.info("%s %s %d", request.method, request.path, answer.status)
        return _written(answer)

    app = web.Application(client_max_size=DRAINED_BYTES)
    app.add_routes(pages.routes(front))
    app.router.add_route("*", "/{any:.*}", api)
    return app


async def _read(request: web.Request) -> Request:
    """The request with its body; of a body that is too large, one byte too many is kept."""
    body, seen = bytearray(), 0
    async for chunk in request.content.iter_any():
        seen += len(chunk)
        if len(body) <= BODY_BYTES:
            body += chunk[: BODY_BYTES + 1 - len(body)]
        if seen > DRAINED_BYTES:
            break
    headers = [(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in request.raw_headers]
    return Request(
        method=request.method,
        target=request.raw_path,
        headers=headers,
        body=bytes(body),
        source_ip=request.remote or "127.0.0.1",
    )


def _written(answer: Answer) -> web.Response:
    made = web.Response(status=answer.status, body=answer.body or None)
    made.headers.popall("content-type", None)
    for name, value in answer.headers:
        made.headers.add(name, value)
    return made


def _duties(front: Front, compute: Compute, session: aiohttp.ClientSession) -> Iterator[Coroutine[Any, Any, None]]:
    for mapping in front.plan.mappings:
        queue = HttpQueue(session, mapping.queue_url, front.region)
        yield Poller(mapping, queue, compute, front.region, front.retry_seconds).run()
    for schedule in front.plan.schedules:
        yield run_schedule(schedule, compute, front.sweep_seconds, front.region)


def _complain(task: asyncio.Task[None]) -> None:
    """Nobody waits for these tasks, so one that breaks has to say so itself."""
    if not task.cancelled() and task.exception():
        log.error("stopped working", exc_info=task.exception())


@contextlib.asynccontextmanager
async def background(front: Front, compute: Compute) -> AsyncIterator[None]:
    """Pollers and schedules, running while the context is open."""
    async with aiohttp.ClientSession() as session:
        tasks = [asyncio.create_task(duty) for duty in _duties(front, compute, session)]
        for task in tasks:
            task.add_done_callback(_complain)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _built(front: Front) -> Start:
    values = (value for function in front.plan.functions.values() for value in function.environment.values())
    sockets = [Path(value.removeprefix("unix://")) for value in values if value.startswith("unix://")]
    found = artefacts(policy=Path(front.policy), reads=[Path(front.ahead), RUNTIME, *sockets])
    return from_artefacts(found, front.ahead)


COMPUTE: Mapping[str, Callable[[Front], Start]] = {
    "inprocess": lambda front: from_sources(front.ahead),
    "lambda": _built,
}


@contextlib.asynccontextmanager
async def running(front: Front) -> AsyncIterator[web.Application]:
    """Everything of the front: workers, pollers, schedules, and the application to serve."""
    keys = jwt.PyJWKSet.from_dict(front.jwks)
    workers = Workers(front.plan.functions, Path(front.logs), COMPUTE[front.compute](front))
    async with workers as compute, background(front, compute):
        yield application(front, Gateway(front.plan, keys, compute, now=Clock(Path(front.ahead)).now))
