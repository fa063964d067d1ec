"""A clock that moves when it is told to, ids and secrets that can be predicted."""

from __future__ import annotations

from dataclasses import dataclass

START = 1_767_225_600_000
"""2026-01-01T00:00:00Z in milliseconds."""


@dataclass(slots=True)
class FakeClock:
    """A portway.ports.Clock: milliseconds since the epoch."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def pass_seconds(self, seconds: float) -> int:
        """Let time pass; returns the new time."""
        self.now += round(seconds * 1000)
        return self.now


@dataclass(slots=True)
class CountingIds:
    """A portway.ports.NewId: ids of 26 characters that count."""

    made: int = 0

    def __call__(self) -> str:
        self.made += 1
        return f"{self.made:026}"


@dataclass(slots=True)
class CountingSecrets:
    """A portway.ports.NewSecret: secrets of 32 characters that count."""

    made: int = 0

    def __call__(self) -> str:
        self.made += 1
        return f"S{self.made:031}"
