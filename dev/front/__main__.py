"""`python -m dev.front --settings FILE --fd N`: the front as a process, on a socket that its parent already listens on.

Prints one JSON line when it answers. SIGTERM ends it and its workers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from dev.front.app import running
from dev.front.compute import FunctionFailed
from dev.front.settings import Front


async def serve(front: Front, listener: socket.socket) -> None:
    """Answer on `listener` until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(front) as app:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.3)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        print(json.dumps({"functions": sorted(front.plan.functions)}), flush=True)
        await stopped.wait()
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.front", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, help="the JSON file that the supervisor wrote")
    parser.add_argument("--fd", type=int, required=True, help="an inherited socket that already listens")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(serve(Front.load(arguments.settings), socket.socket(fileno=arguments.fd)))
    except FunctionFailed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
