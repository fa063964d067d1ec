"""One GiB through the local stack until it is published, beside the same bytes by others to the same strict S3.

`one PUT` is what curl does: one signed PUT, no checksum, no part. boto3 is `upload_file` with its defaults (CRC32) and
as many parts at a time. Neither asks anybody, is inspected or published: `stored` is where they and ours stand alike.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from bench.asking import Asked
from bench.bars import judged
from bench.progress import doing
from bench.runs import file_of
from bench.stack import MIB, Stack, stack
from portway_client.client import Client
from portway_client.state import NoState

PART, PARALLEL, BUCKET = 16 * MIB, 4, "bench"
PUT, BOTO3, STORED, PUBLISHED = "one PUT", "boto3", "ours, stored", "ours, published"
LEAST_STORED, LEAST_PUBLISHED = 1.0, 0.5


def s3_of(here: Stack) -> Any:
    """A client that may do everything, and a bucket that nobody listens to."""
    session = boto3.Session(here.site["access_key"], here.site["secret_key"], region_name=here.site["region"])
    config = Config(s3={"addressing_style": "path"}, signature_version="s3v4")
    s3 = session.client("s3", endpoint_url=here.site["s3"], config=config)
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": here.site["region"]})
    return s3


@dataclass
class Round:
    """Each way once. `seconds` by way."""

    here: Stack
    s3: Any
    file: Path
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> dict[str, float]:
        for name, way in ((PUT, self._put), (BOTO3, self._boto3)):
            self._timed(name, way)
            self.s3.delete_object(Bucket=BUCKET, Key="file")
        self._ours()
        return self.seconds

    def _timed(self, name: str, way: Callable[[], object]) -> None:
        doing(name)
        began = time.perf_counter()
        way()
        self.seconds[name] = time.perf_counter() - began

    def _put(self) -> None:
        url = self.s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "file"})
        with self.file.open("rb") as body:
            length = {"content-length": str(self.file.stat().st_size)}
            self.here.s3.ask(Asked("PUT", url.removeprefix(self.here.site["s3"]), body, length))

    def _boto3(self) -> None:
        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=PARALLEL)
        self.s3.upload_file(str(self.file), BUCKET, "file", Config=config)

    def _ours(self) -> None:
        doing(PUBLISHED)
        began = time.perf_counter()
        with Client(self.here.site["api"], self.here.token(), parallel=PARALLEL, state=NoState()) as client:
            transfer = client.start(self.file, wait=False, part_size=PART)
            transfer.wait()
            self.seconds[STORED] = time.perf_counter() - began
            assert transfer.upload_id is not None
            client.wait(transfer.upload_id)
            self.seconds[PUBLISHED] = time.perf_counter() - began
            client.delete(transfer.upload_id)


def rows(mib: int = 1024, rounds: int = 2) -> Iterator[str]:
    with stack() as here, closing(s3_of(here)) as s3:
        file = file_of(here.folder, mib * MIB)
        found = [Round(here, s3, file).run() for _ in range(rounds)]
    yield f"{mib} MiB through the local stack, parts of {PART // MIB} MiB, {PARALLEL} at a time, median of {rounds}"
    for way in found[0]:
        seconds = statistics.median(each[way] for each in found)
        yield f"  {way:16} {seconds:6.2f} s {mib * MIB / 1e6 / seconds:7.0f} MB/s"
    for way, least in ((STORED, LEAST_STORED), (PUBLISHED, LEAST_PUBLISHED)):
        times = statistics.median(each[BOTO3] / each[way] for each in found)
        yield judged(f"speed, {way}/{BOTO3}", f"{times:.2f}", f"≥ {least}", times >= least)


def short() -> Iterator[str]:
    return rows(32, 1)
