"""A progress bar: one line that redraws itself on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO

WIDTH = 32
REDRAW_SECONDS = 0.1
LINE_PERCENT = 25
UNITS = ("bytes", "KB", "MB", "GB", "TB")


def size_text(count: float) -> str:
    """Bytes as people say them, in powers of a thousand."""
    for unit in UNITS:
        if count < 1000 or unit == UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"


class Bar:
    """How much of `total` bytes is done. `reach` may be called by any thread."""

    def __init__(self, total: int, out: TextIO = sys.stdout) -> None:
        self._total, self._out, self._done = total, out, 0
        self._began = self._drawn_at = time.monotonic()
        self._next_line = LINE_PERCENT
        self._lock = threading.Lock()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._draw("\n")

    def reach(self, done: int) -> None:
        """So many bytes in all; they may become fewer, when a part has to be sent again."""
        with self._lock:
            self._done = done
            now = time.monotonic()
            if self._out.isatty() and now - self._drawn_at >= REDRAW_SECONDS:
                self._drawn_at = now
                self._draw("")
            elif not self._out.isatty() and self._next_line <= self._percent < 100:
                self._next_line = self._percent // LINE_PERCENT * LINE_PERCENT + LINE_PERCENT
                self._draw("\n")

    @property
    def _percent(self) -> int:
        return self._done * 100 // self._total if self._total else 100

    def _draw(self, end: str) -> None:
        filled = WIDTH * self._percent // 100
        speed = self._done / max(time.monotonic() - self._began, 1e-6)
        picture = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {self._percent:3d} %"
        line = f"  {picture}  {size_text(self._done)} of {size_text(self._total)}, {size_text(speed)}/s"
        self._out.write(("\r" + line.ljust(78) if self._out.isatty() else line) + end)
        self._out.flush()
