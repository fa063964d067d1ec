"""Signing part URLs as a service: our API function beside Uppy Companion, over HTTP, and botocore in this process.

Companion is asked as Uppy asks it, once for each part, and through its route for many. Ours runs in the local stack,
once for each part and in windows of 1,000: who asks is checked, the record is read, rate and activity are written;
Companion does none of that here. CPU is that of the server's processes only: of ours the API function, not the
gateway, whose part AWS plays.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench import node, presign
from bench.asking import Asked, seconds_of
from bench.bars import LeftOut, judged
from bench.processes import cpu_seconds, pss_mib
from bench.stack import FILE, MIB, stack

THREADS, WINDOW, COMPANION_WINDOW, FORMS = 4, 1000, 100, 3
LEAST_BEST, LEAST_ASKED = 5, 50
"""How many times as much CPU Companion takes for a part: at its best, and asked part by part as Uppy asks it."""
S3 = {"endpoint": "http://127.0.0.1:1", "region": "eu-central-1", "bucket": "bench", "key": "key", "secret": "secret"}


@dataclass(frozen=True, slots=True)
class Signed:
    """Of one way. `mib` is what the server's largest process holds afterwards."""

    way: str
    parts: int
    seconds: float
    cpu_seconds: float
    mib: float

    @property
    def cpu_us(self) -> float:
        """For each part."""
        return self.cpu_seconds * 1e6 / self.parts

    def row(self) -> str:
        return f"  {self.way:42} {self.parts / self.seconds:8.0f} {self.cpu_us:10.1f} {self.mib:9.0f}"


def measured(
    way: str, parts: int, url: str, requests: Sequence[Asked], warm_up: Sequence[Asked], pids: Callable[[], list[int]]
) -> Signed:
    """Requests that all sign as many parts; some others, of one part each, start what has to be started."""
    seconds_of(url, warm_up, THREADS)
    processes = pids()
    before = cpu_seconds(processes)
    seconds = seconds_of(url, requests, THREADS)
    return Signed(way, parts, seconds, cpu_seconds(processes) - before, max(map(pss_mib, processes)))


def ours(parts: int) -> Iterator[Signed]:
    with stack() as here:
        declared = {**FILE, "size": 10_000 * 5 * MIB, "part_size": 5 * MIB, "window": 0}
        upload = here.api().ask("POST", "/v1/uploads", declared)["id"]
        headers = {"authorization": f"Bearer {here.token()}", "content-type": "application/json"}

        def signing(body: object) -> Asked:
            return Asked("POST", f"/v1/uploads/{upload}/parts", json.dumps(body).encode(), headers)

        def took(way: str, parts: int, requests: Sequence[Asked]) -> Signed:
            return measured(way, parts, here.site["api"], requests, single[: 4 * THREADS], here.workers)

        single = [signing({"numbers": [number]}) for number in range(1, parts + 1)]
        yield took("ours, one part a request", parts, single)
        windows = [signing({"range": [at + 1, at + WINDOW]}) for at in range(0, 10 * WINDOW, WINDOW)]
        yield took(f"ours, {WINDOW:,} parts a request", WINDOW * len(windows), windows)
        forms = [signing({"range": [1, 10 * WINDOW], "form": "template"})] * FORMS
        yield took(f"ours, {10 * WINDOW:,} in template form", 10 * WINDOW * FORMS, forms)


def companion(parts: int) -> Iterator[Signed]:
    """Raises LeftOut."""
    with (
        tempfile.TemporaryDirectory(prefix="portway-bench-") as folder,
        node.server("companion/server.mjs", json.dumps(S3), folder) as server,
    ):
        place = f"/s3/multipart/{presign.UPLOAD_ID}"
        single = [Asked("GET", f"{place}/{number}?key=in/file") for number in range(1, parts + 1)]

        def took(way: str, parts: int, requests: Sequence[Asked]) -> Signed:
            return measured(way, parts, server.url, requests, single[: 4 * THREADS], lambda: [server.pid])

        yield took("Companion, one part a request", parts, single)
        numbers = ",".join(map(str, range(1, COMPANION_WINDOW + 1)))
        windows = [Asked("GET", f"{place}/batch?key=in/file&partNumbers={numbers}")] * (parts // COMPANION_WINDOW or 1)
        yield took(f"Companion, {COMPANION_WINDOW} parts a request", COMPANION_WINDOW * len(windows), windows)


def botocore(parts: int) -> Signed:
    client = presign.botocore_client()
    presign.peer(client, 1, 1)
    seconds, cpu = time.perf_counter(), time.process_time()
    presign.peer(client, 1, parts)
    return Signed("botocore, no server", parts, time.perf_counter() - seconds, time.process_time() - cpu, 0)


def rows(parts: int = 1000) -> Iterator[str]:
    yield f"{'parts signed, 4 at a time':44} {'parts/s':>8} {'CPU µs each':>11} {'PSS MiB':>8}"
    mine = list[Signed]()
    for each in ours(parts):
        mine.append(each)
        yield each.row()
    yield botocore(min(parts, 1000)).row()
    try:
        peer = list(companion(parts))
    except LeftOut as reason:
        yield f"  Companion is left out: {reason}"
        return
    yield from (each.row() for each in peer)
    for what, theirs, least in (("best", peer[1], LEAST_BEST), ("one by one", peer[0], LEAST_ASKED)):
        ratio = theirs.cpu_us / mine[1].cpu_us
        yield judged(f"CPU of a part, Companion {what}/ours in windows", f"{ratio:.0f}", f"≥ {least}", ratio >= least)


def short() -> Iterator[str]:
    return rows(20)
