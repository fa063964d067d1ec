"""Ways to send one file, each run in a process of its own with the interpreter of .venv-bench.

`python bench/senders.py WAY FILE PART_BYTES PARALLEL URL CERTIFICATE` prints {"seconds", "cpu_seconds"} from the call
to its return; imports and making a client are not in them. Peers that know parts themselves (boto3) make them, the
others are given one PUT for each part, as many at a time. CERTIFICATE is what to trust when the URL is not plain.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import ssl
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

PIECE = 1 << 20
REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Job:
    file: Path
    part_size: int
    parallel: int
    url: str
    certificate: str

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Offset and length of each."""
        return [(at, min(self.part_size, self.size - at)) for at in range(0, self.size, self.part_size)]

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)

    def target(self, offset: int) -> str:
        return f"{self.url}/bench/file?partNumber={offset // self.part_size + 1}"


Way = Callable[[Job], Callable[[], object]]
"""Gets ready, and gives what is to be timed."""


def pieces(fd: int, offset: int, length: int) -> Iterator[bytes]:
    """As many clients are given bytes: one object for each piece."""
    for at in range(offset, offset + length, PIECE):
        yield os.pread(fd, min(PIECE, offset + length - at), at)


def in_threads(job: Job, send: Callable[[int, int], object]) -> Callable[[], object]:
    def run() -> None:
        with ThreadPoolExecutor(job.parallel) as pool:
            list(pool.map(lambda part: send(*part), job.parts))

    return run


def bare(job: Job) -> Callable[[], object]:
    """What Python can do: preadv into one buffer for each thread, http.client, no checksum, no retry, nothing."""
    fd, place, local = os.open(job.file, os.O_RDONLY), urlsplit(job.url), threading.local()

    def link() -> tuple[http.client.HTTPConnection, memoryview]:
        if not hasattr(local, "made"):
            if place.scheme == "https":
                made: http.client.HTTPConnection = http.client.HTTPSConnection(place.netloc, context=job.tls())
            else:
                made = http.client.HTTPConnection(place.netloc)
            local.made = made, memoryview(bytearray(PIECE // 4))
        found: tuple[http.client.HTTPConnection, memoryview] = local.made
        return found

    def send(offset: int, length: int) -> None:
        connection, buffer = link()
        connection.putrequest("PUT", job.target(offset), skip_accept_encoding=True)
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        sock, end = connection.sock, offset + length
        while offset < end:
            count = os.preadv(fd, [buffer[: end - offset]], offset)
            sock.sendall(buffer[:count])
            offset += count
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status

    return in_threads(job, send)


def portway(job: Job, checksum: str) -> Callable[[], object]:
    from portway_client.client import Client
    from portway_client.state import NoState

    client = Client(job.url, token="bench", parallel=job.parallel, checksum=checksum, state=NoState())
    return lambda: client.upload(job.file, part_size=job.part_size)


def portway_unhashed(job: Job) -> Callable[[], object]:
    """Ours, but that no byte is hashed: what checksums cost. Nobody can ask for that, and no real server took it."""
    from portway_client import checksums

    def unchanged(_data: bytes | memoryview, value: int = 0) -> int:
        return value

    mock.patch.object(checksums, "update", return_value=unchanged).start()
    return portway(job, "auto")


def boto3_classic(job: Job) -> Callable[[], object]:
    import boto3
    from boto3.s3.transfer import TransferConfig

    verify = job.certificate if job.url.startswith("https") else None
    s3: Any = boto3.client("s3", endpoint_url=job.url, region_name=REGION, verify=verify)
    config = TransferConfig(
        multipart_threshold=job.part_size,
        multipart_chunksize=job.part_size,
        max_concurrency=job.parallel,
        preferred_transfer_client="classic",
    )
    return lambda: s3.upload_file(str(job.file), "bench", "file", Config=config)


def boto3_crt(job: Job) -> Callable[[], object]:
    """What boto3 does when it prefers "crt", but that this can be told what to trust, and to go without TLS.

    It knows no number of connections, only a throughput to aim at.
    """
    from botocore.session import Session
    from s3transfer import crt

    session = Session()
    credentials = crt.BotocoreCRTCredentialsWrapper(session.get_credentials()).to_crt_credentials_provider()
    is_tls = job.url.startswith("https")
    client = crt.create_s3_crt_client(
        REGION, credentials, part_size=job.part_size, use_ssl=is_tls, verify=job.certificate if is_tls else None
    )
    serializer = crt.BotocoreCRTRequestSerializer(session, {"region_name": REGION, "endpoint_url": job.url})

    def run() -> None:
        with crt.CRTTransferManager(client, serializer) as manager:
            manager.upload(str(job.file), "bench", "file").result()

    return run


def httpx_stream(job: Job) -> Callable[[], object]:
    import httpx

    fd = os.open(job.file, os.O_RDONLY)
    client = httpx.Client(verify=job.tls(), timeout=60)

    def send(offset: int, length: int) -> None:
        headers = {"content-length": str(length)}
        client.put(job.target(offset), content=pieces(fd, offset, length), headers=headers).raise_for_status()

    return in_threads(job, send)


def aiohttp_stream(job: Job) -> Callable[[], object]:
    import aiohttp

    fd = os.open(job.file, os.O_RDONLY)

    async def body(offset: int, length: int) -> AsyncIterator[bytes]:
        for piece in pieces(fd, offset, length):
            yield piece

    async def send(session: aiohttp.ClientSession, gate: asyncio.Semaphore, offset: int, length: int) -> None:
        headers = {"content-length": str(length)}
        async with gate, session.put(job.target(offset), data=body(offset, length), headers=headers) as answer:
            answer.raise_for_status()
            await answer.read()

    async def run() -> None:
        gate = asyncio.Semaphore(job.parallel)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=job.tls())) as session:
            await asyncio.gather(*(send(session, gate, *part) for part in job.parts))

    return lambda: asyncio.run(run())


