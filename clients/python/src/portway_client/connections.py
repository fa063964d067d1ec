"""One connection to a server: bytes out, bytes in, and NoAnswer for everything that can happen to it.

The socket never blocks. So an early answer is seen even while there is no room to send, and "too long" means that
nothing moved: a slow line that takes minutes for what is in the system's buffers is not given up.
"""

from __future__ import annotations

import io
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, cast

from portway_client.places import Place, Proxy
from portway_client.sockets import READ, WOULD_BLOCK, WRITE, acknowledged, is_ready, words
from portway_client.transport import NoAnswer, Trouble

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT_SECONDS = 15.0
"""Most that one address of a host gets: a way that leads nowhere must not hide one that works."""
HEAD = 1 << 16
"""Bytes of an answer that are read at once."""
TROUBLES = {ssl.SSLCertVerificationError: Trouble.CERTIFICATE, TimeoutError: Trouble.TIMEOUT}


class Connection:
    """For one thread; only `shut` is for others. `has_heard`: something of the present answer came."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.seconds = 60.0
        self.is_shut = self.has_heard = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._early, self._is_in_head = b"", False

    def begin(self, seconds: float) -> None:
        """A new request; nothing may stand still for longer than this."""
        self.seconds, self.has_heard = seconds, False

    def connect(self, context: Callable[[], ssl.SSLContext]) -> None:
        """To the server, or through its proxy, and TLS where the place says so."""
        proxy = self.place.proxy
        self._reach(proxy or self.place)
        if self.place.scheme == "https":
            if proxy:
                self._tunnel(proxy)
            self._secure(context())

    def send(self, piece: memoryview | bytes) -> bool:
        """All of it; False when the server began to answer, or closed, before it had everything.

        Only who finds no room listens: asking before each piece costs a tenth of the CPU, and hears nothing sooner
        than what is in the system's buffers takes anyway.
        """
        rest = memoryview(piece)
        while rest:
            with self._troubles():
                try:
                    rest = rest[self._open.send(rest) :]
                except WOULD_BLOCK:
                    self._wait(READ | WRITE)
                    if self.is_spoken_to():
                        return False
        return True

    def answer(self, method: str) -> HTTPResponse:
        """The head of an answer; the body is read from it."""
        with self._troubles():
            self._is_in_head = True
            response = HTTPResponse(cast("Any", self), method=method)
            response.begin()
            self._is_in_head = False
            return response

    def read(self, response: HTTPResponse, most: int) -> bytes:
        """Some of the body; empty only at its end. BROKEN where it ends early."""
        with self._troubles():
            content = response.read(most)
            if not content and response.length:
                raise HTTPException("cut off")
            return content

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client reads an answer from."""
        return io.BufferedReader(_Incoming(self), HEAD)

    def receive(self, window: memoryview) -> int:
        """0 at the end."""
        if self._early:
            window[0], self._early = self._early[0], b""
            return 1
        with self._troubles():
            while True:
                try:
                    count = self._open.recv_into(window)
                except WOULD_BLOCK:
                    self._wait(READ)
                else:
                    if not count and self._is_in_head:  # http.client takes this for the end of the headers
                        raise ConnectionResetError("closed without an answer")
                    self.has_heard = self.has_heard or count > 0
                    return count

    def is_spoken_to(self) -> bool:
        """Whether a byte of an answer, or the end, is there. What TLS says to itself is neither."""
        with self._troubles():
            if not self._early and is_ready(self._open, READ, 0):
                try:
                    self._early = self._open.recv(1)
                except WOULD_BLOCK:
                    return False
                self.has_heard = bool(self._early)
                return True
            return bool(self._early)

    def is_fresh(self) -> bool:
        """Whether it can be used again: nothing came while nobody asked, not even the end."""
        try:
            return not self.is_spoken_to()
        except NoAnswer:
            return False

    def shut(self) -> None:
        """From any thread: whatever it is doing ends with HALTED."""
        self.is_shut = True
        with self._lock, suppress(OSError):
            if self._socket:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # SSLSocket's own would go on in plain text

    def close(self) -> None:
        with self._lock:
            if self._socket:
                self._socket.close()
            self._socket = None

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    @property
    def _open(self) -> socket.socket:
        if self.is_shut or not self._socket:
            raise OSError("closed")
        return self._socket

    def _reach(self, server: Place | Proxy) -> None:
        """By the first of the host's addresses that answers."""
        try:
            addresses = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(Trouble.CONNECT, f"{server.host}: {words(error)}") from error
        failed = "no address"
        for family, kind, protocol, _, address in addresses:
            try:
                return self._dial(socket.socket(family, kind, protocol), address)
            except OSError as error:
                failed = words(error)
            if self.is_shut:
                raise NoAnswer(Trouble.HALTED, "halted")
        raise NoAnswer(Trouble.CONNECT, f"{server.host}:{server.port}: {failed}")

    def _dial(self, new: socket.socket, address: Any) -> None:
        self.close()
        with self._lock:
            self._socket = new
        new.setblocking(False)
        new.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        new.connect_ex(address)
        if not is_ready(self._open, WRITE, min(self.seconds, CONNECT_SECONDS)):
            raise TimeoutError("nobody answers")
        if failed := self._open.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(failed, os.strerror(failed))

    def _tunnel(self, proxy: Proxy) -> None:
        login = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
        self.send(f"CONNECT {self.place.address} HTTP/1.1\r\nHost: {self.place.address}\r\n{login}\r\n".encode())
        status = self.answer("CONNECT").status
        if status != 200:
            trouble = Trouble.CONNECT if status >= 500 else Trouble.BROKEN
            raise NoAnswer(trouble, f"the proxy {proxy.host}:{proxy.port} refuses {self.place.address}: {status}")

    def _secure(self, context: ssl.SSLContext) -> None:
        with self._troubles():
            with self._lock:
                secure = context.wrap_socket(self._open, server_hostname=self.place.host, do_handshake_on_connect=False)
                self._socket = secure
            while True:
                try:
                    return secure.do_handshake()
                except ssl.SSLWantReadError:
                    self._wait(READ)
                except ssl.SSLWantWriteError:
                    self._wait(WRITE)

    def _wait(self, events: int) -> None:
        """Until the socket is ready. TimeoutError when nothing moved for `seconds`, not even out of the buffers."""
        taken = acknowledged(self._open)
        while not is_ready(self._open, events, self.seconds):
            before, taken = taken, acknowledged(self._open)
            if taken == before:
                raise TimeoutError(f"nothing moved for {self.seconds:g} seconds")

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Errors as what they mean. The words name the server, and nothing of what was asked."""
        try:
            yield
        except (OSError, HTTPException, ValueError) as error:
            if self.is_shut:
                raise NoAnswer(Trouble.HALTED, "halted") from None
            if isinstance(error, HTTPException):
                error.args = ()  # it repeats what the server said, and that may be what it was asked
            trouble = next((each for kind, each in TROUBLES.items() if isinstance(error, kind)), Trouble.BROKEN)
            raise NoAnswer(trouble, f"{self.place.address}: {words(error)}") from None


class _Incoming(io.RawIOBase):
    """A connection as a file to read one answer from. Closing it closes nothing."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._connection.receive(memoryview(buffer).cast("B"))
