"""Many files on their way: their progress, what is said of each at its end, and what Ctrl-C leaves."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from portway_client.cli import words
from portway_client.cli.exits import Exit, exit_of_all
from portway_client.cli.pool import Job, Pool, Result
from portway_client.cli.screen import Screen


def send(jobs: Sequence[Job], files_at_once: int, screen: Screen) -> Exit:
    """All of them; the exit code. KeyboardInterrupt after saying how to go on."""
    sizes = [job.size for job in jobs]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    is_listed, done = screen.is_listing(len(jobs)), list[Result]()
    pool = Pool(files_at_once)
    try:
        with second_ends_hard(screen), screen.progress(len(jobs), total) as tell:
            for result in pool.run(jobs, lambda job, progress: tell(job.label, progress)):
                screen.ended(result, is_listed=is_listed)
                done.append(result)
    except KeyboardInterrupt:
        screen.complain(how_to_go_on(jobs, pool.left, done))
        raise
    if not is_listed:
        screen.complain(summary(done))
    return exit_of_all(result.error for result in done if result.error)


@contextmanager
def second_ends_hard(screen: Screen) -> Iterator[None]:
    """The first Ctrl-C stops what runs in good order; whoever does not want to wait for that presses it again."""

    def end(number: int, frame: FrameType | None) -> None:
        screen.show_cursor()
        os._exit(Exit.INTERRUPTED)

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, end)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def how_to_go_on(jobs: Sequence[Job], left: Sequence[Job], done: Sequence[Result]) -> str:
    """After Ctrl-C. `left` were under way; those that nobody began are not remembered anywhere."""
    kept = [job for job in left if job.can_resume]
    rest = len(jobs) - len(done) - len(left)
    said = ["interrupted."]
    if kept:
        what = f" {shlex.quote(kept[0].label)}" if len(kept) == 1 else ""
        said.append(f"What was sent of {words.count(len(kept), 'file')} is kept; go on: portway resume{what}")
    if len(left) > len(kept):
        said.append("A stream cannot be gone on with: its upload is given up.")
    if rest:
        said.append(f"({words.count(rest, 'file')} not begun)")
    return words.printable(" ".join(said))


def summary(done: Sequence[Result]) -> str:
    failed = sum(result.error is not None for result in done)
    size = sum(result.job.size or 0 for result in done if result.error is None)
    good = f"{words.count(len(done) - failed, 'file')} done, {words.size(size)}"
    return f"{good}; {failed:,} failed" if failed else good