class Slice:
    """Some bytes of a file as requests likes them: read(n) and len()."""

    def __init__(self, fd: int, offset: int, length: int) -> None:
        self._fd, self._at, self._end, self._length = fd, offset, offset + length, length

    def __len__(self) -> int:
        return self._length

    def read(self, count: int = -1) -> bytes:
        left = self._end - self._at
        found = os.pread(self._fd, min(left, count) if count >= 0 else left, self._at)
        self._at += len(found)
        return found


def requests_file(job: Job) -> Callable[[], object]:
    import requests

    fd, local = os.open(job.file, os.O_RDONLY), threading.local()

    def send(offset: int, length: int) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()  # trusts what the environment names
        local.session.put(job.target(offset), data=Slice(fd, offset, length)).raise_for_status()

    return in_threads(job, send)


def tuspy(job: Job) -> Callable[[], object]:
    """Chunk after chunk: tus knows no parallel ones without the extension concatenation, which tuspy does not have."""
    from tusclient.client import TusClient

    about = {"filename": job.file.name}  # without, tuspy sends an empty header, which the server refuses
    uploader = TusClient(f"{job.url}/files/").uploader(str(job.file), chunk_size=job.part_size, metadata=about)
    return lambda: uploader.upload()


WAYS: dict[str, Way] = {
    "bare": bare,
    "portway": lambda job: portway(job, "auto"),
    "portway_unhashed": portway_unhashed,
    "portway_crc32c": lambda job: portway(job, "crc32c"),
    "boto3": boto3_classic,
    "boto3_crt": boto3_crt,
    "httpx": httpx_stream,
    "aiohttp": aiohttp_stream,
    "requests": requests_file,
    "tuspy": tuspy,
}


def main(way: str, file: str, part_size: str, parallel: str, url: str, certificate: str) -> None:
    run = WAYS[way](Job(Path(file), int(part_size), int(parallel), url, certificate))
    start, cpu = time.perf_counter(), sum(os.times()[:4])
    run()
    cost = {"seconds": time.perf_counter() - start, "cpu_seconds": sum(os.times()[:4]) - cpu}
    print(json.dumps(cost), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
