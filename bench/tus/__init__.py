"""A tus pair for context: tuspy, chunk after chunk, to @tus/server with its file store. Plain HTTP, one run, no bar."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from bench import node, runs
from bench.bars import LeftOut
from bench.processes import cpu_seconds

MOST_BYTES = 1 << 30
"""The server writes what it gets: enough to see a speed."""


def row(folder: Path, env: Mapping[str, str], part_size: int, size: int) -> str:
    """What client and server cost. Says so if there is no server here."""
    size = min(size, MOST_BYTES)
    file = runs.file_of(folder, size, "tus.bin")
    script = Path(__file__).parents[1] / "senders.py"
    store = folder / "tus"
    store.mkdir()
    try:
        with node.server("tus/server.mjs", str(store)) as server:
            before = cpu_seconds([server.pid])
            run = runs.measure((runs.PYTHON, script, "tuspy", file, str(part_size), "1", server.url, ""), env, folder)
            cost = cpu_seconds([server.pid]) - before
    except LeftOut as reason:
        return f"tuspy → @tus/server is left out: {reason}"
    finally:
        shutil.rmtree(store)
    gib = size / (1 << 30)
    return (
        f"tuspy → @tus/server (plain, writes the file): {size / 1e6 / run.seconds:.0f} MB/s,"
        f" CPU s/GiB {run.cpu_seconds / gib:.2f} + {cost / gib:.2f} of the server, peak {run.peak_mib:.0f} MiB"
    )
