"""`make demo`: one file through everything, with an exit code that can be trusted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from dev.config import ROOT
from tests.stack.local_stack import alive, compute, descendants, file_of


def demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dev.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), "PORTWAY_COMPUTE": compute()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_demo_tells_the_whole_story(tmp_path: Path) -> None:
    """Id, parts, bytes, seconds of each step, states, and twice the same SHA-256; then nothing is left."""
    with demo(tmp_path) as process:
        out, words = process.communicate(timeout=60)
    assert (process.returncode, words) == (0, "")
    assert re.search(r"upload    [0-9A-Z]{26}, 2 part\(s\)", out)
    assert "CREATING > OPEN > COMPLETING > STORED > PROCESSING > PUBLISHED" in out
    for step in ("stack started", "sent", "published", "downloaded", "compared"):
        assert re.search(rf"\d\.\d{{3}} s  {step}", out)
    first, second = re.findall(r"SHA-256 ([0-9a-f]{64})", out)
    assert first == second
    assert list(tmp_path.iterdir()) == []


def test_any_file_will_do(tmp_path: Path) -> None:
    """A name with blanks, quotes, emoji and a byte that is no UTF-8 is no obstacle."""
    name = os.fsdecode('it\'s "my" file 👩‍🚀 '.encode() + b"\xff.txt")
    with demo(tmp_path, str(file_of(tmp_path, 100_000, name))) as process:
        out, words = process.communicate(timeout=60)
    assert (process.returncode, words) == (0, "")
    assert "OK        the bytes published are the bytes sent" in out


def test_a_refused_file_is_a_failure_with_a_reason(tmp_path: Path) -> None:
    """A file that the policy does not take ends with the API's own words and exit code 1."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate((5 << 40) + 1)
    with demo(tmp_path, str(path)) as process:
        _, words = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "FAILED" in words
    assert str(5 << 40) in words


def test_no_file_no_demo(tmp_path: Path) -> None:
    """A path that leads nowhere is said at once."""
    with demo(tmp_path, str(tmp_path / "nothing here")) as process:
        _, words = process.communicate(timeout=30)
    assert (process.returncode, "is not a file" in words) == (2, True)


def test_ctrl_c_cleans_up(tmp_path: Path) -> None:
    """In the middle of everything: no process and no file is left, and the exit code is that of an interrupt."""
    with demo(tmp_path) as process:
        assert process.stdout is not None
        while "stack" not in process.stdout.readline():
            pass
        children = descendants(process.pid)
        assert children
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)
    assert process.returncode == 130
    assert alive(children) == set()
    assert list(tmp_path.iterdir()) == []
