"""How many parts at a time, and how many to have signed ahead: learnt from what arrives. Pure; times are seconds.

More parallel parts are tried one by one and kept while they make the whole faster; trouble that means "too much" halves
them. The state is that of all uploads of a client together: they share one network.
"""

from __future__ import annotations

from collections import deque

BEGIN = 4
GAIN = 1.03
"""One more part at a time has to bring so much, or it is taken back."""
REST = 16
"""So many parts pass before the next trial after one that brought nothing."""
SPEED_SECONDS = 5.0
LEAST_WINDOW = 16
"""A signature takes 70 bytes of an answer: asking for fewer saves nothing."""


class Pace:
    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = min(BEGIN, most)
        """Parts that may be on their way now."""
        self.active = 0
        self._trial = _Trial(0.0, 0.0)
        self._rest = 0
        self._recent: deque[tuple[float, int]] = deque()

    @property
    def has_room(self) -> bool:
        return self.active < self.limit

    def arrived(self, size: int, now: float) -> None:
        """A part of `size` bytes is through."""
        self._recent.append((now, size))
        while len(self._recent) > 2 and self._recent[0][0] < now - 4 * SPEED_SECONDS:
            self._recent.popleft()
        trial = self._trial
        if not trial.took(size, now, self.limit):
            return
        speed = trial.speed(now)
        if self._rest > 0:
            self._rest -= self.limit
        elif trial.before and speed < trial.before * GAIN and self.limit > 1 and trial.was_raised:
            self._move(self.limit - 1, now, 0.0)
            self._rest = REST
            return
        elif self.limit < self.most:
            self._move(self.limit + 1, now, speed)
            return
        self._move(self.limit, now, speed)

    def too_much(self, now: float) -> None:
        """S3 said SlowDown, or nothing moved for too long."""
        self._move(max(1, self.limit // 2), now, 0.0)
        self._rest = REST

    def bytes_per_second(self, now: float) -> float:
        """Over the parts of the last seconds; 0 while there are none."""
        if not self._recent:
            return 0.0
        seconds = max(now - self._recent[0][0], 1e-3)
        return sum(size for _, size in self._recent) / seconds if len(self._recent) > 1 else 0.0

    def window(self, part_size: int, seconds: float, now: float) -> int:
        """Parts to have signed: what is sent in half of the `seconds` that a URL lives; never fewer than keep every
        sender busy while more are asked for, at most 1,000."""
        by_speed = int(self.bytes_per_second(now) * seconds / 2 / max(part_size, 1))
        return max(2 * self.most, LEAST_WINDOW, min(by_speed, 1000))

    def _move(self, limit: int, now: float, speed: float) -> None:
        self._trial = _Trial(now, speed, limit > self.limit)
        self.limit = limit


class _Trial:
    """What arrives while the limit stays as it is, until every sender had a turn or two."""

    def __init__(self, began: float, before: float, was_raised: bool = False) -> None:
        self._began, self.before, self.was_raised = began, before, was_raised
        self._bytes = self._parts = 0

    def took(self, size: int, now: float, limit: int) -> bool:
        """Whether enough is known now."""
        if not self._began:  # the first part of all says when to begin, and nothing about speed
            self._began = now
            return False
        self._bytes, self._parts = self._bytes + size, self._parts + 1
        return self._parts >= 2 * limit

    def speed(self, now: float) -> float:
        return self._bytes / max(now - self._began, 1e-3)
