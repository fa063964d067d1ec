"""Our browser client beside @uppy/aws-s3 and the bare ways to PUT, in headless Chromium, against one sink, in turns:
`python -m bench.browser [--mib 512] [--rounds 3] [--large-mib 2048] [--only WAY]`.

MB/s without and with 50 ms added to each answer, and what the browser holds while a large file is sent.
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
from bench.chromium import Chromium, Memory, chromium
from bench.timing import verdict

PART_SIZE, PARALLEL, DELAY_MS = 16 << 20, 4, 50
FETCH, XHR, OURS, CHECKED, UPPY = "bare fetch", "bare XHR", "ours", "ours with checksums", "@uppy/aws-s3"
WAYS = (FETCH, XHR, OURS, CHECKED, UPPY)
BARE_RATIO, CHECKED_RATIO, UPPY_RATIO, UPPY_DELAYED_RATIO = 0.95, 0.65, 1.2, 2.5
MOST_MIB = 256
"""What a file of any size may take in memory besides what the browser has anyway."""

Found = Mapping[str, Sequence[float]]
"""Seconds of each round, by way."""


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
        with (
            chromium(runs.file_of(folder, self.size), folder) as browser,
            sinks.sink(folder) as near,
            sinks.sink(folder, DELAY_MS) as far,
        ):
            at_once, failures = self._measured(browser, near.plain)
            delayed, more = self._measured(browser, far.plain)
        yield from (f"{way} failed: {why}: MISSED" for way, why in {**failures, **more}.items())
        yield f"{'MB/s':22} {'at once':>8} {f'+{DELAY_MS} ms':>8}"
        for way in self.ways:
            if at_once[way] and delayed[way]:
                yield f"  {way:20} {self._mb(at_once[way]):8.0f} {self._mb(delayed[way]):8.0f}"
        yield from bars(at_once, delayed)

    def _mb(self, seconds: Sequence[float]) -> float:
        return self.size / 1e6 / median(seconds)

    def _measured(self, browser: Chromium, sink: str) -> tuple[Found, dict[str, str]]:
        """Each way once a round; one round before them does not count."""
        taken: dict[str, list[float]] = {way: [] for way in self.ways}
        failures: dict[str, str] = {}
        for number in range(self.rounds + 1):
            for way in self.ways:
                try:
                    seconds = browser.run(way, sink, PART_SIZE, PARALLEL)
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
                yield f"{way}: {more:.0f} MiB more than idle, bar ≤ {MOST_MIB}: {verdict(more <= MOST_MIB)}"


def ratio(found: Found, way: str, other: str) -> float:
    """How many times as fast a way is as another: the median of the rounds."""
    return median(theirs / its for its, theirs in zip(found[way], found[other], strict=False))


def bars(at_once: Found, delayed: Found) -> Iterator[str]:
    """What our client has to reach; of the ways that ran."""
    fastest = min((way for way in (FETCH, XHR) if at_once.get(way)), key=lambda way: median(at_once[way]), default=XHR)
    for found, way, other, least, where in (
        (at_once, OURS, fastest, BARE_RATIO, ""),
        (at_once, CHECKED, XHR, CHECKED_RATIO, ""),
        (at_once, OURS, UPPY, UPPY_RATIO, ""),
        (delayed, OURS, UPPY, UPPY_DELAYED_RATIO, f", {DELAY_MS} ms added"),
    ):
        if found.get(way) and found.get(other):
            reached = ratio(found, way, other)
            yield f"{way}/{other}{where}: {reached:.2f}, bar ≥ {least}: {verdict(reached >= least)}"


def rows() -> Iterator[str]:
    """As the bars are meant: 512 MiB, three rounds, 2 GiB for the memory."""
    return Bench(512 << 20, 2 << 30, 3).rows()


def short() -> Iterator[str]:
    return Bench(PART_SIZE, PART_SIZE, 1).rows()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.browser", description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--large-mib", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", metavar="WAY", action="append", choices=WAYS, help=", ".join(WAYS))
    asked = parser.parse_args()
    chosen = [way for way in WAYS if way in (asked.only or WAYS)]
    for line in Bench(asked.mib << 20, asked.large_mib << 20, asked.rounds, chosen).rows():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
