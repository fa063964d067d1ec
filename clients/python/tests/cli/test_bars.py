"""What a person sees while files are sent."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from portway_client.cli.bars import Bars, Meter
from portway_client.model import Phase, Progress

GB = 1_000_000_000
HALF = Progress(Phase.SENDING, bytes=2 * GB, total=5 * GB, speed=52.1e6, seconds_left=57.6)


class Hand:
    """A clock that is moved by hand."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


class Shown(Bars):
    """On a terminal of so many columns and 12 lines; shows what it is told."""

    def __init__(self, files: int = 1, total: int | None = 5 * GB, now: Hand | None = None, width: int = 120) -> None:
        self.told: dict[str, Progress] = {}
        console = Console(file=io.StringIO(), width=width, height=12, color_system=None)
        super().__init__(console, files, total, lambda: list(self.told.items()), now or Hand())


def drawn(shown: Shown) -> list[str]:
    """The lines as they stand on its terminal."""
    with shown.console.capture() as captured:
        shown.console.print(shown.picture())
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_file_shows_name_share_bytes_speed_time_and_what_is_done() -> None:
    """In one line."""
    shown = Shown()
    shown.told["films/film.mov"] = HALF
    (line,) = drawn(shown)
    assert line.startswith("film.mov ")
    assert line.endswith("  40 %  2.0 of 5.0 GB  52.1 MB/s  0:58  sending")
    assert "━" in line


@pytest.mark.parametrize("width", [24, 40, 60, 80, 100, 200])
def test_a_line_is_never_longer_than_the_terminal(width: int) -> None:
    """A narrow one gets fewer figures; nothing wraps."""
    shown = Shown(files=2, width=width)
    shown.told["a rather long name of a file that goes on and on until nobody reads it any more.mov"] = HALF
    shown.told["中文的名字很宽很宽很宽很宽很宽很宽很宽很宽很宽很宽很宽很宽很宽.mov"] = HALF
    lines = drawn(shown)
    assert len(lines) == 3
    assert all(len(line) <= width for line in lines)
    assert "40 %" in lines[0]


def test_a_thousand_files_do_not_scroll() -> None:
    """Those on their way have a bar, as many as fit; one line counts the rest."""
    now = Hand()
    shown = Shown(files=1000, total=1000 * GB, now=now)
    for number in range(700):
        shown.ended(GB, is_good=number != 13)
    for number in range(700, 764):
        shown.told[f"{number}.bin"] = Progress(Phase.SENDING, bytes=0, total=GB)
    now.at = 100.0
    assert drawn(shown)[-1].endswith("  1 failed")
    shown.told["700.bin"] = Progress(Phase.SENDING, bytes=GB // 2, total=GB)
    now.at = 102.0
    lines = drawn(shown)
    assert len(lines) == 11
    assert lines[-2] == "… and 55 files more"
    assert lines[-1].startswith("700 of 1,000 files  700 GB of 1.0 TB  250 MB/s  19:58")


def test_a_stream_has_no_share_and_no_end() -> None:
    """Nobody knows how long it is."""
    shown = Shown(total=None)
    shown.told["scans.tar"] = Progress(Phase.SENDING, bytes=780_000, speed=1e6)
    (line,) = drawn(shown)
    assert "%" not in line
    assert line.endswith("780 kB  1.0 MB/s  -:--  sending")


@pytest.mark.parametrize(
    ("progress", "word"),
    [
        (Progress(Phase.WAITING, 1, 2, words="no network, waiting for it"), "no network, waiting for it"),
        (Progress(Phase.CHECKING, 2, 2), "checking"),
        (Progress(Phase.PAUSED, 1, 2), "paused"),
    ],
)
def test_what_keeps_a_file_is_said(progress: Progress, word: str) -> None:
    """In the client's own words; speed and time are left out while nothing is sent."""
    shown = Shown()
    shown.told["film.mov"] = progress
    (line,) = drawn(shown)
    assert line.endswith(word)
    assert "/s" not in line


def test_an_empty_file_is_no_division_by_zero() -> None:
    """It is through at once."""
    shown = Shown(total=0)
    shown.told["empty"] = Progress(Phase.CHECKING, 0, 0)
    assert "0 of 0 B" in drawn(shown)[0]


def test_a_name_cannot_draw_on_the_terminal() -> None:
    """Neither by escapes nor by rich's own markup."""
    shown = Shown()
    shown.told["\x1b[31m[bold]x"] = HALF
    assert drawn(shown)[0].startswith("\ufffd[31m[bold]x ")


def test_speed_is_that_of_the_last_seconds() -> None:
    """A fast beginning does not promise anything for long."""
    meter = Meter()
    assert meter.rate(0.0, 0) == 0
    assert meter.rate(1.0, 1000) == 1000
    for second in range(2, 20):
        rate = meter.rate(float(second), 1000)
    assert rate == 0
