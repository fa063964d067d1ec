"""Servers for tests: each connection is played by a script, one step after the other, on a free port of 127.0.0.1."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Heard:
    """One request as it arrived. Names of headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Talk:
    """The server's end of one connection."""

    def __init__(self, link: socket.socket, tell: Callable[[Heard], object]) -> None:
        self.link, self._tell = link, tell
        self.file = link.makefile("rb")

    def head(self) -> Heard:
        """Up to the body. EOFError when there is no further request."""
        line = self.file.readline().decode("latin-1").strip()
        if not line:
            raise EOFError
        headers = {}
        while header := self.file.readline().decode("latin-1").strip():
            name, _, value = header.partition(": ")
            assert name.lower() not in headers
            headers[name.lower()] = value
        return Heard(line, headers, b"")

    def hear(self) -> Heard:
        """A whole request; EOFError if only half of one comes."""
        heard = self.head()
        length = int(heard.headers.get("content-length", "0"))
        heard.body = self.file.read(length)
        if len(heard.body) < length:
            raise EOFError
        self._tell(heard)
        return heard

    def say(self, content: bytes) -> None:
        self.link.sendall(content)

    def linger(self) -> None:
        """Neither reads nor speaks until both sides have ended the connection, or the test has."""
        poll = select.poll()
        poll.register(self.link, 0)
        poll.poll()

    def reset(self) -> None:
        """Ends the connection as a crash does: what was sent and not read yet may be lost."""
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self.file.close()
        self.link.close()


Script = Callable[[Talk], object]
BUFFER = 256 << 10
"""Bytes that are taken and not read yet. By itself Linux goes up to 32 MiB, and a whole body may be there unread."""


def answering(*answers: bytes) -> Script:
    """Each request gets the next answer, the last of them again and again."""

    def script(talk: Talk) -> None:
        left = list(answers)
        while True:
            talk.hear()
            talk.say(left.pop(0) if len(left) > 1 else left[0])

    return script


class Served:
    """A running server: its address, how many connections it had, and every request that `hear` heard."""

    def __init__(self, scripts: Sequence[Script], tls: ssl.SSLContext | None) -> None:
        self.connections = 0
        self.heard: list[Heard] = []
        self.failures: list[AssertionError] = []
        self._scripts, self._tls = scripts, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.port: int = self._listener.getsockname()[1]
        self._links = [self._listener]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        for link in self._links:
            with suppress(OSError):
                socket.socket.shutdown(link, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                self._links.append(link)
                script = self._scripts[min(self.connections, len(self._scripts) - 1)]
                self.connections += 1
                self._threads.append(threading.Thread(target=self._play, args=(link, script)))
                self._threads[-1].start()

    def _play(self, link: socket.socket, script: Script) -> None:
        with suppress(OSError, EOFError, ValueError), link, self._agreed(link) as agreed:
            self._links.append(agreed)
            talk = Talk(agreed, self.heard.append)
            try:
                script(talk)
            except AssertionError as error:
                self.failures.append(error)
            finally:
                talk.close()

    def _agreed(self, link: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(link, server_side=True) if self._tls else link


@contextmanager
def serving(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """Connections get the scripts in the order in which they come, further ones the last. A script that ends, or whose
    client has gone, closes its connection."""
    served = Served(scripts, tls)
    try:
        yield served
    finally:
        served.close()
    assert served.failures == []
