"""`AsyncClient`: the twin of `Client` for asyncio. The same flow; what blocks (network, TLS, file) runs in threads.

    async with AsyncClient("https://uploads.example.com", token=my_token) as client:
        file = await client.upload("film.mov")

Cancelling the task stops the upload at once and leaves it to be resumed; `Transfer.cancel` gives it up.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, Unpack

from portway_client.control import Control
from portway_client.downloads import Target, downloaded, opened
from portway_client.engine import NOTHING, About, Engine, OnProgress, Settings
from portway_client.errors import PortwayError
from portway_client.job import Job
from portway_client.model import File, Progress, Upload
from portway_client.sendables import Sendable
from portway_client.steps import Steps
from portway_client.tasks import Crowd, Tasks, as_they_end
from portway_client.transfers import Outcome, Steered, there
from portway_client.work import Hands, Token

T = TypeVar("T")
THREADS = 64
"""More than can be busy: requests to S3 are bounded by `parallel`, those to the API by the files at once."""


class AsyncTransfer(Steered):
    """An upload on its way in a task. Await it for the published file (None with `wait=False`), or what ended it."""

    def __init__(self, control: Control, task: asyncio.Task[File | None]) -> None:
        super().__init__(control)
        self._task = task

    def __await__(self) -> Generator[Any, None, File | None]:
        return self._task.__await__()


class AsyncClient:
    """A backend at `base_url`; for one event loop. Arguments and errors are those of `Client`.

    `on_progress` is called in threads of the client: hand over to the loop by `call_soon_threadsafe`.
    """

    def __init__(self, base_url: str, token: Token = None, **settings: Unpack[Settings]) -> None:
        self._engine = Engine(base_url, token, settings)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="portway")
        self._crowd = Crowd()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends connections and threads. What is under way, or asked for later, raises Closed."""
        self._engine.transport.close()
        self._pool.shutdown(wait=False)

    async def upload(self, source: Sendable, *, on_progress: OnProgress | None = None, **about: Unpack[About]) -> File:
        """As Client.upload."""
        return there(await self._sent(*self._engine.new(source, about, on_progress)))

    def start(
        self, source: Sendable, *, on_progress: OnProgress | None = None, wait: bool = True, **about: Unpack[About]
    ) -> AsyncTransfer:
        """In a task of its own."""
        return self._started(*self._engine.new(source, about, on_progress, wait))

    async def resume(
        self, source: Sendable, upload_id: str | None = None, *, on_progress: OnProgress | None = None
    ) -> File:
        """As Client.resume."""
        return there(await self._sent(*self._engine.again(source, upload_id, on_progress)))

    def start_resume(
        self,
        source: Sendable,
        upload_id: str | None = None,
        *,
        on_progress: OnProgress | None = None,
        wait: bool = True,
    ) -> AsyncTransfer:
        return self._started(*self._engine.again(source, upload_id, on_progress, wait))

    async def upload_many(
        self,
        sources: Iterable[Sendable],
        *,
        files_at_once: int = 16,
        on_progress: Callable[[Sendable, Progress], object] | None = None,
        wait: bool = True,
        **about: Unpack[About],
    ) -> AsyncIterator[Outcome]:
        """As Client.upload_many: each as it ends."""

        async def one(source: Sendable) -> Outcome:
            job = None
            try:
                tell = None if on_progress is None else functools.partial(on_progress, source)
                job, steps = self._engine.new(source, about, tell, wait)
                file = await self._sent(job, steps)
                return Outcome(source, job.control.upload_id, file, None)
            except PortwayError as error:
                return Outcome(source, job.control.upload_id if job else None, None, error)

        async for outcome in as_they_end(one, sources, files_at_once):
            yield outcome

    async def status(self, upload_id: str) -> Upload:
        control = self._engine.control()
        return await self._run(self._engine.status(upload_id, control), control)

    async def wait(self, upload_id: str, timeout: float | None = None) -> File:
        """As Client.wait."""
        job, steps = self._engine.awaited(upload_id, timeout)
        return await self._run(steps, job.control)

    async def uploads(self, status: str | None = None) -> AsyncIterator[Upload]:
        """Your own, newest first."""
        cursor: str | None = ""
        while cursor is not None:
            control = self._engine.control()
            found, cursor = await self._run(self._engine.page(status, cursor, control), control)
            for upload in found:
                yield upload

    async def cancel(self, upload_id: str) -> None:
        await self._ask("DELETE", f"/v1/uploads/{upload_id}")

    async def retry(self, upload_id: str) -> Upload:
        """As Client.retry."""
        await self._ask("POST", f"/v1/uploads/{upload_id}/retry")
        return await self.status(upload_id)

    async def file(self, file_id: str) -> File:
        control = self._engine.control()
        return await self._run(self._engine.file(file_id, control), control)

    async def delete(self, file_id: str) -> None:
        await self._ask("DELETE", f"/v1/files/{file_id}")

    async def url(self, file_id: str) -> str:
        """A signed URL to read it, good for minutes."""
        return str((await self._ask("GET", f"/v1/files/{file_id}/url"))["url"])

    async def download(self, file_id: str, target: Target, *, on_progress: OnProgress | None = None) -> File:
        """As Client.download."""
        file = await self.file(file_id)
        control = self._engine.control(on_progress)
        with opened(target, file) as sink:
            await self._run(downloaded(file, sink, self._engine.patience, control), control)
        return file

    async def _ask(self, method: str, path: str) -> Mapping[str, Any]:
        control = self._engine.control()
        return await self._run(self._engine.ask(method, path, control), control)

    def _started(self, job: Job, steps: Steps[File | None]) -> AsyncTransfer:
        return AsyncTransfer(job.control, asyncio.ensure_future(self._sent(job, steps)))

    async def _sent(self, job: Job, steps: Steps[File | None]) -> File | None:
        with contextlib.closing(job.source), self._engine.claimed(job):
            return await self._drive(steps, self._engine.hands(job), job.control)

    async def _run(self, steps: Steps[T], control: Control) -> T:
        return await self._drive(steps, Hands(self._engine.api, NOTHING, self._engine.state, control), control)

    async def _drive(self, steps: Steps[T], hands: Hands, control: Control) -> T:
        try:
            return await Tasks(hands, control, self._pool, self._crowd).run(steps)
        finally:
            control.watch()
