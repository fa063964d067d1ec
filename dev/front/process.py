"""The process behind a worker, whatever runs in it."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import subprocess
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

from dev.children import how
from dev.front.compute import FunctionFailed, WorkerLost
from dev.provision.plan import Function

TAIL_BYTES = 2000
INIT_SECONDS = 30.0
"""Lambda gives 10 s; two shared cores that start everything at once may need more."""

Answer = TypeVar("Answer")


class Process:
    """One process that writes to the log of its function and inherits nothing."""

    def __init__(self, function: Function, process: subprocess.Process, log: IO[bytes]) -> None:
        self._function, self._process, self._log = function, process, log

    @classmethod
    async def start(
        cls,
        function: Function,
        command: Sequence[str],
        log: IO[bytes],
        *,
        environment: Mapping[str, str],
        folder: Path,
        fds: Sequence[int] = (),
    ) -> Process:
        process = await asyncio.create_subprocess_exec(
            *command,
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
        )
        return cls(function, process, log)

    @property
    def runs(self) -> bool:
        return self._process.returncode is None

    async def ready(self, told: Awaitable[object]) -> None:
        """Wait until it has imported its handler, which `told` says. FunctionFailed if it has not: with its own words,
        or the end of the log."""
        try:
            await asyncio.wait_for(self.unless_it_ends(told), INIT_SECONDS)
        except (TimeoutError, FunctionFailed) as error:
            mute = isinstance(error, (TimeoutError, WorkerLost))
            raise FunctionFailed(f"{self._function.name} did not start:\n{self._tail() if mute else error}") from None

    def _tail(self) -> str:
        return Path(self._log.name).read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace")

    async def unless_it_ends(self, answer: Awaitable[Answer]) -> Answer:
        """What `answer` brings; WorkerLost if the process ends before."""
        coming = asyncio.ensure_future(answer)
        ending = asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                return coming.result()
            raise WorkerLost(f"its process exited ({how(ending.result())})")
        except (OSError, asyncio.IncompleteReadError) as error:  # its end was heard on the connection first
            raise WorkerLost("its process exited") from error
        finally:
            coming.cancel()
            ending.cancel()

    async def end(self) -> None:
        """Kill it and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
