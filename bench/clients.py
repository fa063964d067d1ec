"""Sending one large file: ours beside every peer, against the same sink, in one run. `python -m bench.clients --help`.

Each round runs every client once, one after another, plain and with TLS, so that whatever else runs here disturbs all
alike. A ratio is to the reference writer in C of the same round; printed are medians.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench import runs, sinks, tus
from bench.bars import judged
from bench.progress import doing
from bench.runs import PYTHON, Failed, Run, median

PART_SIZE, PARALLEL = 16 << 20, 4
LEAST_RATIO, MOST_CPU, MOST_MIB = 0.8, 0.55, 64
DOORS = ("plain", "tls")
REFERENCE, OURS, BOTO3 = "writer in C", "portway", "boto3"


@dataclass(frozen=True, slots=True)
class Task:
    """What every client is asked to do: send `file` to `url`."""

    file: Path
    url: str
    certificate: Path
    env: Mapping[str, str]

    @property
    def door(self) -> str:
        return "tls" if self.url.startswith("https") else "plain"


Command = Callable[[Task], Sequence[str | Path]]


def writer(task: Task) -> Sequence[str | Path]:
    port = str(urlsplit(task.url).port)
    return (sinks.program("writer"), task.file, str(PART_SIZE), str(PARALLEL), task.door, port)


def sender(way: str) -> Command:
    script = Path(__file__).with_name("senders.py")
    return lambda task: (PYTHON, script, way, task.file, str(PART_SIZE), str(PARALLEL), task.url, task.certificate)


def aws(task: Task) -> Sequence[str | Path]:
    endpoint = ("--endpoint-url", task.url)
    return (PYTHON.with_name("aws"), "s3", "cp", *endpoint, "--only-show-errors", task.file, "s3://bench/file")


CLIENTS: dict[str, Command] = {
    REFERENCE: writer,
    "bare Python": sender("bare"),
    OURS: sender("portway"),
    f"{OURS}, unhashed": sender("portway_unhashed"),
    f"{OURS}, CRC32C": sender("portway_crc32c"),
    BOTO3: sender("boto3"),
    "boto3, CRT": sender("boto3_crt"),
    "aws s3 cp": aws,
    "httpx": sender("httpx"),
    "aiohttp": sender("aiohttp"),
    "requests": sender("requests"),
}
WITH_CRT = {"boto3, CRT"}
AWS_INI = f"""[default]
s3 =
    max_concurrent_requests = {PARALLEL}
    multipart_chunksize = {PART_SIZE}
    multipart_threshold = {PART_SIZE}
    addressing_style = path
"""

Found = dict[str, dict[str, list[Run]]]
"""Runs by door and client, one for each round."""


@dataclass(frozen=True, slots=True)
class Bench:
    size: int
    rounds: int
    clients: Mapping[str, Command]
    doors: Sequence[str] = DOORS

    def rows(self) -> Iterator[str]:
        """The table, one line at a time, and the bars."""
        with tempfile.TemporaryDirectory(prefix="portway-bench-") as name:
            folder = Path(name)
            file = runs.file_of(folder, self.size)
            (folder / "aws.ini").write_text(AWS_INI)
            size, part = f"{self.size / (1 << 30):g} GiB", f"{PART_SIZE >> 20} MiB"
            yield f"{size} in parts of {part}, {PARALLEL} at a time, median of {self.rounds}"
            with sinks.sink(folder) as sink:
                env = runs.environment(folder, sink.certificate)
                found, failures = self._measured(sink, file, env)
            yield from failures
            for door in self.doors:
                yield from table(door, found[door], self.size)
            if "tls" in self.doors:
                yield from bars(found["tls"])
            yield tus.row(folder, env, PART_SIZE, self.size)

    def _measured(self, sink: sinks.Sink, file: Path, env: Mapping[str, str]) -> tuple[Found, list[str]]:
        found: Found = {door: {client: [] for client in self.clients} for door in self.doors}
        failures: dict[str, str] = {}
        urls = {"plain": sink.plain, "tls": sink.tls}
        for number in range(1, self.rounds + 1):
            for door in self.doors:
                task = Task(file, urls[door], sink.certificate, env)
                for client, command in self.clients.items():
                    doing(f"round {number} of {self.rounds}, {door}: {client}")
                    try:
                        found[door][client].append(one(client, command, task))
                    except Failed as failure:
                        failures[f"{client} ({door})"] = str(failure)
        return found, [f"{who} failed: {why}" for who, why in failures.items()]


def one(client: str, command: Command, task: Task) -> Run:
    env = {**task.env, "BOTO_DISABLE_CRT": "false"} if client in WITH_CRT else task.env
    return runs.measure(command(task), env, task.file.parent)


def ratio(client: Sequence[Run], other: Sequence[Run]) -> float:
    """How fast a client is beside another: the median of the rounds."""
    return median(theirs.seconds / its.seconds for its, theirs in zip(client, other, strict=False))


def table(door: str, found: Mapping[str, Sequence[Run]], size: int) -> Iterator[str]:
    yield f"{door:22} {'MB/s':>6} {'ratio':>6} {'CPU s/GiB':>10} {'peak MiB':>9}"
    for client, several in found.items():
        if several:
            speed = size / 1e6 / median(run.seconds for run in several)
            cpu = median(run.cpu_seconds for run in several) / (size / (1 << 30))
            peak = max(run.peak_mib for run in several)
            to_c = f"{ratio(several, found[REFERENCE]):6.2f}" if found.get(REFERENCE) else " " * 6
            yield f"  {client:20} {speed:6.0f} {to_c} {cpu:10.2f} {peak:9.0f}"


def bars(found: Mapping[str, Sequence[Run]]) -> Iterator[str]:
    """What our client has to reach, with TLS and checksums."""
    ours, reference, boto3 = (found.get(client, ()) for client in (OURS, REFERENCE, BOTO3))
    if not (ours and reference and boto3):
        yield f"{OURS}, {REFERENCE} or {BOTO3} did not run: MISSED"
        return
    speed = ratio(ours, reference)
    cpu = median(its.cpu_seconds / theirs.cpu_seconds for its, theirs in zip(ours, boto3, strict=False))
    peak = max(run.peak_mib for run in ours)
    yield judged(f"{OURS}/{REFERENCE}", f"{speed:.2f}", f"≥ {LEAST_RATIO}", speed >= LEAST_RATIO)
    yield judged(f"CPU, {OURS}/{BOTO3}", f"{cpu:.2f}", f"≤ {MOST_CPU}", cpu <= MOST_CPU)
    yield judged("peak memory", f"{peak:.0f} MiB", f"≤ {MOST_MIB}", peak <= MOST_MIB)
    yield f"{OURS} is {ratio(ours, boto3):.2f} times as fast as {BOTO3} (no bar: other load distorts it)"


def rows() -> Iterator[str]:
    """As the bars are meant: 4 GiB, three rounds."""
    return Bench(4 << 30, 3, CLIENTS).rows()


def short() -> Iterator[str]:
    return Bench(4 * PART_SIZE, 1, CLIENTS, ("tls",)).rows()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.clients", description=__doc__)
    parser.add_argument("--gib", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--door", choices=DOORS, action="append", help="only this one")
    parser.add_argument("--only", metavar="CLIENT", action="append", choices=CLIENTS, help=", ".join(CLIENTS))
    asked = parser.parse_args()
    chosen = {name: command for name, command in CLIENTS.items() if name in (asked.only or CLIENTS)}
    for line in Bench(int(asked.gib * (1 << 30)), asked.rounds, chosen, asked.door or DOORS).rows():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
