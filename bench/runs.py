"""One run of a client in a process of its own: what it took, what it cost, how much memory it held at most."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import sinks
from bench.bars import LeftOut

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
MOST_SECONDS = 1800


class Failed(Exception):
    """The client ended with an error; the message is the last thing it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """`peak_mib` is the largest resident size of the process, or of a child that it waited for (VmHWM)."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def file_of(folder: Path, size: int, name: str = "file.bin") -> Path:
    """A file of real bytes, in the page cache afterwards."""
    path = folder / name
    block = os.urandom(1 << 20)
    with path.open("wb") as file:
        for left in range(size, 0, -len(block)):
            file.write(block[:left])
    return path


def environment(folder: Path, certificate: Path) -> dict[str, str]:
    """What all clients see: whom to trust, an S3 account that nobody checks, no proxy, and an empty home."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    trusted = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"), str(certificate))
    account = {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "aws.ini"),
        "BOTO_DISABLE_CRT": "true",  # as `pip install boto3` and `pip install awscli` do: without awscrt
    }
    return {**kept, **trusted, **account, "HOME": str(folder), "TMPDIR": str(folder), "NO_PROXY": "*"}


def measure(command: Sequence[str | Path], env: Mapping[str, str], folder: Path) -> Run:
    """Run it to its end. If its last line is JSON with seconds and CPU seconds, they count in place of the process's.

    Raises Failed, and LeftOut where there are no clients.
    """
    if not PYTHON.exists():
        raise LeftOut("the environment of the clients is missing (make .venv-bench/.ready)")
    report = folder / "report.json"
    done = subprocess.run(
        [str(word) for word in (sinks.program("measured"), report, *command)],
        env=dict(env),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise Failed(f"exit code {done.returncode}: {said[-300:]}")
    cost = json.loads(report.read_text())
    last = done.stdout.strip().rpartition("\n")[2]
    if last.startswith('{"seconds"'):
        cost |= json.loads(last)
    return Run(cost["seconds"], cost["cpu_seconds"], cost["peak_kib"] / 1024)


def median(several: Iterable[float]) -> float:
    return statistics.median(several)
