"""Where the command writes: results to stdout, progress and complaints to stderr; bars only where a person looks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import click
from rich.console import Console

from portway_client.cli import reports, words
from portway_client.cli.bars import Active, Bars
from portway_client.cli.pool import Result

LISTED = 20
"""More files than these get no line each on a terminal, only what failed and a sum."""

SHOW_CURSOR = b"\x1b[?25h"


class Screen:
    """`as_json`: an object a line for every file. `bars` False: no progress even on a terminal."""

    def __init__(self, *, as_json: bool = False, bars: bool = True) -> None:
        self._as_json = as_json
        self._out, self._err = Console(), Console(stderr=True)
        self._wants_bars = bars and self._err.is_terminal and not self._err.is_dumb_terminal
        self._bars: Bars | None = None

    @contextlib.contextmanager
    def progress(self, files: int, total: int | None, active: Active) -> Iterator[None]:
        """Bars, while this is open; `active` gives what they show."""
        if not self._wants_bars:
            yield
            return
        with Bars(self._err, files, total, active) as self._bars:
            try:
                yield
            finally:
                self._bars = None

    def ended(self, result: Result, *, is_listed: bool) -> None:
        """The bar goes, a line or an object comes."""
        if self._bars:
            is_good = result.error is None
            self._bars.ended((result.job.size or 0) if is_good else 0, is_good=is_good)
        if self._as_json:
            self.result(reports.as_json(result))
        elif result.error is None and is_listed:
            self.result(reports.line(result))
        if result.error is not None:
            self.complain(reports.complaint(result.job.label, result.error, result.upload_id))

    def fetched(self, size: int, line: str) -> None:
        """A download is whole."""
        if self._bars:
            self._bars.ended(size, is_good=True)
        self.result(words.printable(line))

    def is_listing(self, files: int) -> bool:
        """Whether each of so many files gets a line."""
        return files <= LISTED or not self._out.is_terminal

    def result(self, line: str) -> None:
        """To stdout; above the bars where both are one terminal."""
        if self._bars and self._out.is_terminal:
            self._bars.say(line)
        else:
            click.echo(line)

    def complain(self, text: str) -> None:
        if self._bars:
            self._bars.say(f"portway: {text}")
        else:
            click.echo(f"portway: {text}", err=True)

    def show_cursor(self) -> None:
        """Bars hide it. Written past Rich, which may be in the middle of a line when Ctrl-C comes."""
        if self._err.is_terminal:
            os.write(self._err.file.fileno(), SHOW_CURSOR)
