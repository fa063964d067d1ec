"""`python -m dev.faulty`: the faulty network as a process of its own, in front of one or more HTTP servers.

    python -m dev.faulty --plan seed=7,all=0.03 --port 9000 --to http://127.0.0.1:8788

Prints one JSON line with its addresses when it is ready, and a line on stderr for each fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import socket
import sys
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from dev.faulty.plan import BadPlan, Plan
from dev.faulty.proxy import Address, Proxy, running

HOST = "127.0.0.1"


def address(url: str) -> Address:
    """Host and port of an `http://` URL."""
    place = urlsplit(url)
    if place.scheme != "http" or not place.hostname:
        raise argparse.ArgumentTypeError(f"{url} is no http:// URL")
    return place.hostname, place.port or 80


def inherited(text: str) -> tuple[socket.socket, Address]:
    """`FD=URL`: a socket that the parent already listens on, and who is behind it."""
    fd, _, url = text.partition("=")
    return socket.socket(fileno=int(fd)), address(url)


async def serve(plan: Plan, fronts: list[tuple[socket.socket, Address]]) -> None:
    """Break connections until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as open_:
        together: list[Proxy] = []
        for listener, upstream in fronts:
            await open_.enter_async_context(running(plan, upstream, listener, together))
        print(json.dumps({"urls": [_url(listener) for listener, _ in fronts]}), flush=True)
        await stopped.wait()


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.faulty", description=__doc__.partition("\n")[0])
    parser.add_argument("--plan", default="all=0.03", help="name=number, comma-separated: docs/local-stack.md")
    parser.add_argument("--to", type=address, metavar="URL", help="the server to stand in front of")
    parser.add_argument("--port", type=int, default=0, help="where to stand; 0 takes any free one")
    parser.add_argument("--in-front-of", type=inherited, action="append", default=[], metavar="FD=URL")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    fronts = arguments.in_front_of
    if arguments.to:
        fronts.append((socket.create_server((HOST, arguments.port), backlog=256), arguments.to))
    if not fronts:
        parser.error("--to URL: who is the server?")
    try:
        plan = Plan.read(arguments.plan)
    except BadPlan as error:
        parser.error(str(error))
    asyncio.run(serve(plan, fronts))


if __name__ == "__main__":
    main()
