"""The seam between what the client decides and the network: one request, one answer, or a reason why there is none.

Hand in a transport of your own to test your code without a network (`portway_client.testing` has one that behaves like
Portway and S3), or to send through something else. It is called by several threads at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Trouble(StrEnum):
    """Why there is no answer."""

    CONNECT = "connect"
    """No connection could be made: no network, no such host, nobody listens. Nothing was sent."""
    BROKEN = "broken"
    """The connection ended before the answer was whole. The request may have been carried out."""
    TIMEOUT = "timeout"
    """Nothing moved for too long."""
    CERTIFICATE = "certificate"
    """The server could not prove who it is."""
    HALTED = "halted"
    """We ended it ourselves."""


class NoAnswer(Exception):
    """There is no answer, or not the whole of one."""

    def __init__(self, trouble: Trouble, words: str) -> None:
        super().__init__(words)
        self.trouble = trouble


class Halt:
    """Ends requests that are under way, from another thread: pause and cancel. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock, self._callbacks = threading.RLock(), set[Callable[[], None]]()
        self.is_set = False

    def set(self) -> None:
        with self._lock:  # also while they are called: what was removed is not called any more
            self.is_set = True
            for callback in list(self._callbacks):
                callback()

    def clear(self) -> None:
        self.is_set = False

    def add(self, callback: Callable[[], None]) -> None:
        """`callback` is called when this is set, at once if it is already. It must not raise."""
        with self._lock:
            self._callbacks.add(callback)
        if self.is_set:
            callback()

    def remove(self, callback: Callable[[], None]) -> None:
        with self._lock:
            self._callbacks.discard(callback)


class Body(Protocol):
    """Bytes to send, as often as they are asked for."""

    @property
    def length(self) -> int: ...

    def pieces(self) -> Iterator[memoryview | bytes]:
        """All `length` bytes from the first; a piece is good until the next one is asked for.

        What it raises passes through `Transport.send`: FileChanged, Unreadable.
        """
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """`url` is sent as it is: a signature covers its spelling. Never log it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Body = b""
    seconds: float = 60.0
    """How long nothing may move: connecting, sending a piece, waiting for the answer."""

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url.partition('?')[0]})"


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose body is read piece by piece; NoAnswer while reading if it ends early."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class Transport(Protocol):
    def send(self, request: Request, halt: Halt | None = None) -> Response:
        """One request, once. An early answer counts although the body was not sent whole. Raises NoAnswer."""
        ...

    def open(self, request: Request, halt: Halt | None = None) -> AbstractContextManager[Opened]:
        """The same for answers too large to hold. Raises NoAnswer."""
        ...

    def close(self) -> None:
        """Ends all connections. The transport may be used again."""
        ...
