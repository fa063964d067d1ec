"""What happens on a real terminal (a pty): bars, Ctrl-C, hidden input."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from portway_client.cli.exits import Exit

CHILD = Path(__file__).with_name("child.py")
PATIENCE = 30.0
CTRL_C = b"\x03"
SHOW_CURSOR = "\x1b[?25h"
NOTHING: Mapping[str, str] = {}
FILM = ("upload", "film.mov", "--parallel", "1", "--part-size", "5MiB")


@dataclass
class Terminal:
    """120 columns by 30 lines with the command running in it. `gate` lets its third part through."""

    process: subprocess.Popen[bytes]
    screen: int
    gate: int
    shown: str = field(default="")

    def until(self, pattern: str) -> str:
        """Everything that was shown up to what fits."""
        ends = time.monotonic() + PATIENCE
        while not re.search(pattern, self.shown):
            assert time.monotonic() < ends
            assert self._read(), f"{pattern!r} is not in {self.shown!r}"
        return self.shown

    def rest(self) -> str:
        """Everything that was shown, to the end."""
        while self._read():
            pass
        return self.shown

    def press(self, keys: bytes) -> None:
        os.write(self.screen, keys)

    def open_gate(self) -> None:
        os.write(self.gate, b"x")

    def code(self) -> int:
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.screen], [], [], PATIENCE)
        assert ready, f"nothing more comes after {self.shown!r}"
        try:
            found = os.read(self.screen, 65536)
        except OSError:  # Linux: the other side is closed
            return False
        self.shown += found.decode("utf-8", "replace")
        return bool(found)


@contextlib.contextmanager
def terminal(
    folder: Path, *arguments: str, out: int | None = None, environ: Mapping[str, str] = NOTHING
) -> Iterator[Terminal]:
    """`out`: where stdout goes, if not to the terminal."""
    screen, inside = os.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
    modes = termios.tcgetattr(inside)
    modes[3] |= termios.NOFLSH  # else Ctrl-C throws away what was written and not read yet
    termios.tcsetattr(inside, termios.TCSANOW, modes)
    leaving, entering = os.pipe()
    given = {"TERM": "xterm-256color", "HOME": str(folder), "PORTWAY_TOKEN": "token-of-owner"}
    process = subprocess.Popen(
        [sys.executable, CHILD, str(leaving), str(entering), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **given, **environ},
        stdin=inside,
        stdout=inside if out is None else out,
        stderr=inside,
        pass_fds=(leaving, entering),
        start_new_session=True,
    )
    os.close(inside)
    try:
        yield Terminal(process, screen, entering)
    finally:
        process.kill()
        process.wait()
        for each in (screen, leaving, entering):
            os.close(each)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of four parts of 5 MiB."""
    path = tmp_path / "film.mov"
    path.write_bytes(bytes(range(256)) * 80_000)
    return tmp_path


def test_a_bar_is_drawn_and_leaves_a_line(film: Path) -> None:
    """While it is sent: name, bar, share, bytes, state. At the end one line stays, and the cursor is back."""
    with terminal(film, *FILM) as screen:
        screen.until(r"film\.mov +\S*━\S* .* 51 % +10\.5 of 20\.5 MB .* sending")
        screen.open_gate()
        shown = screen.rest()
        assert screen.code() == Exit.DONE
    assert re.search(r"published  [0-9A-Z]{26}  film\.mov  20\.5 MB in ", shown)
    assert shown.rindex(SHOW_CURSOR) > shown.rindex("━")


def test_results_can_be_piped_while_bars_are_watched(film: Path) -> None:
    """stdout has the results only, the terminal the bars."""
    with (film / "results").open("wb") as out, terminal(film, *FILM, out=out.fileno()) as screen:
        screen.until("━")
        screen.open_gate()
        shown = screen.rest()
        assert screen.code() == Exit.DONE
    assert "published" not in shown
    assert re.fullmatch(r"published  [0-9A-Z]{26}  film\.mov .*\n", (film / "results").read_text())


@pytest.mark.parametrize(("options", "environ"), [(("--no-progress",), {}), ((), {"TERM": "dumb"})])
def test_bars_can_be_left_out(film: Path, options: tuple[str, ...], environ: dict[str, str]) -> None:
    """By an option, and on terminals that cannot draw."""
    with terminal(film, *FILM, *options, environ=environ) as screen:
        screen.open_gate()
        shown = screen.rest()
        assert screen.code() == Exit.DONE
    assert "━" not in shown
    assert shown.startswith("published  ")


def test_ctrl_c_stops_and_tells_how_to_go_on(film: Path) -> None:
    """One key press; the terminal is as it was."""
    with terminal(film, *FILM) as screen:
        screen.until("51 %")
        screen.press(CTRL_C)
        shown = screen.rest()
        assert screen.code() == Exit.INTERRUPTED
    assert "portway: interrupted. What was sent of 1 file is kept; go on: portway resume film.mov" in shown
    assert shown.rindex(SHOW_CURSOR) > shown.rindex("━")
    assert "Traceback" not in shown


def test_a_second_ctrl_c_ends_at_once(film: Path) -> None:
    """Whatever the first one waits for; the cursor comes back all the same."""
    with terminal(film, *FILM, environ={"hangs": "yes"}) as screen:
        screen.until("51 %")
        screen.press(CTRL_C)
        screen.press(CTRL_C)
        while screen.process.poll() is None:
            screen.press(CTRL_C)
            screen._read()
        assert screen.code() == Exit.INTERRUPTED
        shown = screen.rest()
    assert SHOW_CURSOR in shown


def test_two_hundred_files_do_not_scroll(tmp_path: Path) -> None:
    """Only a sum stays, and what failed."""
    for number in range(200):
        (tmp_path / f"{number}.txt").write_text(str(number))
    with terminal(tmp_path, "upload", ".") as screen:
        shown = screen.rest()
        assert screen.code() == Exit.DONE
    assert "portway: 200 files done, 490 B" in shown
    assert "published" not in shown


def test_a_token_is_not_shown_while_it_is_pasted(tmp_path: Path) -> None:
    """As passwords are typed."""
    with terminal(tmp_path, "login", environ={"PORTWAY_TOKEN": ""}) as screen:
        screen.until("Token: ")
        screen.press(b"token-of-owner\n")
        shown = screen.rest()
        assert screen.code() == Exit.DONE
    assert "Logged in to https://portway.test" in shown
    assert "token-of-owner" not in shown
    assert "token-of-owner" in (tmp_path / ".config/portway/credentials.json").read_text()
