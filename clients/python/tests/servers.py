"""Servers for tests: each connection is played by a script, one step after the other, on a free port of 127.0.0.1."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Heard:
    """One request as it arrived. Names of headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Talk:
    """The server's end of one connection."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
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


@dataclass
class Served:
    """A running server: its address, how many connections it had, and every request that `answering` heard."""

    port: int
    scheme: str = "http"
    host: str = "127.0.0.1"
    connections: int = 0
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def answering(*answers: bytes) -> Script:
    """Each request gets the next answer, the last of them again and again."""

    def script(talk: Talk) -> None:
        left = list(answers)
        while True:
            talk.hear()
            talk.say(left.pop(0) if len(left) > 1 else left[0])

    return script


@contextmanager
def serving(*scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Served]:
    """Connections get the scripts in the order in which they come, further ones the last. A script that ends, or whose
    client has gone, closes its connection."""
    links: list[socket.socket] = []
    threads: list[threading.Thread] = []
    failures: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Served(listener.getsockname()[1], "https" if tls else "http", host)

        def play(link: socket.socket, script: Script) -> None:
            with suppress(OSError, EOFError, ValueError), link, agreed(link, tls) as found:
                links.append(found)
                talk = Recorded(found, served)
                try:
                    script(talk)
                except AssertionError as error:
                    failures.append(error)
                finally:
                    talk.close()

        def accept() -> None:
            with suppress(OSError):
                while True:
                    link, _ = listener.accept()
                    links.append(link)
                    script = scripts[min(served.connections, len(scripts) - 1)]
                    served.connections += 1
                    threads.append(threading.Thread(target=play, args=(link, script)))
                    threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield served
        finally:
            for each in [listener, *links]:
                with suppress(OSError):
                    socket.socket.shutdown(each, socket.SHUT_RDWR)
            for thread in [acceptor, *threads]:
                thread.join()
    assert failures == []


def agreed(link: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    return tls.wrap_socket(link, server_side=True) if tls else link


class Recorded(Talk):
    """Tells the server what it heard."""

    def __init__(self, link: socket.socket, served: Served) -> None:
        super().__init__(link)
        self._served = served

    def hear(self) -> Heard:
        heard = super().hear()
        self._served.heard.append(heard)
        return heard
