"""Many files on their way: their progress, what is said of each at its end, and what Ctrl-C leaves."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from types import FrameType

from portway_client.cli import words
from portway_client.cli.exits import Exit, exit_of_all
from portway_client.cli.pool import Job, Left, Pool, Result
from portway_client.cli.screen import Screen


def send(jobs: Sequence[Job], files_at_once: int, screen: Screen) -> Exit:
    """All of them; the exit code. After Ctrl-C it is said how to go on."""
    sizes = [job.size for job in jobs]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    is_listed, done = screen.is_listing(len(jobs)), list[Result]()
    pool = Pool(files_at_once)
    try:
        progress, run = screen.progress(len(jobs), total, pool.active), closing(pool.run(jobs))
        with second_ends_hard(screen), progress, run as results:
            for result in results:
                screen.ended(result, is_listed=is_listed)
                done.append(result)
    except KeyboardInterrupt:
        untold = {id(result.job): result for result in pool.untold()}
        for result in untold.values():
            screen.ended(result, is_listed=is_listed)
        left = [each for each in pool.left if id(each.job) not in untold]
        screen.complain(how_to_go_on(left, len(jobs) - pool.begun))
        return Exit.INTERRUPTED
    if not is_listed:
        screen.complain(summary(done))
    return exit_of_all(result.error for result in done if result.error)


@contextmanager
def second_ends_hard(screen: Screen) -> Iterator[None]:
    """The first Ctrl-C stops what runs in good order; whoever does not want to wait for that presses it again."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
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


def how_to_go_on(left: Sequence[Left], rest: int) -> str:
    """What is kept and how to go on with it, what is through without us, and how many were not begun."""
    kept = [each for each in left if each.job.can_resume and not each.is_sent]
    sent = [each.upload_id for each in left if each.is_sent and each.upload_id]
    said = ["interrupted."]
    if kept:
        what = f" {shlex.quote(kept[0].job.label)}" if len(kept) == 1 else ""
        said.append(f"What was sent of {words.count(len(kept), 'file')} is kept; go on: portway resume{what}")
    if sent:
        said.append(f"Sent, and being inspected: portway status --wait {' '.join(sent)}")
    if given_up := len(left) - len(kept) - len(sent):
        said.append(f"{words.count(given_up, 'file')} given up: to be sent from the beginning.")
    if rest:
        said.append(f"{words.count(rest, 'file')} not begun.")
    return words.printable(" ".join(said))


def summary(done: Sequence[Result]) -> str:
    failed = sum(result.error is not None for result in done)
    size = sum(result.job.size or 0 for result in done if result.error is None)
    good = f"{words.count(len(done) - failed, 'file')} done, {words.size(size)}"
    return f"{good}; {failed:,} failed" if failed else good
