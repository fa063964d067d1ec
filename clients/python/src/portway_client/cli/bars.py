"""Progress on a terminal: a line for each file on its way, and one for all of them. Ended files leave it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import PurePath
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from portway_client.cli import words
from portway_client.model import Phase, Progress

REFRESHES = 8
"""A second."""
SPEED_SECONDS = 5.0
BAR_COLUMNS = 64
"""A narrower terminal has room for figures only."""
STYLES = {Phase.WAITING: "yellow", Phase.PAUSED: "yellow", Phase.CHECKING: "cyan", Phase.COMPLETING: "cyan"}


Active = Callable[[], Sequence[tuple[str, Progress]]]
"""Names of files, and how far they are."""


class Meter:
    """Bytes per second over the last SPEED_SECONDS."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def rate(self, now: float, count: int) -> float:
        self._seen.append((now, count))
        while self._seen[0][0] < now - SPEED_SECONDS and len(self._seen) > 2:
            self._seen.popleft()
        (began, first) = self._seen[0]
        return max(0.0, (count - first) / (now - began)) if now > began else 0.0


class Bars:
    """To be entered. `files` and `total` (bytes; None: unknown) are of everything meant.

    `active` is asked for what is on its way whenever a picture is drawn: nobody has to tell.
    """

    def __init__(
        self,
        console: Console,
        files: int,
        total: int | None,
        active: Active,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console, self._files, self._total, self._active, self._now = console, files, total, active, now
        self._ended, self._failed, self._ended_bytes = 0, 0, 0
        self._lock, self._meter = threading.Lock(), Meter()
        self._live = Live(
            console=console,
            get_renderable=self.picture,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Bars:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def ended(self, size: int, *, is_good: bool) -> None:
        """One file more, with so many bytes sent."""
        with self._lock:
            self._ended += 1
            self._failed += not is_good
            self._ended_bytes += size

    def say(self, line: str) -> None:
        """Above the bars."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def picture(self) -> RenderableType:
        active = self._active()
        shown = active[: max(1, self.console.height - 3)]
        lines: list[RenderableType] = [self._table(shown)] if shown else []
        if len(active) > len(shown):
            lines.append(Text(f"… and {words.count(len(active) - len(shown), 'file')} more", style="dim"))
        if self._files > 1:
            lines.append(self._overall(sum(progress.bytes for _, progress in active)))
        return Group(*lines)

    def _table(self, shown: Sequence[tuple[str, Progress]]) -> Table:
        width = self.console.width
        grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=3, min_width=min(16, width // 4))
        if width >= BAR_COLUMNS:
            grid.add_column(ratio=2)
        for _ in figures(Progress(Phase.SENDING), width):
            grid.add_column(no_wrap=True, justify="right")
        grid.add_column(no_wrap=True, overflow="ellipsis", max_width=max(9, width // 4))
        for label, progress in shown:
            bar = [bar_of(progress, self._now())] if width >= BAR_COLUMNS else []
            state = Text(progress.words or progress.phase, style=STYLES.get(progress.phase, ""))
            grid.add_row(Text(words.printable(PurePath(label).name or label)), *bar, *figures(progress, width), state)
        return grid

    def _overall(self, active_bytes: int) -> Text:
        done = self._ended_bytes + active_bytes
        speed = self._meter.rate(self._now(), done)
        left = (self._total - done) / speed if self._total is not None and speed else None
        parts = [f"{self._ended:,} of {words.count(self._files, 'file')}", bytes_text(done, self._total)]
        parts += [f"{words.size(speed)}/s", words.duration(left)]
        text = Text("  ".join(parts), style="bold", no_wrap=True, overflow="ellipsis")
        return text.append(f"  {self._failed:,} failed", style="red") if self._failed else text


def bar_of(progress: Progress, at: float) -> ProgressBar:
    """It runs to and fro while nobody knows the total."""
    total = progress.total
    if total is None:
        return ProgressBar(total=None, pulse=progress.phase is Phase.SENDING, animation_time=at)
    return ProgressBar(total=max(total, 1), completed=progress.bytes if total else progress.phase is Phase.DONE)


def percentage(progress: Progress) -> str:
    return f"{100 * progress.bytes // progress.total:3d} %" if progress.total else ""


def speed(progress: Progress) -> str:
    return f"{words.size(progress.speed)}/s" if progress.phase is Phase.SENDING else ""


def left(progress: Progress) -> str:
    return words.duration(progress.seconds_left) if progress.phase is Phase.SENDING else ""


def part(progress: Progress) -> str:
    return bytes_text(progress.bytes, progress.total)


FIGURES: tuple[tuple[int, Callable[[Progress], str]], ...] = ((0, percentage), (44, part), (64, speed), (88, left))
"""Each with the columns that a terminal has to have for it."""


def figures(progress: Progress, width: int) -> list[str]:
    return [figure(progress) for columns, figure in FIGURES if width >= columns]


def bytes_text(done: int, total: int | None) -> str:
    """`2.2 of 5.1 GB`; `780 kB of 5.1 GB` when the units differ."""
    have, whole = words.size(done), words.size(total)
    if total is None:
        return have
    number, _, unit = have.partition(" ")
    return f"{number if whole.endswith(f' {unit}') else have} of {whole}"
