"""A clock on which nothing takes time unless somebody says so."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


class SimulatedClock:
    """Seconds since it was made. Who sleeps moves it on and does not wait. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock, self._now = threading.Lock(), 0.0
        self.slept: list[float] = []
        """Every pause that somebody asked for, in seconds."""

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def wait(self, baton: threading.Condition, seconds: float | None) -> None:
        """What a client does between two tries: a pause takes no time, news from another thread is waited for."""
        if seconds is None:
            baton.wait()
        else:
            self.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """So much time passes."""
        with self._lock:
            self._now += max(0.0, seconds)

    def text(self, at: float | None = None) -> str:
        """A moment as the wire has it: RFC 3339 with milliseconds, in UTC."""
        moment = BEGINNING + timedelta(seconds=self._now if at is None else at)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
