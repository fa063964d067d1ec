"""Where an upload and whoever watches it meet: progress one way, pause and cancel the other."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from portway_client.errors import Cancelled
from portway_client.model import Phase, Progress
from portway_client.steps import Steps, Until
from portway_client.transport import Halt

SPEED_SECONDS = 5.0
TELL_SECONDS = 0.1
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Control:
    """One upload's. `now` is a monotonic clock in seconds; `tell` is called by any thread, by one at a time."""

    now: Callable[[], float]
    tell: Callable[[Progress], object] | None = None
    upload_id: str | None = None
    phase: Phase = Phase.PREPARING
    total: int | None = None
    parts: int | None = None
    parts_done: int = 0
    halt: Halt = field(default_factory=Halt)
    is_paused: bool = False
    is_stopped: bool = False
    gives_up: bool = False
    """Stopped for good: the server is to forget the upload, too."""
    says_goodbye: bool = False
    """It has ended but for the server, which is being told: nobody pauses or stops that any more."""
    wake: Callable[[], None] = lambda: None
    """Whoever waits for something looks again."""

    def __post_init__(self) -> None:
        self._bytes = 0
        self._words = ""
        self._samples: deque[tuple[float, int]] = deque()
        self._counting, self._telling, self._steering = (threading.Lock() for _ in range(3))
        self._told_at = float("-inf")

    # what the upload asks

    def check(self) -> None:
        """Raises Cancelled once it was stopped."""
        if self.is_stopped:
            words = "The upload was cancelled." if self.gives_up else "The upload was stopped; it can be resumed."
            raise Cancelled(words, upload_id=self.upload_id)

    def goes_on(self) -> Steps[None]:
        """Waits while it is paused. Raises Cancelled."""
        yield Until(lambda: self.is_stopped or not self.is_paused)
        self.check()

    @contextlib.contextmanager
    def waiting(self, words: str) -> Iterator[None]:
        self._words = words
        self._told_at = float("-inf")
        try:
            yield
        finally:
            self._words = ""

    def enters(self, phase: Phase) -> None:
        self.phase = phase
        self._told_at = float("-inf")  # whoever drives tells it, when nobody is kept waiting by the observer

    def count(self, size: int) -> None:
        """So many bytes more on their way; negative when a part has to be sent again. Any thread."""
        with self._counting:
            self._bytes += size
        self.watch()

    def reopens(self) -> None:
        """It was stopped, and there are last words to say to the server."""
        with self._steering:
            self.says_goodbye, self.is_stopped, self.is_paused = True, False, False
            self.halt.clear()

    # what others ask

    def pause(self) -> None:
        with self._steering:
            if not self.says_goodbye:
                self.is_paused = True
                self.halt.set()
        self.wake()
        self.watch(at_once=True)

    def resume(self) -> None:
        self.halt.clear()
        self.is_paused = False
        self.wake()
        self.watch(at_once=True)

    def stop(self, gives_up: bool) -> None:
        with self._steering:
            if not self.says_goodbye:
                self.gives_up, self.is_stopped = gives_up, True
                self.halt.set()
        self.wake()

    @property
    def progress(self) -> Progress:
        now = self.now()
        with self._counting:
            done, speed = self._bytes, self._speed(now)
        phase, words = self.phase, self._words
        if self.is_paused and phase is not Phase.DONE:
            phase, speed = Phase.PAUSED, 0.0
        elif words:
            phase = Phase.WAITING
        left = None if self.total is None or speed <= 0 else max(self.total - done, 0) / speed
        return Progress(phase, done, self.total, self.parts_done, self.parts, speed, left, self.upload_id, words)

    def watch(self, at_once: bool = False) -> None:
        """Tells whoever wants to know, ten times a second at most. An observer that raises stops nothing.

        Nobody waits for a slow observer, or for itself: what happens meanwhile is told with the next news.
        """
        if self.tell is None:
            return
        if at_once:
            self._told_at = float("-inf")
        if self.now() - self._told_at < TELL_SECONDS or not self._telling.acquire(blocking=False):
            return
        try:
            self._told_at = self.now()
            self.tell(self.progress)
        except Exception:
            log.warning("on_progress raised; the upload goes on", exc_info=True)
        finally:
            self._telling.release()

    def _speed(self, now: float) -> float:
        """Bytes a second since the oldest sample of the last seconds."""
        samples = self._samples
        if not samples or now - samples[-1][0] >= TELL_SECONDS:
            samples.append((now, self._bytes))
        while len(samples) > 1 and samples[0][0] < now - SPEED_SECONDS:
            samples.popleft()
        began, at_first = samples[0]
        return max(self._bytes - at_first, 0) / (now - began) if now > began else 0.0
