"""What an open upload takes of the server's memory: the API function beside Companion and @tus/server on S3.

Uploads are begun and left open: created, a first window signed, nothing sent. As many before the first look as after
it, so that what a process takes for itself once is not counted. Resident memory with shared pages by their share (PSS);
of Node with the garbage that it has not collected yet, so its figures go up and down.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench import node
from bench.asking import Asked, Links
from bench.bars import LeftOut, judged
from bench.end_to_end import BUCKET, s3_of
from bench.processes import pss_mib
from bench.progress import doing
from bench.stack import MIB, Stack, stack
from bench.steps import Steps

THREADS, OWNERS = 4, 10
PART, SIZE = 16 * MIB, 1024 * MIB
MOST_KIB = 16
"""The allocator's own steps, over two hundred uploads; a record kept in memory would be seen."""


@dataclass(frozen=True, slots=True)
class Grown:
    who: str
    before: float
    after: float
    count: int

    @property
    def kib(self) -> float:
        """For each upload."""
        return (self.after - self.before) * 1024 / self.count

    def row(self) -> str:
        return f"  {self.who:24} {self.before:8.1f} {self.after:8.1f} {self.kib:12.1f}"


def grown(who: str, count: int, begin: Callable[[int], object], pids: Callable[[], list[int]]) -> Grown:
    """`begin(number)` leaves one upload open."""

    def many(first: int) -> float:
        doing(f"{who}: {count} uploads")
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(begin, range(first, first + count)))
        return sum(map(pss_mib, pids()))

    return Grown(who, many(0), many(count), count)


def ours(here: Stack, count: int) -> Grown:
    owners = [Steps.of(here, number) for number in range(OWNERS)]

    def begin(number: int) -> None:
        steps = owners[number % OWNERS]
        upload = steps.create(SIZE, PART)
        steps.sign(upload, range(1, 9))

    return grown("ours, all its processes", count, begin, here.workers)


def companion(here: Stack, count: int) -> Grown:
    config = {"key": here.site["access_key"], "secret": here.site["secret_key"], **place(here)}
    with (
        node.server("companion/server.mjs", json.dumps(config), str(here.folder)) as server,
        Links(server.url) as links,
    ):

        def begin(number: int) -> None:
            body = {"filename": f"{number}.bin", "type": "application/octet-stream"}
            json_type = {"content-type": "application/json"}
            made = json.loads(links.ask(Asked("POST", "/s3/multipart", json.dumps(body).encode(), json_type)))
            for part in range(1, 9):
                links.ask(Asked("GET", f"/s3/multipart/{made['uploadId']}/{part}?key={made['key']}"))

        return grown("Companion", count, begin, lambda: [server.pid])


def tus(here: Stack, count: int) -> Grown:
    with tus_on_s3(here) as server, Links(server.url) as links:
        headers = {"tus-resumable": "1.0.0", "upload-length": str(SIZE), "content-length": "0"}
        return grown(
            "@tus/server, S3 store",
            count,
            lambda _: links.ask(Asked("POST", "/files", None, headers)),
            lambda: [server.pid],
        )


def place(here: Stack) -> dict[str, str]:
    return {"endpoint": here.site["s3"], "region": here.site["region"], "bucket": BUCKET}


def tus_on_s3(here: Stack) -> AbstractContextManager[node.Server]:
    """@tus/server in front of the stack's strict S3."""
    keys = {"accessKeyId": here.site["access_key"], "secretAccessKey": here.site["secret_key"]}
    return node.server("tus/server.mjs", str(here.folder), json.dumps({**place(here), **keys}))


def rows(count: int = 200) -> Iterator[str]:
    yield f"{'MiB with open uploads':24}   {count:>8} {2 * count:>8} {'KiB for each':>12}"
    with stack() as here:
        s3_of(here).close()
        mine = ours(here, count)
        yield mine.row()
        for peer in (companion, tus):
            try:
                yield peer(here, count).row()
            except LeftOut as reason:
                yield f"  {peer.__name__} is left out: {reason}"
    yield judged("memory of an open upload", f"{mine.kib:.1f} KiB", f"≤ {MOST_KIB} KiB", mine.kib <= MOST_KIB)


def short() -> Iterator[str]:
    return rows(2)
