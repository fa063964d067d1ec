"""HTTP in front of the operations: authentication, CORS, errors, streaming."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial

from aiohttp import web
from aiohttp.http_exceptions import PayloadEncodingError
from aiohttp.web_protocol import RequestPayloadError

from dev.s3 import access, buckets, cors, events, headers, operations, sts
from dev.s3.call import Answer, Call, Handler, Middleware, error_answer, read
from dev.s3.files import Slice
from dev.s3.operations import Operation
from dev.s3.refused import Refused
from dev.s3.service import Options, Service

LINGER_SECONDS = 10.0  # how long the rest of a refused body is read and dropped, so that the client sees the refusal
STOP_SECONDS = 0.5  # what a stop leaves to the requests under way
MAX_HEADER = 16 * 1024
CLIENT_GONE = (ConnectionError, RequestPayloadError, PayloadEncodingError)
log = logging.getLogger(__name__)
_rules = lru_cache(maxsize=64)(cors.parse)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running endpoint."""

    url: str
    port: int
    service: Service


@asynccontextmanager
async def running(options: Options, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Endpoint]:
    """Serve on the current event loop; port 0 takes a free one, `url` tells which."""
    service = Service(options)
    web_server = web.Server(
        partial(respond, service),
        access_log=None,
        auto_decompress=False,
        lingering_time=LINGER_SECONDS,
        max_line_size=MAX_HEADER,
        max_field_size=MAX_HEADER,
    )
    runner = web.ServerRunner(web_server, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    sender = None
    try:
        await web.TCPSite(runner, host, port).start()
        if options.announce:
            sender = asyncio.create_task(events.deliver(service, options.announce))
        bound = int(runner.addresses[0][1])
        yield Endpoint(f"http://{host}:{bound}", bound, service)
    finally:
        await runner.cleanup()
        if sender:
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender
        service.close()


async def respond(service: Service, http: web.BaseRequest) -> web.StreamResponse:
    """Answer one request. A client that goes away, or a middleware that raises ConnectionError, ends the connection."""
    try:
        return await _respond(service, http)
    except CLIENT_GONE:
        http.protocol.force_close()
        return web.Response(status=400)  # nobody is there to read it


async def _respond(service: Service, http: web.BaseRequest) -> web.StreamResponse:
    """Whatever happens, an answer with CORS headers and a request id."""
    request_id, resource = secrets.token_hex(8).upper(), http.raw_path.partition("?")[0]
    call: Call | None = None
    try:
        call = read(http, service, request_id)
        answer = await _answer(call)
    except Refused as refused:
        answer = error_answer(refused, resource, request_id)
        answer.headers.update(refused.headers)
    except CLIENT_GONE:
        raise
    except Exception:
        log.exception("request %s failed", request_id)
        internal = Refused(500, "InternalError", "We encountered an internal error. Please try again.")
        answer = error_answer(internal, resource, request_id)
    common = {"x-amz-request-id": request_id, "Server": "portway-s3"}
    if call:
        common.update(_cors_headers(call))
    answer.headers = {**common, **answer.headers}
    return await _send(http, service, answer, is_expecting=call is not None and _is_expecting(call))


async def _answer(call: Call) -> Answer:
    if call.request.method == "OPTIONS":
        return Answer(200, cors.preflight_headers(_bucket_rules(call), call.headers))
    if sts.asks(call):
        return await sts.answer(call)
    is_form = call.request.method == "POST" and call.http.content_type == "multipart/form-data"
    if not is_form:
        access.authenticate(call)
    operation = operations.find(call)
    call.operation = operation.name
    if is_form != (operation.name == "PostObject"):
        raise Refused(412, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data")
    headers.check_built(call.headers)
    if call.bucket and operation.name != "CreateBucket" and not buckets.exists(call, call.bucket):
        raise Refused(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=call.bucket)
    handler: Handler = partial(_operate, operation)
    for middleware in reversed(call.service.options.middlewares):
        handler = _around(middleware, handler)
    return await handler(call)


async def _operate(operation: Operation, call: Call) -> Answer:
    for permission in operation.permissions(call):
        access.authorize(call, permission, call.bucket, call.key)
    return await operation.handler(call)


def _around(middleware: Middleware, inner: Handler) -> Handler:
    async def through(call: Call) -> Answer:
        return await middleware(call, inner)

    return through


def _bucket_rules(call: Call) -> tuple[cors.Rule, ...]:
    body = call.service.db.setting(call.bucket, "cors") if call.bucket else None
    return _rules(body) if body else ()


def _cors_headers(call: Call) -> dict[str, str]:
    method = call.headers.get("access-control-request-method") if call.request.method == "OPTIONS" else None
    if method is not None:
        return {"Vary": cors.VARY}
    return cors.answer_headers(_bucket_rules(call), call.headers.get("origin", ""), call.request.method)


def _is_expecting(call: Call) -> bool:
    return "expect" in call.headers and not call.is_body_begun


async def _send(http: web.BaseRequest, service: Service, answer: Answer, *, is_expecting: bool) -> web.StreamResponse:
    if answer.slices is not None:
        return await _stream(http, service, answer, answer.slices)
    has_no_body = http.method == "HEAD" or answer.status in (204, 304)
    response = web.Response(status=answer.status, headers=answer.headers, body=None if has_no_body else answer.body)
    if is_expecting:
        response.force_close()  # the body never came: what follows on this connection would be taken for it
    await response.prepare(http)
    await response.write_eof()
    if is_expecting:
        http.protocol.force_close()  # and there is nothing to wait for
    return response


async def _stream(
    http: web.BaseRequest, service: Service, answer: Answer, slices: Sequence[Slice]
) -> web.StreamResponse:
    """Send the bytes of body files, one block being read in a worker thread at a time."""
    loop, response = asyncio.get_running_loop(), web.StreamResponse(status=answer.status, headers=answer.headers)
    with service.files.reading():
        await response.prepare(http)
        blocks: Iterator[bytes] = service.files.blocks(slices)
        while block := await loop.run_in_executor(service.pool, next, blocks, b""):
            await response.write(block)
        await response.write_eof()
    return response
