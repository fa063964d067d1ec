"""Drives an upload with tasks of one event loop. What blocks (network, TLS, file) runs in threads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from portway_client.control import Control
from portway_client.errors import Closed
from portway_client.steps import Step, Steps, Together, Until
from portway_client.work import Hands

S = TypeVar("S")
T = TypeVar("T")


class Tasks:
    """Drives steps with tasks of one event loop: their plain code never runs at the same time, no baton is needed."""

    def __init__(self, hands: Hands, control: Control, pool: ThreadPoolExecutor, crowd: Crowd) -> None:
        self._hands, self._control, self._pool, self._crowd = hands, control, pool, crowd
        control.wake = crowd.wake_soon

    async def run(self, steps: Steps[T]) -> T:
        """To the end of these steps. Raises what they raise."""
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                step = steps.throw(error) if error else steps.send(value)
            except StopIteration as stop:
                result: T = stop.value
                return result
            finally:
                self._crowd.wake()
            self._control.watch()
            try:
                value, error = await self._do(step), None
            except BaseException as raised:
                value, error = None, raised

    async def _do(self, step: Step) -> Any:
        match step:
            case Until():
                return await self._crowd.until(step.condition, step.seconds)
            case Together():
                return await self._together(step)
        return await self._in_thread(step)

    async def _in_thread(self, step: Step) -> Any:
        """Cancelled, it cuts the connection off and waits until the thread has let go of file and buffer."""
        try:
            work = asyncio.get_running_loop().run_in_executor(self._pool, self._hands.do, step)
        except RuntimeError as error:  # the pool was shut down
            raise Closed("The client is closed.", upload_id=self._control.upload_id) from error
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._control.halt.set()
            with contextlib.suppress(Exception):
                await work
            raise

    async def _together(self, step: Together) -> None:
        tasks = [asyncio.ensure_future(self.run(each)) for each in step.parts]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if not (self._control.is_paused or self._control.is_stopped):
                self._control.halt.clear()
            raise


class Crowd:
    """All who wait for something of a client's uploads; each looks again whenever anything has moved."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        for each in self._waiting:
            if not each.done():
                each.set_result(None)
        self._waiting.clear()

    def wake_soon(self) -> None:
        """From any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self.wake)

    async def until(self, condition: Callable[[], bool], seconds: float | None) -> bool:
        self._loop = asyncio.get_running_loop()
        end = None if seconds is None else self._loop.time() + seconds
        while not condition():
            left = None if end is None else end - self._loop.time()
            if left is not None and left <= 0:
                return False
            moved = self._loop.create_future()
            self._waiting.add(moved)
            await asyncio.wait([moved], timeout=left)
            self._waiting.discard(moved)
        return True


async def as_they_end(one: Callable[[S], Awaitable[T]], items: Iterable[S], at_once: int) -> AsyncIterator[T]:
    """What `one` makes of each, so many at a time, in the order in which they end. Whoever stops asking stops them."""
    left = iter(items)
    waiting = {asyncio.ensure_future(one(item)) for item in islice(left, at_once)}
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            waiting |= {asyncio.ensure_future(one(item)) for item in islice(left, len(done))}
            for each in done:
                yield each.result()
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
