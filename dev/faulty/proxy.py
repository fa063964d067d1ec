"""The go-between: reads a request, draws what happens to it, and does that. Hosts and signatures stay as they are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dev.faulty import talks
from dev.faulty.plan import BadPlan, Kind, Plan
from dev.faulty.spell import Spell
from dev.faulty.talks import Broken, Talk
from dev.faulty.wire import HEAD_BYTES, Head, body, read_head

Address = tuple[str, int]
EVERYWHERE, HERE = "PUT /-/network", "PUT /-/network/here"
"""Requests whose body is another plan, for all fronts of the network or for the one that is asked."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Proxy:
    """Stands in front of `upstream`, as one of the `fronts` of a network."""

    spell: Spell
    upstream: Address
    fronts: list[Proxy]
    _late: set[asyncio.Task[None]] = field(default_factory=set)
    _clients: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, until it ends or breaks."""
        self._clients.add(writer)
        try:
            while head := await read_head(reader):
                if not await self._handled(head, reader, writer):
                    break
        except Broken:
            reset(writer)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            log.info("a connection ended: %s", type(error).__name__)
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _handled(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection can go on. Broken when it is to be reset."""
        if head.asked in (EVERYWHERE, HERE):
            return await self._told(head, reader, writer)
        spell = self.spell
        if spell.is_down and not head.is_of_a_tool:
            raise Broken
        goes_on = await ACTS[spell.fate(head)](Talk(head, reader, writer, self.upstream, spell.plan, self._late))
        if spell.answered(head):
            self._cut(but=writer)
        return goes_on

    async def _told(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Another plan; the answer says what came under the one before. Without sense it changes nothing."""
        text = b"".join([piece async for piece in body(reader, head)]).decode("latin-1")
        status, words = "200 OK", json.dumps({"requests": self.spell.requests, "bodies": self.spell.bodies})
        try:
            spell = Spell(Plan.read(text))
        except BadPlan as error:
            status, words = "422 Unprocessable Content", str(error)
        else:
            for front in [self] if head.asked == HERE else self.fronts:
                front.spell = spell
            if spell.is_down:
                self._cut(but=writer)
        last = f"content-length: {len(words)}\r\nconnection: close\r\n\r\n{words}"
        writer.write(f"HTTP/1.1 {status}\r\n{last}".encode("latin-1"))
        await writer.drain()
        return False

    def _cut(self, but: asyncio.StreamWriter) -> None:
        """Reset all connections of the line, except one that is answered in peace."""
        together = [front for front in self.fronts if front.spell is self.spell]
        for client in {client for front in together for client in front._clients} - {but}:
            reset(client)

    async def end(self) -> None:
        """Stop what still runs on its own."""
        late = list(self._late)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


Act = Callable[[Talk], Awaitable[bool]]
"""Handles one request; whether the client's connection can go on."""

ACTS: Mapping[Kind | None, Act] = {
    None: talks.passed,
    Kind.RESET_BEFORE: talks.reset_before,
    Kind.RESET_DURING: talks.reset_during,
    Kind.RESET_AFTER: talks.reset_after,
    Kind.LOST: talks.lost,
    Kind.TRUNCATED: talks.truncated,
    Kind.STALL: talks.stalled,
    Kind.SLOW: talks.slow,
    Kind.TWICE: talks.twice,
    Kind.SLOW_DOWN: talks.slow_down,
    Kind.EXPIRED: talks.expired,
    Kind.CORRUPT: talks.corrupt,
}


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection the hard way: the other side gets ECONNRESET."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def running(
    plan: Plan, upstream: Address, listener: socket.socket, fronts: list[Proxy] | None = None
) -> AsyncIterator[Proxy]:
    """A proxy on a socket that already listens, until the context ends; one more of the `fronts` of its network."""
    fronts = [] if fronts is None else fronts
    proxy = Proxy(Spell(plan), upstream, fronts)
    fronts.append(proxy)
    connections = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await proxy.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # asyncio would complain about a handler that was cancelled
        finally:
            connections.discard(task)

    server = await asyncio.start_server(connected, sock=listener, limit=HEAD_BYTES)
    try:
        yield proxy
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await proxy.end()
