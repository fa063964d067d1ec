"""A page in headless Chromium that sends a file as often as it is told, and what that browser holds in memory."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.bars import LeftOut
from bench.processes import family, pss_mib

PAGE = Path(__file__).parent / "page"
NODE_MODULES = Path(__file__).parents[1] / "node_modules"
SAMPLE_SECONDS = 0.1


class NotHere(LeftOut):
    """The browser cannot run on this machine; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A page with a file in it. `pid` is the browser's."""

    process: subprocess.Popen[str]
    pid: int

    def run(self, way: str, sink: str, part_size: int, parallel: int) -> float:
        """Send the file in a way of bench/page. Seconds. Raises RuntimeError with what the page said."""
        assert self.process.stdin is not None
        task = {"way": way, "sink": sink, "part_size": part_size, "parallel": parallel}
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        told = told_by(self.process)
        if "error" in told:
            raise RuntimeError(told["error"])
        return float(told["seconds"])


@contextmanager
def chromium(file: Path, folder: Path) -> Iterator[Chromium]:
    """A browser on the page, built into `folder`, with the file picked, until the block ends. Raises NotHere."""
    if not (NODE_MODULES / "puppeteer-core").is_dir():
        raise NotHere("node_modules is missing (make node_modules/.ready)")
    if not Path("/usr/bin/chromium").exists():
        raise NotHere("Chromium is missing (Debian: apt-get install chromium)")
    command = ["node", "drive.mjs", str(file), str(folder / "page")]
    env = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        command, cwd=PAGE, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        try:
            yield Chromium(process, told_by(process)["pid"])
        finally:
            process.stdin.close()


def told_by(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line of JSON; what went wrong is on stderr when there is none."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the page's driver ended")
    found: dict[str, Any] = json.loads(line)
    return found


@dataclass
class Memory:
    """What a process and all below it hold: MiB, pages that several share by their share of them (PSS, Linux)."""

    pid: int
    peak: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def now(self) -> float:
        return sum(map(pss_mib, family(self.pid)))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep the highest that is seen, ten times a second."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self.now())
