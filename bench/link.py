"""A long line before a server: `python -m bench.link --to HOST:PORT --delay-ms 25 --mb 8`.

Each connection has its own share of the bandwidth, in each direction, and every byte arrives so much later: what one
TCP connection gets over a long way, where several get more. Prints {"port"} and relays until its stdin ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PIECE = 32 << 10


@dataclass(frozen=True, slots=True)
class Line:
    """Seconds that a byte takes, and bytes a second of one connection."""

    delay: float
    rate: float

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, to its end. No more is on the line than it holds."""
        held = max(1, int(self.rate * self.delay / PIECE) + 1)
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(held)
        arriving = asyncio.create_task(self._arrive(pieces, writer))
        clock, free = asyncio.get_running_loop().time, 0.0
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(PIECE):
                free = max(free, clock()) + len(piece) / self.rate
                await pieces.put((free + self.delay, piece))
        await pieces.put((0, b""))
        await arriving

    async def _arrive(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(ConnectionError):
            while (due := await pieces.get())[1]:
                await asyncio.sleep(max(0.0, due[0] - clock()))
                writer.write(due[1])
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

    async def relay(self, host: str, port: int, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, on = await asyncio.open_connection(host, port)
        try:
            await asyncio.gather(self.carry(near, on), self.carry(far, back))
        finally:
            on.close()
            back.close()


async def serve(line: Line, host: str, port: int) -> None:
    server = await asyncio.start_server(lambda near, back: line.relay(host, port, near, back), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def link(port: int, delay_ms: float, mb: float) -> Iterator[str]:
    """The address of a line to that port of this machine, in a process of its own."""
    line = ("--to", f"127.0.0.1:{port}", "--delay-ms", str(delay_ms), "--mb", str(mb))
    with subprocess.Popen(
        [sys.executable, "-m", "bench.link", *line], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.link", description=__doc__)
    parser.add_argument("--to", required=True)
    parser.add_argument("--delay-ms", type=float, required=True)
    parser.add_argument("--mb", type=float, required=True, help="MB/s of one connection")
    asked = parser.parse_args()
    host, _, port = asked.to.rpartition(":")
    asyncio.run(serve(Line(asked.delay_ms / 1000, asked.mb * 1e6), host, int(port)))


if __name__ == "__main__":
    main()
