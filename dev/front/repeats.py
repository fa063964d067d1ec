"""Standard output of a function that leaves out what a schedule makes it say again and again.

Deployed, a sweep says every few minutes that there was nothing to do, and that is good to know. Here it runs every
second, and its log would be nothing else.
"""

from __future__ import annotations

import io
import json
from typing import TextIO

SCHEDULER = "aws.scheduler"
"""The source of a schedule's events."""
ALWAYS_NEW = frozenset({"timestamp", "function_request_id", "xray_trace_id", "cold_start"})


class Repeats(io.TextIOBase):
    """Writes whole lines to `stream`; while `scheduled`, none that says the same as the one before it."""

    def __init__(self, stream: TextIO) -> None:
        self.scheduled = False
        self._stream, self._rest, self._last = stream, "", ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            said = _said(line)
            if not (self.scheduled and said == self._last):
                self._stream.write(line + "\n")
            self._last = said
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def _said(line: str) -> str:
    """A line of a log without what differs each time."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict):
        return line
    return json.dumps({name: value for name, value in fields.items() if name not in ALWAYS_NEW}, sort_keys=True)
