"""The transport that is used where none is handed in: HTTP/1.1 on the standard library, connections kept alive.

It trusts whom the system trusts (or SSL_CERT_FILE, SSL_CERT_DIR) by TLS 1.2 or newer, and goes through the proxies that
the environment names (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). Redirects are answers; nobody follows them.
"""

from __future__ import annotations

import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPResponse
from importlib.metadata import version

from portway_client.connections import Connection
from portway_client.places import Place, Places
from portway_client.transport import Body, Halt, NoAnswer, Opened, Request, Response, Trouble

MOST_IDLE, IDLE_SECONDS = 16, 60.0
"""Connections that wait for their next request, and how long: S3 and most proxies close them sooner."""
MOST_HELD = 32 << 20
"""Bytes of an answer that is held whole; ours have 1 MB at most."""
PIECE = 1 << 18
"""Bytes of an answer that are handed on at once."""


class Pool:
    """Open connections: idle ones by where they lead, and those in use."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._idle: list[tuple[float, Connection]] = []
        self._used: set[Connection] = set()
        self._process = os.getpid()

    def take(self, place: Place) -> Connection | None:
        """The one that was used last; those that are too old or were closed by the other side are closed here."""
        while True:
            with self._lock:
                self._leave_the_parents()
                found = next((each for each in reversed(self._idle) if each[1].place == place), None)
                if not found:
                    return None
                self._idle.remove(found)
                self._used.add(found[1])
            since, connection = found
            if self._now() - since < IDLE_SECONDS and connection.is_fresh():
                return connection
            self.drop(connection)

    def _leave_the_parents(self) -> None:
        """After a fork both would ask on one connection, and one would get the other's answer."""
        if self._process != os.getpid():
            for _, connection in self._idle:
                connection.close()
            self._process, self._idle, self._used = os.getpid(), [], set()

    def new(self, place: Place) -> Connection:
        connection = Connection(place)
        with self._lock:
            self._used.add(connection)
        return connection

    def keep(self, connection: Connection) -> None:
        """For the next request; the one that has been idle for longest goes."""
        with self._lock:
            self._used.discard(connection)
            self._idle.append((self._now(), connection))
            surplus = self._idle[:-MOST_IDLE]
            del self._idle[:-MOST_IDLE]
        for _, old in surplus:
            old.close()

    def drop(self, connection: Connection) -> None:
        with self._lock:
            self._used.discard(connection)
        connection.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
            used = list(self._used)
        for _, connection in idle:
            connection.close()
        for connection in used:
            connection.shut()


class HttpTransport:
    """Thread-safe. `context` instead of the system's trust; `proxies` by scheme instead of the environment's.

    Looking up a host's name is the one thing that a Halt does not interrupt.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        proxies: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places, self._pool = Places(proxies), Pool(now)
        self._given, self._lock = context, threading.Lock()

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        """Raises NoAnswer, what reading the body raises, and ValueError for what is no request."""
        body = bytearray()
        with self.open(request, halt) as opened:
            for piece in opened.pieces:
                body += piece
                if len(body) > MOST_HELD:
                    raise NoAnswer(Trouble.BROKEN, "the answer is too large")
        return Response(opened.status, opened.headers, bytes(body))

    @contextmanager
    def open(self, request: Request, halt: Halt | None = None) -> Iterator[Opened]:
        """A connection whose answer is not read to its end is closed."""
        halt = halt or Halt()
        exchange = self._ask(request, halt)
        connection, response = exchange.connection, exchange.response
        try:
            yield Opened(response.status, _headers(response), _pieces(connection, response))
        except BaseException:
            exchange.is_whole = False
            raise
        finally:
            halt.remove(connection.shut)
            if exchange.is_whole and response.isclosed() and not response.will_close and not connection.is_shut:
                self._pool.keep(connection)
            else:
                self._pool.drop(connection)

    def close(self) -> None:
        """Requests under way end with HALTED."""
        self._pool.close()

    def _ask(self, request: Request, halt: Halt) -> Exchange:
        """A connection that was kept may have been closed at the same moment: then, once, by a new one."""
        try:
            place = self._places.of(request.url)
        except ValueError as error:
            raise NoAnswer(Trouble.BROKEN, str(error)) from None
        head = _head(request, place)
        kept = self._pool.take(place)
        if kept:
            try:
                return self._exchange(kept, request, head, halt)
            except NoAnswer as error:
                if error.trouble is not Trouble.BROKEN or kept.has_heard:
                    raise
        return self._exchange(self._pool.new(place), request, head, halt)

    def _exchange(self, connection: Connection, request: Request, head: bytes, halt: Halt) -> Exchange:
        connection.begin(request.seconds)
        halt.add(connection.shut)
        try:
            if not connection.is_connected:
                connection.connect(self._context)
            is_whole = _put(connection, head, request.body)
            return Exchange(connection, connection.answer(request.method), is_whole)
        except BaseException:
            halt.remove(connection.shut)
            self._pool.drop(connection)
            raise

    def _context(self) -> ssl.SSLContext:
        """Made once, when it is needed: reading all certificates takes 30 ms."""
        with self._lock:
            if not self._given:
                self._given = ssl.create_default_context()
                self._given.set_alpn_protocols(["http/1.1"])
            return self._given


@dataclass(slots=True)
class Exchange:
    """`is_whole`: the server has the whole request, so that another one can follow."""

    connection: Connection
    response: HTTPResponse
    is_whole: bool


@cache
def agent() -> str:
    return f"portway-client/{version('portway-client')}"


def _head(request: Request, place: Place) -> bytes:
    """Request line and headers. The target is spelled as in the URL."""
    length = len(request.body) if isinstance(request.body, bytes) else request.body.length
    target = request.url.partition("//")[2].partition("#")[0]
    target = target[len(re.split("[/?]", target, maxsplit=1)[0]) :]
    target = target if target.startswith("/") else f"/{target}"
    headers = {"host": place.authority, "user-agent": agent(), "accept-encoding": "identity"}
    if place.proxy and place.scheme == "http":
        target = f"http://{place.authority}{target}"
        headers |= {"proxy-authorization": place.proxy.authorization} if place.proxy.authorization else {}
    headers |= {name.lower(): value for name, value in request.headers.items()}
    if length or request.method not in ("GET", "HEAD", "DELETE"):
        headers["content-length"] = str(length)
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if not re.fullmatch("[!-~]+", target) or any(re.search(r"[\r\n\0]", line) for line in lines):
        raise ValueError("a request holds a blank or a control character where none may be")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _put(connection: Connection, head: bytes, body: bytes | Body) -> bool:
    """Whether the server has all of it. If not, it may have said why: it is given the word."""
    try:
        if isinstance(body, bytes):
            return connection.send(head + body)
        return connection.send(head) and all(map(connection.send, _exactly(body)))
    except NoAnswer as error:
        if error.trouble is not Trouble.BROKEN:
            raise
        return False


def _exactly(body: Body) -> Iterator[memoryview | bytes]:
    """A server would wait for ever for what is missing, and take for a request what is too much."""
    left = body.length
    for piece in body.pieces():
        left -= len(piece)
        if left < 0:
            raise ValueError("a body is longer than it said")
        yield piece
    if left:
        raise ValueError("a body is shorter than it said")


def _headers(response: HTTPResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _pieces(connection: Connection, response: HTTPResponse) -> Iterator[bytes]:
    while piece := connection.read(response, PIECE):
        yield piece
