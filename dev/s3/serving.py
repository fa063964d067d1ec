"""The endpoint for tests and scripts: served by a thread, used with `with`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from dev.s3.server import Endpoint, running
from dev.s3.service import Options, Service

Result = TypeVar("Result")
START_SECONDS = 30


class Served:
    """A running endpoint: `url` without a slash at its end, `port`, and its service for what HTTP cannot ask."""

    def __init__(self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self.url, self.port, self._service, self._loop = endpoint.url, endpoint.port, endpoint.service, loop

    def run(self, work: Callable[[Service], Result]) -> Result:
        """Do `work` on the endpoint's own thread, where its catalogue may be touched: lifecycle.run, for instance."""

        async def there() -> Result:
            return work(self._service)

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result()


@contextmanager
def serve(*, data: Path, keys: Mapping[str, str], region: str = "us-east-1", **options: Any) -> Iterator[Served]:
    """Serve the folder `data` on a free port of 127.0.0.1 until the block ends. `options` are those of Options."""
    chosen = Options(data=data, secrets=keys, region=region, **options)
    ready: SimpleQueue[tuple[Served, asyncio.Event] | BaseException] = SimpleQueue()

    async def live() -> None:
        async with running(chosen) as endpoint:
            stop = asyncio.Event()
            ready.put((Served(endpoint, asyncio.get_running_loop()), stop))
            await stop.wait()

    def main() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            ready.put(error)
            raise

    thread = threading.Thread(target=main, name="s3-endpoint", daemon=True)
    thread.start()
    outcome = ready.get(timeout=START_SECONDS)
    if isinstance(outcome, BaseException):
        raise outcome
    served, stop = outcome
    try:
        yield served
    finally:
        served._loop.call_soon_threadsafe(stop.set)
        thread.join()
