"""The seam between the front and whatever runs the functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

PAYLOAD_BYTES = 6_291_556
"""The largest event and the largest answer of a synchronous invocation (Lambda quotas: 6 MB)."""


class FunctionFailed(Exception):
    """The invocation ended without an answer: an exception, an exit, a time-out, or an answer that is too large."""


class WorkerLost(FunctionFailed):
    """And the process that served it is good for no other one."""


class PayloadTooLarge(Exception):
    """The event is larger than PAYLOAD_BYTES; the function never saw it."""


class Compute(Protocol):
    """Something that runs functions."""

    async def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """What the function with this logical id answers. Raises FunctionFailed or PayloadTooLarge."""
        ...


class Worker(Protocol):
    """One execution environment of one function: it serves one invocation at a time."""

    @property
    def runs(self) -> bool:
        """Whether there is still a process."""
        ...

    async def call(self, event: bytes) -> Any:
        """What the handler answers to an event, given as JSON. FunctionFailed if it fails, WorkerLost if it ends."""
        ...

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        ...
