"""The clock of the local stack: the machine's, and as many seconds ahead as a file says. It may say so at any time.

Whoever writes `7200` into the file is two hours later: signed URLs are dead, uploads expire, the sweeper finds work.
Tokens of persons keep the machine's time.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass
class Clock:
    """`ahead` is the file; without it, and while it is being written, nothing changes."""

    ahead: Path
    _seconds: float = field(default=0.0, init=False)

    def seconds_ahead(self) -> float:
        with contextlib.suppress(OSError, ValueError):  # not there, or half written
            self._seconds = float(self.ahead.read_text("ascii"))
        return self._seconds

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.seconds_ahead())


def rule_this_process(ahead: Path) -> None:
    """From now on `time.time` here, and what botocore signs with, follow the file. Call it before botocore is used."""
    from botocore import compat  # the time in a SigV4 signature; modules that are imported later bind what is here then

    clock, machine = Clock(ahead), time.time_ns

    def time_ns() -> int:
        return machine() + int(clock.seconds_ahead() * 1_000_000_000)

    def seconds() -> float:
        return time_ns() / 1_000_000_000

    def current_datetime(remove_tzinfo: bool = True) -> datetime:
        now = clock.now()
        return now.replace(tzinfo=None) if remove_tzinfo else now

    time.time_ns, time.time = time_ns, seconds
    compat.get_current_datetime = current_datetime
