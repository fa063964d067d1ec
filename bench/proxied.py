"""Bytes through a server beside bytes past it: @tus/server with its S3 store, and ours, to the same strict S3.

The tus client is the cheapest there can be: PATCH after PATCH of 16 MiB from memory over one connection. Ours is our
Python client from a file, as it is. CPU is that of the server that a team has to run: of ours the API function.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.asking import Asked, Links
from bench.bars import judged
from bench.end_to_end import PARALLEL, s3_of
from bench.processes import cpu_seconds
from bench.runs import file_of
from bench.session_memory import tus_on_s3
from bench.stack import MIB, Stack, stack
from portway_client.client import Client
from portway_client.state import NoState

CHUNK = 16 * MIB
LEAST_CPU_TIMES = 10


@dataclass(frozen=True, slots=True)
class Sent:
    who: str
    mib: int
    seconds: float
    cpu_seconds: float

    @property
    def cpu(self) -> float:
        """The server's seconds for each GiB."""
        return self.cpu_seconds / (self.mib / 1024)

    def row(self) -> str:
        return f"  {self.who:40} {self.mib * MIB / 1e6 / self.seconds:6.0f} {self.cpu:10.2f}"


def tus(here: Stack, mib: int) -> Sent:
    """Until the object is complete in S3, which the last answer says."""
    chunk = os.urandom(CHUNK)
    with tus_on_s3(here) as server, Links(server.url) as links:
        version = {"tus-resumable": "1.0.0"}
        before, began = cpu_seconds([server.pid]), time.perf_counter()
        made = links.answer(Asked("POST", "/files", None, {**version, "upload-length": str(mib * MIB)}))
        target = urlsplit(made.headers["Location"]).path
        for offset in range(0, mib * MIB, CHUNK):
            about = {"upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
            links.ask(Asked("PATCH", target, chunk, {**version, **about}))
        seconds = time.perf_counter() - began
        return Sent("@tus/server in front of S3", mib, seconds, cpu_seconds([server.pid]) - before)


def ours(here: Stack, mib: int) -> Sent:
    """Until S3 has completed it."""
    file, workers = file_of(here.folder, mib * MIB), here.workers()
    with Client(here.site["api"], here.token(), parallel=PARALLEL, state=NoState()) as client:
        before, began = cpu_seconds(workers), time.perf_counter()
        client.start(file, wait=False, part_size=CHUNK).wait()
        seconds = time.perf_counter() - began
        return Sent("ours, straight to S3", mib, seconds, cpu_seconds(here.workers()) - before)


def rows(mib: int = 512) -> Iterator[str]:
    yield f"{f'{mib} MiB until it is in S3':42} {'MB/s':>6} {'CPU s/GiB':>10} of the server"
    with stack() as here:
        s3_of(here).close()
        mine = ours(here, mib)
        yield mine.row()
        peer = tus(here, mib)
        yield peer.row()
    times = peer.cpu / mine.cpu
    yield judged(
        "CPU of the server, @tus/server/ours", f"{times:.0f}", f"≥ {LEAST_CPU_TIMES}", times >= LEAST_CPU_TIMES
    )


def short() -> Iterator[str]:
    return rows(16)
