"""Several connections against one on a long line: our Python client, the same file, the same sink.

The line (bench/link.py) takes 25 ms each way and gives each connection 8 MB/s, as one TCP connection gets it between
continents whatever the access is. Every call to the API goes over it, too.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bench import sinks
from bench.bars import judged
from bench.link import link
from bench.runs import file_of
from portway_client.client import Client
from portway_client.state import NoState

MIB = 1 << 20
PART, DELAY_MS, MB = 8 * MIB, 25, 8
CONNECTIONS = (1, 2, 6)
LEAST_TIMES = 1.5


def seconds(url: str, file: Path, connections: int) -> float:
    """From create to the end."""
    with Client(url, "bench", parallel=connections, state=NoState()) as client:
        began = time.perf_counter()
        client.upload(file, part_size=PART)
        return time.perf_counter() - began


def rows(mib: int = 128, mb: float = MB) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="portway-bench-") as name:
        folder = Path(name)
        file = file_of(folder, mib * MIB)
        with sinks.sink(folder) as sink, link(urlsplit(sink.plain).port or 0, DELAY_MS, mb) as url:
            taken = {count: seconds(url, file, count) for count in CONNECTIONS}
    yield f"{mib} MiB in parts of {PART // MIB} MiB, {2 * DELAY_MS} ms there and back, {mb} MB/s for each connection"
    for count, each in taken.items():
        yield f"  at most {count}: {mib * MIB / 1e6 / each:6.1f} MB/s"
    times = taken[1] / taken[CONNECTIONS[-1]]
    yield judged(f"{CONNECTIONS[-1]} connections/1", f"{times:.2f}", f"≥ {LEAST_TIMES}", times >= LEAST_TIMES)


def short() -> Iterator[str]:
    return rows(16, 10 * MB)
