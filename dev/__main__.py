"""`python -m dev`: the local stack in the foreground (make dev).

Prints one line of JSON on stdout when it is ready and keeps the same in .portway/dev.json. SIGTERM and Ctrl-C stop it,
SIGHUP restarts front and functions alone. Logs are in .portway. Exit code 2 means that something was chosen that
cannot be had, 1 that the stack broke.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

from dev.children import StackFailed
from dev.config import BadChoice, Config
from dev.reload import State, changes, sources
from dev.resources import NOTHING_OF_THIS_USER
from dev.stack import Stack


async def run(config: Config) -> str | None:
    """Run a stack until it is told to stop. Returns what went wrong, None if nothing did."""
    loop, stack = asyncio.get_running_loop(), Stack(config)
    told, before = asyncio.Event(), sources()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    stopping = asyncio.ensure_future(told.wait())
    try:
        starting = asyncio.ensure_future(stack.start())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            return None
        site = await starting
        print(json.dumps(site), flush=True)
        print(f"ready: {site['api']} (logs in {config.state}); Ctrl-C stops", file=sys.stderr, flush=True)
        restarts = set[asyncio.Future[None]]()
        loop.add_signal_handler(signal.SIGHUP, lambda: restarts.add(asyncio.ensure_future(_restart(stack))))
        if config.compute == "lambda":
            restarts.add(asyncio.ensure_future(_follow(stack, before)))
        ends: list[asyncio.Future[Any]] = [stopping, stack.failed]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return stack.failed.result() if stack.failed.done() else None
    except StackFailed as error:
        return str(error)
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        await stack.stop()


async def _follow(stack: Stack, before: State) -> None:
    """Built functions are built again as soon as their sources are others than `before`."""
    async for _ in changes(before):
        await _restart(stack, "save it")


async def _restart(stack: Stack, then: str = "send SIGHUP again") -> None:
    try:
        await stack.restart_front()
        print("front and functions are new", file=sys.stderr, flush=True)
    except StackFailed as error:
        print(f"{error}\nmend it and {then}", file=sys.stderr, flush=True)


def main() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(NOTHING_OF_THIS_USER)
    try:
        problem, code = asyncio.run(run(Config.read(os.environ))), 1
    except BadChoice as error:
        problem, code = str(error), 2
    if problem:
        print(problem, file=sys.stderr, flush=True)
    os._exit(code if problem else 0)  # a thread that still talks to a process of the past must not hold us up


if __name__ == "__main__":
    main()
