"""What processes cost and hold, by their ids (Linux)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def family(pid: int) -> Iterator[int]:
    """A process, and all that it and its children started."""
    yield pid
    for each in Path("/proc").glob("[0-9]*"):  # not its `children`, which leaves some out while others end (proc(5))
        with contextlib.suppress(OSError):
            if int(_stat(int(each.name))[1]) == pid:
                yield from family(int(each.name))


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of processes that run; those that they waited for are not in it."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12])


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) behind the name, which may hold anything: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()


def peak_mib(pid: int) -> int:
    """The largest resident size so far (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def pss_mib(pid: int) -> float:
    """What it holds, pages that several share by its share of them. 0 for a process that is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
