"""The long line that benches put before a server: late, narrow, and the same bytes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.link import Line

SIZE = 200_000
BYTES = bytes(range(250)) * (SIZE // 250)


@asynccontextmanager
async def line_to_an_echo(line: Line) -> AsyncIterator[int]:
    """A port that leads over the line to somebody who says everything back, once all of it is there."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read())
        writer.close()

    far = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = far.sockets[0].getsockname()[1]
    near = await asyncio.start_server(lambda *ends: line.relay("127.0.0.1", port, *ends), "127.0.0.1", 0)
    async with far, near:
        yield near.sockets[0].getsockname()[1]


async def told(port: int, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(words)
    writer.write_eof()
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_line_changes_no_byte_and_gives_each_connection_its_share() -> None:
    """There and back: twice the delay, and twice what the bandwidth takes."""
    async with line_to_an_echo(Line(0.02, 2e6)) as port:
        began = time.monotonic()
        assert await told(port, BYTES) == BYTES
        assert time.monotonic() - began >= 2 * (0.02 + SIZE / 2e6)


async def test_more_connections_get_more() -> None:
    """Eight are through long before one after the other could be."""
    async with line_to_an_echo(Line(0.0, 4e5)) as port:
        began = time.monotonic()
        heard = await asyncio.gather(*(told(port, BYTES) for _ in range(8)))
        assert heard == [BYTES] * 8
        assert time.monotonic() - began < 8 * 2 * SIZE / 4e5
