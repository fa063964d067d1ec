"""Many HTTP requests from a few threads, each with a connection that it keeps."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `target` is what comes behind the host."""

    method: str
    target: str
    body: bytes | memoryview | IO[bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    headers: Message
    body: bytes


class Refused(Exception):
    """An answer other than 2xx; the message has its beginning."""


class Links:
    """A connection to `url` for each thread that asks, until they are closed."""

    def __init__(self, url: str) -> None:
        self._host, self._local = urlsplit(url).netloc, threading.local()
        self._open: list[http.client.HTTPConnection] = []

    def __enter__(self) -> Links:
        return self

    def __exit__(self, *_: object) -> None:
        for link in self._open:
            link.close()

    def ask(self, asked: Asked) -> bytes:
        """The body of the answer. Raises Refused."""
        return self.answer(asked).body

    def answer(self, asked: Asked) -> Answer:
        """Raises Refused."""
        if not hasattr(self._local, "link"):
            self._local.link = http.client.HTTPConnection(self._host, timeout=SECONDS)
            self._open.append(self._local.link)
        link: http.client.HTTPConnection = self._local.link
        link.request(asked.method, asked.target, asked.body, dict(asked.headers))
        answer = link.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise Refused(f"{answer.status} {said[:300].decode('utf-8', 'replace')}")
        return Answer(answer.headers, said)


def seconds_of(url: str, requests: Iterable[Asked], threads: int) -> float:
    """How long all of them take. Raises Refused."""
    with Links(url) as links, ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        for _ in pool.map(links.ask, requests):
            pass
        return time.perf_counter() - began
