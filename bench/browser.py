"""Our browser client beside @uppy/aws-s3 and the bare ways to PUT, in headless Chromium, against one sink, in turns:
`python -m bench.browser [--mib 1024] [--rounds 8] [--large-mib 2048] [--only WAY]`.

MB/s without and with 50 ms added to each answer, with these in small parts too, and what the browser holds while a
large file is sent. The bars are about the speed of sending, so the file is 1 GiB: with 512 MiB a run is over in a
second and a half, in which what a client does once and the four parts that it watches have their share, and a moment
of somebody else's work moves a row by more than that (docs/benchmarks.md has figures of several sizes).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import runs, sinks
from bench.bars import judged
from bench.chromium import Chromium, Memory, chromium

ROUNDS = 8
"""Four each way; in four rounds one moment decides."""
PART_SIZE, PARALLEL, DELAY_MS = 16 << 20, 4, 50
SMALL_PART, MORE_PARALLEL = 8 << 20, 6
FETCH, XHR, OURS, CHECKED, UPPY = "bare fetch", "bare XHR", "ours", "ours with checksums", "@uppy/aws-s3"
WAYS = (FETCH, XHR, OURS, CHECKED, UPPY)
MOST_MIB = 128
"""What a file of any size may take in memory besides what the browser has anyway: a worker, pipes of four parts, and
the 64 MiB of buffers that V8 lets lie before it collects them."""

Found = Mapping[str, Sequence[float]]
"""Seconds of each round, by way."""


@dataclass(frozen=True)
class Setting:
    """Under which the ways are compared. `said` is what a bar adds to its name."""

    title: str
    delay_ms: int
    part_size: int
    parallel: int
    said: str


AT_ONCE = Setting("at once", 0, PART_SIZE, PARALLEL, "")
DELAYED = Setting(f"+{DELAY_MS} ms", DELAY_MS, PART_SIZE, PARALLEL, f", {DELAY_MS} ms added")
SMALL_SAID = f"{MORE_PARALLEL} × {SMALL_PART >> 20} MiB"
SMALL = Setting(
    f"+{DELAY_MS} ms, {SMALL_SAID}", DELAY_MS, SMALL_PART, MORE_PARALLEL, f", {DELAY_MS} ms added, {SMALL_SAID}"
)
SETTINGS = (AT_ONCE, DELAYED, SMALL)
BARE = "the faster bare way"
BARS = (
    (AT_ONCE, OURS, BARE, 0.95),
    (AT_ONCE, CHECKED, XHR, 0.65),
    (AT_ONCE, OURS, UPPY, 1.2),
    (DELAYED, OURS, UPPY, 2.5),
    (SMALL, OURS, UPPY, 4.0),
)
"""How many times as fast a way has to be as another."""


@dataclass(frozen=True)
class Bench:
    size: int
    large: int
    rounds: int
    ways: Sequence[str] = WAYS

    def rows(self) -> Iterator[str]:
        """The tables, one line at a time, and the bars."""
        with tempfile.TemporaryDirectory(prefix="portway-bench-") as name:
            folder = Path(name)
            yield from self._speed(folder)
            yield from self._memory(folder)

    def _speed(self, folder: Path) -> Iterator[str]:
        yield (
            f"{self.size >> 20} MiB in parts of {PART_SIZE >> 20} MiB, {PARALLEL} at a time, from Chromium,"
            f" median of {self.rounds}"
        )
        found: dict[Setting, Found] = {}
        with chromium(runs.file_of(folder, self.size), folder) as browser:
            for setting in SETTINGS:
                with sinks.sink(folder, setting.delay_ms) as sink:
                    found[setting], failures = self._measured(browser, sink.plain, setting)
                yield from (f"{way}{setting.said} failed: {why}: MISSED" for way, why in failures.items())
        yield f"{'MB/s':22}" + "".join(f" {setting.title:>20}" for setting in SETTINGS)
        for way in self.ways:
            if all(taken[way] for taken in found.values()):
                yield f"  {way:20}" + "".join(f" {self._mb(taken[way]):20.0f}" for taken in found.values())
        yield from bars(found)

    def _mb(self, seconds: Sequence[float]) -> float:
        return self.size / 1e6 / median(seconds)

    def _measured(self, browser: Chromium, sink: str, setting: Setting) -> tuple[Found, dict[str, str]]:
        """Each way once a round, back and forth, so that none always comes after the same; one round before them does
        not count."""
        taken: dict[str, list[float]] = {way: [] for way in self.ways}
        failures: dict[str, str] = {}
        for number in range(self.rounds + 1):
            for way in self.ways[:: 1 if number % 2 else -1]:
                try:
                    seconds = browser.run(way, sink, setting.part_size, setting.parallel)
                except RuntimeError as error:
                    failures[way] = str(error)
                else:
                    taken[way] += [seconds] if number else []
        return taken, failures

    def _memory(self, folder: Path) -> Iterator[str]:
        """Each in a browser of its own."""
        file = folder / "large.bin"
        with file.open("wb") as sparse:
            sparse.truncate(self.large)
        yield f"{'memory, MiB':22} {'idle':>8} {'peak':>8}   one file of {self.large >> 20} MiB"
        for way in (way for way in (FETCH, CHECKED, UPPY) if way in self.ways):
            with chromium(file, folder) as browser, sinks.sink(folder) as near:
                memory = Memory(browser.pid)
                idle = memory.now()
                try:
                    with memory.watched():
                        browser.run(way, near.plain, PART_SIZE, PARALLEL)
                except RuntimeError as error:
                    yield f"{way} failed: {error}: MISSED"
                    continue
            yield f"  {way:20} {idle:8.0f} {memory.peak:8.0f}"
            if way == CHECKED:
                more = memory.peak - idle
                yield judged(way, f"{more:.0f} MiB more than idle", f"≤ {MOST_MIB}", more <= MOST_MIB)


def ratio(found: Found, way: str, other: str) -> float:
    """How many times as fast a way is as another: the median of the rounds."""
    return median(theirs / its for its, theirs in zip(found[way], found[other], strict=False))


def bars(found: Mapping[Setting, Found]) -> Iterator[str]:
    """What our client has to reach; of the ways that ran."""
    for setting, way, other, least in BARS:
        taken = found[setting]
        peer = fastest_bare(taken) if other == BARE else other
        if taken.get(way) and taken.get(peer):
            reached = ratio(taken, way, peer)
            yield judged(f"{way}/{other}{setting.said}", f"{reached:.2f}", f"≥ {least}", reached >= least)


def fastest_bare(taken: Found) -> str:
    return min((way for way in (FETCH, XHR) if taken.get(way)), key=lambda way: median(taken[way]), default=XHR)


def rows() -> Iterator[str]:
    """As the bars are meant: 1 GiB, 2 GiB for the memory."""
    return Bench(1 << 30, 2 << 30, ROUNDS).rows()


def short() -> Iterator[str]:
    return Bench(PART_SIZE, PART_SIZE, 1).rows()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.browser", description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--large-mib", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", metavar="WAY", action="append", choices=WAYS, help=", ".join(WAYS))
    asked = parser.parse_args()
    chosen = [way for way in WAYS if way in (asked.only or WAYS)]
    for line in Bench(asked.mib << 20, asked.large_mib << 20, asked.rounds, chosen).rows():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
