"""The go-between: reads a request, draws what happens to it, and does that. Hosts and signatures stay as they are."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dev.faulty import talks
from dev.faulty.plan import BadPlan, Kind, Plan
from dev.faulty.talks import Broken, Talk
from dev.faulty.wire import HEAD_BYTES, Head, body, read_head

Address = tuple[str, int]
CONTROL = "PUT /-/network"
"""Who sends a plan as the body of this gives the network that plan."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Proxy:
    """Stands in front of `upstream`. `done` counts the faults, by kind; None is a request that was left in peace."""

    plan: Plan
    upstream: Address
    done: Counter[Kind | None] = field(default_factory=Counter)
    _seen: Counter[str] = field(default_factory=Counter)
    _came: int = 0
    _bodies: int = 0
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
        if head.asked == CONTROL:
            return await self._told(head, reader, writer)
        if self._is_down and not head.is_of_a_tool:
            raise Broken
        plan = self.plan
        goes_on = await ACTS[self._fate(head)](Talk(head, reader, writer, self.upstream, plan, self._late))
        if head.is_a_body_for_s3 and plan is self.plan:
            self._bodies += 1
            self._cut(but=writer)
        return goes_on

    def _fate(self, head: Head) -> Kind | None:
        """What happens to a request. Those that tools sign with keys are left in peace, and preflights, which look
        the same to a page as what follows them."""
        if head.is_of_a_tool or head.is_a_preflight:
            return None
        asked, self._came = head.asked, self._came + 1
        before = self._seen[asked]
        self._seen[asked] += 1
        script = self.plan.script
        kind = script[self._came - 1] if self._came <= len(script) else self.plan.drawn(asked, before)
        self.done[kind] += 1
        if kind:
            log.warning("%s %s", kind, asked)
        return kind

    @property
    def _is_down(self) -> bool:
        return self.plan.down_after is not None and self._bodies >= self.plan.down_after

    def _cut(self, but: asyncio.StreamWriter) -> None:
        """Reset all connections if the network is down now, except one that is answered in peace."""
        if self._is_down:
            for client in self._clients - {but}:
                reset(client)

    async def _told(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Another plan: counting begins anew with it. One that makes no sense changes nothing, and says so."""
        text = b"".join([piece async for piece in body(reader, head)]).decode("latin-1")
        try:
            self.plan, status, words = Plan.read(text), "200 OK", text
            self._seen.clear()
            self._came = self._bodies = 0
            self._cut(but=writer)
        except BadPlan as error:
            status, words = "422 Unprocessable Content", str(error)
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(words)}\r\n\r\n{words}".encode("latin-1"))
        await writer.drain()
        return True

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
async def running(plan: Plan, upstream: Address, listener: socket.socket) -> AsyncIterator[Proxy]:
    """A proxy on a socket that already listens, until the context ends."""
    proxy = Proxy(plan, upstream)
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
