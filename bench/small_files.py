"""Many small files: `portway upload FOLDER` beside `aws s3 cp --recursive`. `python -m bench.small_files --help`.

Both as commands, from the start of the process to its end, with their own numbers of connections, in turns against the
same sink, which answers at once. For each file ours makes three calls more, to create it, to ask for its end and for
what was published; the bar is to be as fast all the same. Then once through the whole local stack, for the record.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import runs, sinks
from bench.bars import judged
from bench.progress import doing
from bench.runs import PYTHON, Failed, Run, median
from tests.stack.local_stack import local_stack

AWS_INI = "[default]\ns3 =\n    addressing_style = path\n"
MOST = 1.0
OURS, AWS = "portway upload", "aws s3 cp --recursive"


@dataclass(frozen=True, slots=True)
class Bench:
    count: int
    size: int
    rounds: int
    stack_count: int

    def rows(self) -> Iterator[str]:
        with tempfile.TemporaryDirectory(prefix="portway-bench-") as name:
            folder = Path(name)
            (folder / "aws.ini").write_text(AWS_INI)
            files = files_of(folder / "files", self.count, self.size)
            yield f"{self.count:,} files of {self.size:,} bytes, TLS, median of {self.rounds}"
            with sinks.sink(folder) as sink:
                env = runs.environment(folder, sink.certificate)
                yield from self._beside(sink.tls, files, env, folder)
            if self.stack_count:
                yield self._through_the_stack(folder, env)

    def _beside(self, url: str, files: Path, env: Mapping[str, str], folder: Path) -> Iterator[str]:
        commands = {OURS: portway(files), AWS: aws(files, url)}
        found: dict[str, list[Run]] = {name: [] for name in commands}
        try:
            for number in range(1, self.rounds + 1):
                for name, command in commands.items():
                    doing(f"round {number} of {self.rounds}: {name}")
                    found[name].append(runs.measure(command, {**env, **account(url, "bench")}, folder))
        except Failed as failure:
            yield f"{name} failed: {failure}: MISSED"
            return
        for name, several in found.items():
            seconds, cpu = (median(getattr(run, field) for run in several) for field in ("seconds", "cpu_seconds"))
            peak = max(run.peak_mib for run in several)
            speed = f"{seconds:6.2f} s  {self.count / seconds:6.0f} files/s"
            yield f"  {name:22} {speed}  CPU {cpu:.2f} s  peak {peak:.0f} MiB"
        ratio = median(ours.seconds / theirs.seconds for ours, theirs in zip(*found.values(), strict=True))
        yield judged(f"{OURS}/{AWS}", f"{ratio:.2f} of the time", f"≤ {MOST}", ratio <= MOST)

    def _through_the_stack(self, folder: Path, env: Mapping[str, str]) -> str:
        files = files_of(folder / "some", self.stack_count, self.size)
        with local_stack(folder) as stack:
            run = runs.measure(
                portway(files), {**env, **account(stack.site["api"], stack.site["tokens"]["owner"])}, folder
            )
        speed = self.stack_count / run.seconds
        return (
            f"{self.stack_count} of them through the local stack, until each is published: {speed:.0f} files/s (no bar)"
        )


def portway(files: Path) -> Sequence[str | Path]:
    return (PYTHON.with_name("portway"), "upload", "--no-progress", files)


def account(url: str, token: str) -> dict[str, str]:
    """How the command is told where to send, and as whom."""
    return {"PORTWAY_ENDPOINT": url, "PORTWAY_TOKEN": token}


def aws(files: Path, url: str) -> Sequence[str | Path]:
    endpoint = ("--endpoint-url", url)
    return (
        PYTHON.with_name("aws"),
        "s3",
        "cp",
        "--recursive",
        *endpoint,
        "--only-show-errors",
        files,
        "s3://bench/files",
    )


def files_of(folder: Path, count: int, size: int) -> Path:
    """A folder of so many files that all differ."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.bin").write_bytes(os.urandom(size))
    return folder


def rows() -> Iterator[str]:
    return Bench(count=1000, size=20_000, rounds=3, stack_count=100).rows()


def short() -> Iterator[str]:
    return Bench(count=20, size=20_000, rounds=1, stack_count=0).rows()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.small_files", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--stack-count", type=int, default=100, help="how many of them through the local stack; 0: none"
    )
    asked = parser.parse_args()
    for line in Bench(asked.count, asked.size, asked.rounds, asked.stack_count).rows():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
