"""What breaks on our side: function workers are killed and the front is restarted, at chosen counts of requests."""

from __future__ import annotations

import os
import queue
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tests.stack.local_stack import LocalStack, alive, descendants

FRONT = "front"
FUNCTIONS = ("api", "process", "sweep")
SECONDS = 60.0
"""How long a restart may take on a busy machine."""


def schedule(chance: random.Random, kills: int, last: int) -> dict[int, str]:
    """Deeds by count of requests: kills of workers at random moments up to `last`, the front in the middle."""
    moments = sorted(chance.sample(range(10, last), kills))
    deeds = {moment: chance.choice(("api", "process", "process", "sweep")) for moment in moments}
    return {**deeds, last // 2: FRONT}


class Storm:
    """Does the deeds of a schedule, one after the other, in a thread of its own. `done` lists them."""

    def __init__(self, stack: LocalStack, deeds: Mapping[int, str], chance: random.Random, calm: Callable[[], object]):
        self._stack, self._deeds, self._chance, self._calm = stack, dict(deeds), chance, calm
        self._count, self._lock = 0, threading.Lock()
        self._due: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._rage)
        self.done: list[str] = []

    def __enter__(self) -> Storm:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._due.put(None)
        self._thread.join()

    def tick(self) -> None:
        """A client has sent a request."""
        with self._lock:
            self._count += 1
            deed = self._deeds.pop(self._count, None)
        if deed:
            self._due.put(deed)

    def _rage(self) -> None:
        while deed := self._due.get():
            if deed == FRONT:
                self._restart()
            else:
                self._kill(deed)
            self.done.append(deed)

    def _restart(self) -> None:
        """The front, its workers and pollers anew. A worker that is killed while they start would end the stack."""
        old = running(self._stack, "dev.front")
        self._stack.process.send_signal(signal.SIGHUP)
        eventually(lambda: not alive(old))
        self._calm()

    def _kill(self, function: str) -> None:
        """One worker of a function, whatever it is doing, by its id."""

        def struck() -> bool:
            found = sorted(running(self._stack, f"{function.capitalize()}Function"))
            with suppress(ProcessLookupError):  # it ended by itself at this moment
                if found:
                    os.kill(self._chance.choice(found), signal.SIGKILL)
                    return True
            return False

        eventually(struck)


def running(stack: LocalStack, word: str) -> set[int]:
    """Ids of the stack's own processes with this word in their command line."""
    return {pid for pid in descendants(stack.process.pid) if word in _command(pid)}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ")
    except OSError:
        return ""


def eventually(holds: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Ask again and again, every few milliseconds; AssertionError after so many seconds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)
