"""A network that breaks: which reason is told, how soon, and that an answer that came is never lost."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from clients.python.tests.servers import OK, Talk, answering, serving
from portway_client import connections, sockets
from portway_client.files import PIECE, BytesSource
from portway_client.http import HttpTransport
from portway_client.transport import Body, Halt, NoAnswer, Request, Trouble

FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nexpired"
SHORT = 0.2
"""Seconds after which nothing has moved for too long."""


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    with closing(HttpTransport(proxies={})) as transport:
        yield transport


def large() -> Body:
    """More than all buffers between here and there hold."""
    return BytesSource(bytes(PIECE * 32)).part(1)


def trouble_of(action: Callable[[], object]) -> Trouble:
    with pytest.raises(NoAnswer) as none:
        action()
    return none.value.trouble


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


@pytest.mark.parametrize(("answer", "needed"), [(OK, len(OK)), (CHUNKS, len(CHUNKS) - 4)], ids=["length", "chunks"])
def test_an_answer_that_is_cut_anywhere_is_none(transport: HttpTransport, answer: bytes, needed: int) -> None:
    """Whatever is missing of it: half an answer is never taken for one."""

    def cut(at: int) -> Callable[[Talk], None]:
        def script(talk: Talk) -> None:
            talk.hear()
            talk.say(answer[:at])

        return script

    with serving(*map(cut, range(needed))) as server:
        for _ in range(needed):
            assert trouble_of(lambda: transport.send(Request("PUT", server.url, body=b"x"))) is Trouble.BROKEN
        assert server.connections == needed


ENDLESS = b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 what\r\n\r\n", ENDLESS])
def test_what_is_no_http_is_told(transport: HttpTransport, said: bytes) -> None:
    """A server of another kind, a broken one, one with headers without end: in words, by no name of a class."""

    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(said)

    with serving(script) as server, pytest.raises(NoAnswer, match="cut off, or no HTTP") as caught:
        transport.send(Request("GET", server.url))
    assert caught.value.trouble is Trouble.BROKEN


def test_a_reset_at_any_time_is_told(transport: HttpTransport) -> None:
    """Before the head, after it, in the middle of the body, after all of it."""

    def after(pieces: int) -> Callable[[Talk], None]:
        def script(talk: Talk) -> None:
            if pieces:
                talk.head()
                talk.file.read(PIECE * (pieces - 1))
            talk.reset()

        return script

    stages = (0, 1, 5, 33)
    with serving(*map(after, stages)) as server:
        found = [trouble_of(lambda: transport.send(Request("PUT", server.url, body=large()))) for _ in stages]
    assert found[0] in (Trouble.CONNECT, Trouble.BROKEN)  # as the reset comes during the connect or after it
    assert found[1:] == [Trouble.BROKEN] * 3


def refuses_and_waits(talk: Talk) -> None:
    """Reads nothing of the body any more, and keeps the connection open."""
    talk.head()
    talk.say(FORBIDDEN)
    talk.linger()


def refuses_and_closes(talk: Talk) -> None:
    """Says why, ends its side, and takes some more, as S3 does."""
    talk.head()
    talk.say(FORBIDDEN)
    talk.link.shutdown(socket.SHUT_WR)
    talk.file.read()


def refuses_in_the_middle(talk: Talk) -> None:
    talk.head()
    talk.file.read(PIECE * 3)
    talk.say(FORBIDDEN)
    talk.file.read()


@pytest.mark.parametrize("script", [refuses_and_waits, refuses_and_closes, refuses_in_the_middle])
def test_an_early_answer_is_heard(transport: HttpTransport, script: Callable[[Talk], object]) -> None:
    """Gigabytes are not sent to someone who has refused them; the reason is told at once."""
    with serving(script, answering(OK)) as server:
        answer = transport.send(Request("PUT", server.url, body=large()))
        assert (answer.status, answer.body) == (403, b"expired")
        assert transport.send(Request("PUT", server.url, body=b"x")).status == 200
        assert server.connections == 2


def test_an_answer_before_a_reset_is_heard(transport: HttpTransport) -> None:
    """A server that refuses and goes away without having read: its words have arrived, and count."""

    def refuses(talk: Talk) -> None:
        talk.head()
        talk.say(FORBIDDEN)

    with serving(refuses) as server:
        for _ in range(10):
            assert transport.send(Request("PUT", server.url, body=large())).body == b"expired"


def test_what_does_not_move_is_given_up(transport: HttpTransport) -> None:
    """Nothing is read by the server; all is read and nothing answered; half an answer and no more."""
    stop = threading.Event()

    def deaf(talk: Talk) -> None:
        stop.wait(10)

    def mute(talk: Talk) -> None:
        talk.hear()
        stop.wait(10)

    def half(talk: Talk) -> None:
        talk.hear()
        talk.say(OK[:-1])
        stop.wait(10)

    with serving(deaf, mute, half) as server:
        for _ in range(3):
            request = Request("PUT", server.url, body=large(), seconds=SHORT)
            assert trouble_of(lambda request=request: transport.send(request)) is Trouble.TIMEOUT  # type: ignore[misc]
        stop.set()


def test_what_moves_slowly_is_not_given_up(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the other side takes even a byte in each interval, the wait goes on: buffers may hold minutes of a slow
    line."""
    taken, answers = iter([5, 6, 7, 8, 8, 8]), threading.Event()
    waits = []

    def never_yet(waiting: socket.socket, events: int, seconds: float) -> int:
        if seconds == 30.0:
            waits.append(events)
            if len(waits) < 4:
                return 0
            answers.set()
        return sockets.is_ready(waiting, events, seconds)

    def late(talk: Talk) -> None:
        talk.hear()
        answers.wait(10)
        talk.say(OK)

    monkeypatch.setattr(connections, "is_ready", never_yet)
    monkeypatch.setattr(connections, "acknowledged", lambda _: next(taken))
    with serving(late) as server:
        assert transport.send(Request("PUT", server.url, body=b"x", seconds=30.0)).status == 200
        waits.clear()
        answers.clear()
        assert trouble_of(lambda: transport.send(Request("GET", server.url, seconds=30.0))) is Trouble.TIMEOUT
        answers.set()


