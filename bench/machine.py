"""Where figures come from, to stand beside them: date, machine, and the versions of what was compared."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import DistributionFinder, MetadataPathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-bench" / "lib"
MODULES = tuple(ROOT / folder / "node_modules" for folder in ("", "bench/tus", "bench/companion"))


def stamp(compared: Sequence[str] = ()) -> str:
    """One line. `compared` names packages: `botocore` of .venv, `peer:boto3` of .venv-bench, `npm:@tus/server`."""
    return " · ".join((f"{datetime.now(UTC):%Y-%m-%d}", *_machine(), *map(_version, compared)))


class Company:
    """Who else was there: seconds since it was made, and what processes other than ours and its children used of the
    machine meanwhile. A child counts once it ended."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy(), _own()

    def __str__(self) -> str:
        seconds = time.monotonic() - self._began
        others = max(0.0, _busy() - self._busy - (_own() - self._own))
        return f"{seconds:.0f} s, others used {others / seconds / (os.cpu_count() or 1):.0%} of the machine"


def _busy() -> float:
    """Seconds of CPU that anybody used since the machine started, for programs or for the system on their behalf."""
    user, nice, system = _lines("/proc/stat")[0].split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    return sum(os.times()[:4])


def _machine() -> Iterator[str]:
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    yield f"{len(os.sched_getaffinity(0))} cores {next(iter(models), '')}".strip()
    yield f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GiB"
    yield f"{platform.system()} {platform.machine()}"
    yield f"Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text("utf-8", "replace").splitlines() if file.exists() else []


def _version(package: str) -> str:
    where, _, name = package.rpartition(":")
    found = next(iter(_found(where, name)), "not here")
    return f"{name} {found}"


def _found(where: str, name: str) -> Iterator[str]:
    if where == "npm":
        for folder in MODULES:
            about = folder / name / "package.json"
            if about.exists():
                yield json.loads(about.read_text("utf-8"))["version"]
        return
    path = [str(each) for each in PEERS.glob("*/site-packages")] if where == "peer" else sys.path
    for each in MetadataPathFinder.find_distributions(DistributionFinder.Context(name=name, path=path)):
        yield each.version
