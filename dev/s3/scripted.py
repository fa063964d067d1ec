"""Answers that S3 gives now and then, on demand: "the next CompleteMultipartUpload answers 200 with InternalError"."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import deque
from dataclasses import dataclass, field

from dev.s3.call import Answer, Call, Handler, error_answer
from dev.s3.refused import Refused

LINE = re.compile(r"([A-Za-z]+)=([2-5][0-9]{2}):([A-Za-z]+)(:done)?")
MESSAGE = "As the script of this endpoint says."


@dataclass(frozen=True, slots=True)
class Line:
    """What the next call of an operation gets: this status with this code in its body, also where the status is 200.

    `is_done`: the call has its effect all the same.
    """

    status: int
    code: str
    is_done: bool = False


@dataclass(slots=True)
class Pause:
    """A call that gets no answer before it is let go; then it has its effect. `done` is set once it has."""

    reached: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    _go_on: threading.Event = field(default_factory=threading.Event)

    def let_go(self, seconds: float = 30) -> None:
        """From another thread: have the call done. Fails after `seconds`."""
        self._go_on.set()
        assert self.done.wait(seconds), "the call was never made"

    async def through(self, call: Call, handler: Handler) -> Answer:
        self.reached.set()
        await asyncio.get_running_loop().run_in_executor(None, self._go_on.wait)
        try:
            return await handler(call)
        finally:
            self.done.set()


class Script:
    """A middleware (Options.middlewares). What it is told is used up one call after the other; then all is as ever."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Line | Pause]] = {}

    def tell(self, operation: str, *lines: Line | Pause) -> None:
        """What the next calls of this operation get, one each."""
        self._lines.setdefault(operation, deque()).extend(lines)

    async def __call__(self, call: Call, handler: Handler) -> Answer:
        waiting = self._lines.get(call.operation)
        if not waiting:
            return await handler(call)
        line = waiting.popleft()
        if isinstance(line, Pause):
            return await line.through(call, handler)
        if line.is_done:
            await handler(call)
        refused = Refused(line.status, line.code, MESSAGE)
        return error_answer(refused, call.http.path, call.request_id)


def line_of(text: str) -> tuple[str, Line]:
    """`CompleteMultipartUpload=200:InternalError`, and `:done` behind it where the effect happens; else ValueError."""
    found = LINE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not like CopyObject=503:SlowDown")
    operation, status, code, done = found.groups()
    return operation, Line(int(status), code, done is not None)