def test_the_system_tells_what_has_arrived() -> None:
    """On Linux; elsewhere a line is only as fast as its buffers allow."""
    with serving(answering(OK)) as server, socket.create_connection(("127.0.0.1", server.port)) as link:
        before = sockets.acknowledged(link)
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert link.recv(1) == b"H"
        assert sockets.acknowledged(link) - before == 18


def test_nobody_there_is_told_as_such(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens, no such host, no way to it: nothing was sent, so it can be tried again later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert trouble_of(lambda: transport.send(Request("GET", f"http://127.0.0.1:{port}/"))) is Trouble.CONNECT

    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NoAnswer, match=r"files\.example: Name or service not known") as none:
        transport.send(Request("GET", "https://files.example/"))
    assert none.value.trouble is Trouble.CONNECT


def addresses(*ports: int) -> Callable[..., object]:
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    return lambda *_, **__: [(*address, ("127.0.0.1", port)) for port in ports]


def test_an_address_that_leads_nowhere_does_not_hide_one_that_works(
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts have several addresses, and IPv6 is not always what it says."""
    with crowded() as nowhere, serving(answering(OK)) as server:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            closed = listener.getsockname()[1]
        monkeypatch.setattr(connections, "CONNECT_SECONDS", SHORT)
        monkeypatch.setattr(socket, "getaddrinfo", addresses(closed, nowhere, server.port))
        assert transport.send(Request("GET", "http://files.example/")).status == 200
        monkeypatch.setattr(socket, "getaddrinfo", addresses(closed, nowhere))
        request = Request("GET", "http://other.example/")
        with pytest.raises(NoAnswer, match=r"other\.example:80: nobody answers"):
            transport.send(request)


@contextmanager
def crowded() -> Iterator[int]:
    """A port whose queue is full: whoever calls waits for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)
            assert caller.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        yield listener.getsockname()[1]
        for caller in callers:
            caller.close()


class Scene:
    """A server that gets so far and no further, and says so."""

    def __init__(self, stage: str) -> None:
        self.stage, self.reached = stage, threading.Event()

    def __call__(self, talk: Talk) -> None:
        if self.stage != "sending":
            talk.hear()
            if self.stage == "reading":
                talk.say(OK[:-1])
        self.reached.set()
        talk.linger()


@pytest.mark.parametrize("stage", ["sending", "waiting", "reading"])
def test_a_halt_ends_a_request_at_once(transport: HttpTransport, stage: str) -> None:
    """While it sends, waits or reads; nobody waits for a time-out. The next request is not disturbed."""
    scene, halt = Scene(stage), Halt()
    with serving(scene, answering(OK)) as server, ThreadPoolExecutor(1) as threads:
        body = large() if stage == "sending" else b"x"
        sent = threads.submit(transport.send, Request("PUT", server.url, body=body), halt)
        assert scene.reached.wait(10)
        halt.set()
        assert trouble_of(lambda: sent.result(10)) is Trouble.HALTED
        assert trouble_of(lambda: transport.send(Request("GET", server.url), halt)) is Trouble.HALTED
        halt.clear()
        assert transport.send(Request("GET", server.url), halt).status == 200
        halt.set()  # whose request is long over
        assert transport.send(Request("GET", server.url)).status == 200
        assert server.connections <= 3


def test_a_halt_ends_connecting_at_once(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a host that does not answer."""
    halt, dialling = Halt(), threading.Event()

    def told(waiting: socket.socket, events: int, seconds: float) -> int:
        dialling.set()
        return sockets.is_ready(waiting, events, seconds)

    monkeypatch.setattr(connections, "is_ready", told)
    with crowded() as nowhere, ThreadPoolExecutor(1) as threads:
        sent = threads.submit(transport.send, Request("GET", f"http://127.0.0.1:{nowhere}/"), halt)
        assert dialling.wait(10)
        halt.set()
        assert trouble_of(lambda: sent.result(5)) is Trouble.HALTED


def test_systems_without_poll_wait_by_select(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows: the same events."""
    one, other = socket.socketpair()
    with one, other:
        for ready in (sockets.by_poll, sockets.by_select):
            assert ready(one, sockets.READ, 0) == 0
            assert ready(one, sockets.READ | sockets.WRITE, 0) == sockets.WRITE
            other.send(b"x")
            assert ready(one, sockets.READ, 5) == sockets.READ
            one.recv(1)
