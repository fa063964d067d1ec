"""The strict S3 endpoint beside moto's server, in one run: `python -m bench.s3_endpoint [--mib 512] [--runs 3]`.

Presigned PUTs of 64 MiB parts over 1 and 4 connections, then Complete. Printed: MiB/s (the median of the runs), the
server's CPU seconds per GiB, its peak memory, and the time of Complete. The bar is 1.5 times moto's MiB/s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from bench.bars import judged
from bench.processes import cpu_seconds, peak_mib

PART_MIB = 64
BLOCK = os.urandom(1 << 20)
CONNECTIONS = (1, 4)
BAR = 1.5
REGION = "eu-central-1"
SERVERS = {
    "strict": ["-m", "dev.s3", "--key", "bench:bench", "--region", REGION],
    "moto": ["-m", "dev.moto"],
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One upload: MiB/s of its parts, server CPU seconds per GiB, seconds of Complete."""

    mib_per_second: float
    cpu_per_gib: float
    complete_seconds: float


@contextmanager
def server(name: str, folder: Path) -> Iterator[tuple[str, int]]:
    """URL and pid of a fresh server process."""
    data = ["--data", str(folder)] if name == "strict" else []
    with subprocess.Popen([sys.executable, *SERVERS[name], *data], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"], process.pid
        finally:
            process.terminate()


def send(url: str) -> str:
    """PUT one part of PART_MIB from memory; its ETag."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    connection.putheader("Content-Length", str(PART_MIB << 20))
    connection.endheaders()
    for _ in range(PART_MIB):
        connection.send(BLOCK)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer.status
    return answer.headers["ETag"]


def upload(s3: Any, pid: int, mib: int, connections: int) -> Measured:
    """One multipart upload of `mib` MiB."""
    place = {"Bucket": "bench", "Key": f"object-{connections}"}
    upload_id = s3.create_multipart_upload(**place)["UploadId"]
    numbers = range(1, mib // PART_MIB + 1)
    urls = [
        s3.generate_presigned_url("upload_part", Params={**place, "UploadId": upload_id, "PartNumber": number})
        for number in numbers
    ]
    cpu, start = cpu_seconds([pid]), time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        etags = list(pool.map(send, urls))
    seconds, cpu = time.perf_counter() - start, cpu_seconds([pid]) - cpu
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in zip(numbers, etags, strict=True)]
    start = time.perf_counter()
    s3.complete_multipart_upload(**place, UploadId=upload_id, MultipartUpload={"Parts": parts})
    complete = time.perf_counter() - start
    s3.delete_object(**place)
    return Measured(mib / seconds, cpu / (mib / 1024), complete)


def measure(name: str, mib: int, runs: int) -> tuple[dict[int, list[Measured]], int]:
    """All runs of one server by number of connections, and its peak memory in MiB."""
    found: dict[int, list[Measured]] = {connections: [] for connections in CONNECTIONS}
    with tempfile.TemporaryDirectory() as folder, server(name, Path(folder)) as (url, pid):
        config = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 0})
        session = boto3.Session("bench", "bench", region_name=REGION)
        s3 = session.client("s3", endpoint_url=url, config=config)
        s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for _ in range(runs):
            for connections in CONNECTIONS:
                found[connections].append(upload(s3, pid, mib, connections))
        return found, peak_mib(pid)


def rows(mib: int = 512, runs: int = 1) -> Iterator[str]:
    """The table, one line at a time."""
    yield f"{'server':8} {'connections':>11} {'MiB/s':>7} {'CPU s/GiB':>10} {'Complete s':>11} {'peak MiB':>9}"
    speeds: dict[str, dict[int, float]] = {}
    for name in SERVERS:
        found, peak = measure(name, mib, runs)
        speeds[name] = {}
        for connections, several in found.items():
            speed, cpu, complete = (
                statistics.median(values)
                for values in zip(
                    *((m.mib_per_second, m.cpu_per_gib, m.complete_seconds) for m in several), strict=True
                )
            )
            speeds[name][connections] = speed
            yield f"{name:8} {connections:11} {speed:7.0f} {cpu:10.2f} {complete:11.3f} {peak:9}"
    ratios = [speeds["strict"][connections] / speeds["moto"][connections] for connections in CONNECTIONS]
    median = statistics.median(ratios)
    yield judged("strict/moto, MiB/s, median of 1 and 4 connections", f"{median:.2f}", f"≥ {BAR}", median >= BAR)


def short() -> Iterator[str]:
    return rows(PART_MIB)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    for line in rows(arguments.mib, arguments.runs):
        print(line, flush=True)


if __name__ == "__main__":
    main()
