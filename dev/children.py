"""The processes of the local stack: started with a log of their own, ready when they say so, stopped for certain."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio import subprocess
from pathlib import Path
from typing import Any

from dev.config import ROOT
from dev.lifeline import command

START_SECONDS = 40.0
"""How long a child may take to get ready on a busy machine."""
STOP_SECONDS = 1.2
"""How long a child may take to end by itself; then it is killed."""
TAIL_BYTES = 3000


class StackFailed(Exception):
    """The stack cannot run. The message is meant for the person who started it."""


class Child:
    """One process."""

    def __init__(self, name: str, process: subprocess.Process, log: Path) -> None:
        self.name, self._process, self._log = name, process, log
        self._drain: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, name: str, module: str, *arguments: str, log: Path, fds: tuple[int, ...] = ()) -> Child:
        """Start `python -m module arguments`. It ends with this process, whatever happens, and has its own session:
        a Ctrl-C in the terminal reaches the supervisor only."""
        log.unlink(missing_ok=True)  # a stack that runs beside this one keeps its own file
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".build/pycache"))
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command(module, *arguments),
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                env=environment,
                cwd=ROOT,
                start_new_session=True,
            )
        return cls(name, process, log)

    async def ready(self) -> dict[str, Any]:
        """The JSON line that the child prints when it is ready. StackFailed with the end of its log if it is not."""
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
            told: dict[str, Any] = json.loads(line)
        except (TimeoutError, ValueError):
            raise StackFailed(f"{self.name} did not start:\n{self.tail()}") from None
        self._drain = asyncio.create_task(_drained(self._process.stdout))
        return told

    def tail(self) -> str:
        """The end of its log."""
        return self._log.read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace").strip() or "(its log is empty)"

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end, insist after STOP_SECONDS. Returns when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if self._drain:
            await self._drain


def how(code: int) -> str:
    """A process's exit code in words; negative is the signal that ended it."""
    known = {-number for number in signal.Signals}
    return signal.Signals(-code).name if code in known else f"exit code {code}"


async def _drained(stream: asyncio.StreamReader) -> None:
    """Read on, so that a child that prints more does not block on a full pipe."""
    while await stream.read(65536):
        pass
