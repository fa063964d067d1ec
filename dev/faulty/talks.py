"""One request on its way through, in each of the ways of plan.Kind. Each answers whether the connection can go on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from dev.faulty.plan import Plan
from dev.faulty.wire import HEAD_BYTES, Head, body, is_bodyless, read_head

LINGER_SECONDS = 2.0
"""How long a client may go on with a body after it was answered."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>'


class Broken(Exception):
    """The client's connection is to be reset."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A request whose head was read, the client's connection, and where it wants to go. `flips`: not all bits arrive
    as they were sent."""

    head: Head
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    upstream: tuple[str, int]
    plan: Plan
    late: set[asyncio.Task[None]]
    flips: bool = False


Upstream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(talk: Talk) -> AsyncIterator[Upstream]:
    """A connection of its own for each request. Broken when there is nobody."""
    try:
        reader, writer = await asyncio.open_connection(*talk.upstream, limit=HEAD_BYTES)
    except OSError as error:
        raise Broken from error
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def passed(talk: Talk, seconds: float = 0.0) -> bool:
    """As it should be; or with bodies that take so many seconds."""
    async with connected(talk) as (reader, writer):
        sending = asyncio.create_task(_sent(talk, writer, seconds))
        try:
            goes_on = await _answered(talk, reader, seconds)
            done, _ = await asyncio.wait({sending}, timeout=LINGER_SECONDS)
            return goes_on and bool(done) and sending.exception() is None
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def reset_before(_: Talk) -> bool:
    raise Broken


async def reset_during(talk: Talk) -> bool:
    """Half of the body, or half of the head where there is no body."""
    async with connected(talk) as (_, writer):
        half = (talk.head.length or 0) // 2
        writer.write(talk.head.raw if half else talk.head.raw[: len(talk.head.raw) // 2])
        async for piece in _content(talk):
            writer.write(piece[:half])
            await writer.drain()
            half -= len(piece)
            if half <= 0:
                break
        raise Broken


async def reset_after(talk: Talk) -> bool:
    """Whether the upstream goes on without anybody who listens is its own affair."""
    async with connected(talk) as (_, writer):
        await _sent(talk, writer)
        raise Broken


async def lost(talk: Talk) -> bool:
    async with connected(talk) as (reader, writer):
        await _sent(talk, writer)
        await _heard(talk, reader)
        raise Broken


async def truncated(talk: Talk) -> bool:
    """The client gets every byte up to the half, then an orderly end."""
    async with connected(talk) as (reader, writer):
        await _sent(talk, writer)
        whole = await _heard(talk, reader)
        talk.writer.write(whole[: len(whole) // 2])
        await talk.writer.drain()
    return False


async def stalled(talk: Talk) -> bool:
    await asyncio.sleep(talk.plan.stall_seconds)
    return await passed(talk)


async def slow(talk: Talk) -> bool:
    return await passed(talk, talk.plan.slow_seconds)


async def twice(talk: Talk) -> bool:
    """The second one may be done long after the client was answered and has gone on."""
    content = [talk.head.raw, *[piece async for piece in _content(talk)]]

    async def unheard() -> None:
        with contextlib.suppress(Broken, OSError, EOFError):
            async with connected(talk) as (reader, writer):
                await _written(writer, content)
                await _heard(talk, reader)

    second = asyncio.create_task(unheard())
    talk.late.add(second)
    second.add_done_callback(talk.late.discard)
    async with connected(talk) as (reader, writer):
        await _written(writer, content)
        return await _answered(talk, reader)


async def slow_down(talk: Talk) -> bool:
    if talk.head.is_for_s3:
        return await _refused_by_s3(talk, "503 Slow Down", "SlowDown", "Please reduce your request rate.")
    content = json.dumps({"message": "Service Unavailable"})
    more = f"content-type: application/json\r\nretry-after: {talk.plan.retry_after}\r\n"
    return await _said(talk, "503 Service Unavailable", more, content)


async def expired(talk: Talk) -> bool:
    if not talk.head.is_a_body_for_s3:
        return await passed(talk)
    return await _refused_by_s3(talk, "403 Forbidden", "AccessDenied", "Request has expired")


async def corrupt(talk: Talk) -> bool:
    return await passed(replace(talk, flips=talk.head.is_a_body_for_s3))


async def _refused_by_s3(talk: Talk, status: str, code: str, message: str) -> bool:
    """S3's errors, too, may be read by pages of the origins that its bucket allows; here that is any."""
    origin = talk.head.header("origin")
    more = "content-type: application/xml\r\n" + (f"access-control-allow-origin: {origin}\r\n" if origin else "")
    return await _said(talk, status, more, XML.format(code, message))


async def _said(talk: Talk, status: str, headers: str, content: str) -> bool:
    """An answer of our own, once the request was heard out."""
    async for _ in _content(talk):
        pass
    talk.writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(content)}\r\n{headers}\r\n{content}".encode())
    await talk.writer.drain()
    return True


async def _content(talk: Talk) -> AsyncIterator[bytes]:
    """The request's body from the client, who is told to go on if he waits for that."""
    if talk.head.header("expect"):
        talk.writer.write(CONTINUE)
    flips = talk.flips
    async for piece in body(talk.reader, talk.head):
        yield bytes([piece[0] ^ 1]) + piece[1:] if flips else piece
        flips = False


async def _sent(talk: Talk, writer: asyncio.StreamWriter, seconds: float = 0.0) -> None:
    """Head and body to the upstream. One that does not read on is heard out by whoever reads its answer."""
    writer.write(talk.head.raw)
    is_heard = True
    async for piece in _content(talk):
        if seconds:
            await asyncio.sleep(seconds * len(piece) / (talk.head.length or len(piece)))
        if is_heard:
            try:
                writer.write(piece)
                await writer.drain()
            except OSError:
                is_heard = False


async def _written(writer: asyncio.StreamWriter, pieces: list[bytes]) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()


async def _answered(talk: Talk, reader: asyncio.StreamReader, seconds: float = 0.0) -> bool:
    """The upstream's answer to the client; whether both sides know where it ended."""
    head = await _answer_head(reader)
    talk.writer.write(head.raw)
    async for piece in _rest(talk, head, reader):
        if seconds:
            await asyncio.sleep(seconds * len(piece) / (head.length or len(piece)))
        talk.writer.write(piece)
        await talk.writer.drain()
    is_framed = head.is_chunked or head.length is not None or is_bodyless(head, talk.head.first[0])
    return is_framed and (head.header("connection") or "").lower() != "close"


async def _heard(talk: Talk, reader: asyncio.StreamReader) -> bytes:
    """The upstream's whole answer, kept from the client."""
    head = await _answer_head(reader)
    return b"".join([head.raw, *[piece async for piece in _rest(talk, head, reader)]])


async def _answer_head(reader: asyncio.StreamReader) -> Head:
    """The head of the final answer. Broken when there is none."""
    while head := await read_head(reader):
        if not head.first[1].startswith("1"):
            return head
    raise Broken


def _rest(talk: Talk, head: Head, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The body that belongs to an answer's head."""
    return body(reader, head, is_answer_to=talk.head.first[0])
