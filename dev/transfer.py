"""The bytes of an upload on their way to S3: hashed in one pass, sent in parts over several connections."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from awscrt.checksums import combine_crc64nvme, crc64nvme

from dev.client import Api

PIECE = 1 << 20
WINDOW = 200
"""Parts that are signed at a time, so that no URL waits long for its turn."""
TRIES = 4


class FileChanged(Exception):
    """The file is not what it was when it was hashed."""


class PartRefused(Exception):
    """S3 did not take a part, also not when asked again."""


@dataclass(frozen=True, slots=True)
class Digests:
    """`crcs` is CRC64NVME of each part and `crc` that of the whole, as S3 writes them; `sha256` of the whole in hex."""

    crcs: tuple[str, ...]
    crc: str
    sha256: str


def digests(path: Path, part_size: int) -> Digests:
    """Read the file once."""
    whole, sha256 = 0, hashlib.sha256()
    crcs: list[str] = []
    with path.open("rb", buffering=0) as file:
        while True:
            crc, length = 0, 0
            while length < part_size and (piece := file.read(min(PIECE, part_size - length))):
                crc, length = crc64nvme(piece, crc), length + len(piece)
                sha256.update(piece)
            if length or not crcs:
                crcs.append(_text(crc))
                whole = combine_crc64nvme(whole, crc, length)
            if length < part_size:
                return Digests(tuple(crcs), _text(whole), sha256.hexdigest())


def _text(crc: int) -> str:
    return base64.b64encode(crc.to_bytes(8, "big")).decode()


class Transfer:
    """Sends the parts of one upload. `on_progress` is called with the bytes sent since its last call, by any thread."""

    def __init__(
        self,
        api: Api,
        upload: dict[str, Any],
        path: Path,
        crcs: tuple[str, ...],
        on_progress: Callable[[int], None],
        threads: int = 4,
    ) -> None:
        self._api, self._upload, self._path, self._crcs = api, upload, path, crcs
        self._on_progress, self._threads = on_progress, threads
        self._links, self._opened = threading.local(), contextlib.ExitStack()

    def run(self) -> None:
        """Send every part; each URL accepts exactly the bytes that were hashed. Raises PartRefused or FileChanged."""
        count = self._upload["part_count"]
        with self._opened, self._path.open("rb", buffering=0) as file, ThreadPoolExecutor(self._threads) as pool:
            for first in range(1, count + 1, WINDOW):
                signed = self._sign(range(first, min(first + WINDOW, count + 1)))
                jobs = [pool.submit(self._send, file.fileno(), part) for part in signed]
                try:
                    done, _ = wait(jobs, return_when=FIRST_EXCEPTION)
                    for job in done:
                        job.result()
                except BaseException:  # also Ctrl-C: only the parts that are being sent go on to their end
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise

    def _sign(self, numbers: range) -> list[dict[str, Any]]:
        checksums = {str(number): self._crcs[number - 1] for number in numbers}
        body = {"numbers": list(numbers), "form": "urls", "checksums": checksums}
        signed = self._api.ask("POST", f"/v1/uploads/{self._upload['id']}/parts", body)
        parts: list[dict[str, Any]] = signed["parts"]
        return parts

    def _send(self, fd: int, part: dict[str, Any]) -> None:
        """One part, again after a broken connection or a 5xx, with a new URL after a 403."""
        for attempt in range(1, TRIES + 1):
            sent = _Counter(self._on_progress)
            try:
                status, words = self._put(fd, part, sent)
            except (OSError, http.client.HTTPException) as error:
                status, words = 0, str(error)
                self._links.link = None
            if status == 200:
                return
            sent.take_back()
            if attempt == TRIES or status in (400, 404):
                raise PartRefused(f"part {part['number']}: {status or 'no answer'} {words}")
            if status == 403:
                (part,) = self._sign(range(part["number"], part["number"] + 1))
            time.sleep(0.1 * 2**attempt)

    def _put(self, fd: int, part: dict[str, Any], sent: _Counter) -> tuple[int, str]:
        place = urlsplit(part["url"])
        link: http.client.HTTPConnection | None = getattr(self._links, "link", None)
        if link is None:
            link = self._links.link = http.client.HTTPConnection(place.netloc, timeout=60)
            self._opened.callback(link.close)
        link.putrequest("PUT", f"{place.path}?{place.query}", skip_accept_encoding=True)
        for name, value in {**part["headers"], "content-length": str(part["length"])}.items():
            link.putheader(name, value)
        link.endheaders()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused early: the answer is there to read
            for piece in pieces(fd, (part["number"] - 1) * self._upload["part_size"], part["length"]):
                link.send(piece)
                sent.add(len(piece))
        answer = link.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")


class _Counter:
    """What one attempt has sent, to be taken back if it fails."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._count = tell, 0

    def add(self, count: int) -> None:
        self._count += count
        self._tell(count)

    def take_back(self) -> None:
        self._tell(-self._count)
        self._count = 0


def pieces(fd: int, offset: int, length: int) -> Iterator[memoryview]:
    """`length` bytes from `offset` in pieces that share one buffer. FileChanged if the file is shorter by now."""
    buffer = memoryview(bytearray(min(PIECE, max(length, 1))))
    while length:
        count = os.preadv(fd, [buffer[: min(len(buffer), length)]], offset)
        if count == 0:
            raise FileChanged("the file has become shorter while it was sent")
        yield buffer[:count]
        offset, length = offset + count, length - count
