"""The seam between the front and whatever runs the functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

PAYLOAD_BYTES = 6_291_556
"""The largest event and the largest answer of a synchronous invocation (Lambda quotas: 6 MB)."""


class FunctionFailed(Exception):
    """The invocation ended without an answer: an exception, an exit, a time-out, or an answer that is too large."""


class PayloadTooLarge(Exception):
    """The event is larger than PAYLOAD_BYTES; the function never saw it."""


class Compute(Protocol):
    """Something that runs functions."""

    async def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """What the function with this logical id answers. Raises FunctionFailed or PayloadTooLarge."""
        ...
