"""Requests and answers over real connections: what arrives, what comes back, which connections are used again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from clients.python.tests.servers import OK, Talk, answering, serving
from portway_client.errors import FileChanged
from portway_client.files import PIECE, BytesSource
from portway_client.http import IDLE_SECONDS, MOST_IDLE, HttpTransport
from portway_client.transport import Halt, NoAnswer, Request, Response, Trouble

LARGE = bytes(range(256)) * (PIECE // 64)
"""Four pieces."""


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    with closing(HttpTransport(proxies={})) as transport:
        yield transport


def empty(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_request_arrives_as_it_was_said(transport: HttpTransport) -> None:
    """The URL's spelling is untouched, since signatures cover it; headers once, with the length of the body."""
    with serving(answering(OK)) as server:
        target = "/a%2Fb/%C3%A9+c;d?X-Amz-Signature=ab%2Fcd&empty=&partNumber=3"
        transport.send(
            Request("PUT", server.url + target + "#no", {"X-Amz-Checksum": "x=", "Content-Length": "3"}, b"abc")
        )
        transport.send(Request("GET", f"{server.url}?q"))
        transport.send(Request("POST", server.url))
    first, second, third = server.heard
    assert (first.line, first.body) == (f"PUT {target} HTTP/1.1", b"abc")
    assert first.headers.pop("user-agent").startswith("portway-client/")
    assert first.headers == {
        "host": f"127.0.0.1:{server.port}",
        "accept-encoding": "identity",
        "x-amz-checksum": "x=",
        "content-length": "3",
    }
    assert (second.line, second.headers.get("content-length")) == ("GET /?q HTTP/1.1", None)
    assert (third.line, third.headers["content-length"]) == ("POST / HTTP/1.1", "0")


def test_a_body_is_streamed_whole(transport: HttpTransport) -> None:
    """Piece by piece, with nothing before, between or behind."""
    with serving(answering(OK)) as server:
        transport.send(Request("PUT", server.url, body=BytesSource(LARGE).part(1)))
        transport.send(Request("PUT", server.url, body=BytesSource(b"").part(1)))
    assert [heard.body for heard in server.heard] == [LARGE, b""]


def test_an_answer_is_whole_with_names_in_lower_case(transport: HttpTransport) -> None:
    """Status, headers (repeated ones joined), body; also in chunks, without a body, and after 100 Continue."""
    answers = [
        b"HTTP/1.1 403 Forbidden\r\nX-Amz-Request-ID: 7\r\nVia: a\r\nvia: b\r\nContent-Length: 3\r\n\r\nno!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ]
    with serving(answering(*answers)) as server:
        found = [transport.send(Request("PUT", server.url, body=b"x")) for _ in answers]
    assert found[0] == Response(403, {"x-amz-request-id": "7", "via": "a, b", "content-length": "3"}, b"no!")
    assert [(each.status, each.body) for each in found[1:]] == [(200, b"abcde"), (204, b"")]
    assert server.connections == 1


def test_a_redirect_is_an_answer(transport: HttpTransport) -> None:
    """Nobody is followed to a place for which the request was not signed."""
    with serving(answering(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")) as server:
        answer = transport.send(Request("PUT", server.url, body=b"x"))
    assert (answer.status, answer.headers["location"], len(server.heard)) == (307, "/b", 1)


def test_connections_are_used_again_unless_the_server_closes(transport: HttpTransport) -> None:
    """One connection for many requests; `Connection: close` and HTTP/1.0 end it."""
    ended = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    with serving(answering(OK, OK, ended), old_server, answering(OK)) as server:
        bodies = [transport.send(Request("GET", server.url)).body for _ in range(5)]
    assert (bodies, server.connections) == ([b"ok"] * 3 + [b"until the end", b"ok"], 3)


def old_server(talk: Talk) -> None:
    talk.hear()
    talk.say(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")


def test_idle_connections_are_few_and_young() -> None:
    """No more than MOST_IDLE are kept, and none that S3 has forgotten by now."""
    clock = [0.0]
    gate = threading.Barrier(MOST_IDLE + 4)

    def together(talk: Talk) -> None:
        talk.hear()
        gate.wait()
        talk.say(OK)
        answering(OK)(talk)

    with (
        serving(*[together] * gate.parties, answering(OK)) as server,
        closing(HttpTransport(proxies={}, now=lambda: clock[0])) as transport,
    ):
        with ThreadPoolExecutor(gate.parties) as threads:
            list(threads.map(transport.send, [Request("GET", server.url)] * gate.parties))
        assert len(transport._pool._idle) == MOST_IDLE
        for clock[0], connections in ((IDLE_SECONDS / 2, gate.parties), (IDLE_SECONDS * 3, gate.parties + 1)):
            assert transport.send(Request("GET", server.url)).body == b"ok"
            assert server.connections == connections


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced_unseen(transport: HttpTransport) -> None:
    """Also when the server closes it at the moment of the next request: that is sent again, whole, once."""

    def closes_before(talk: Talk) -> None:
        talk.hear()
        talk.say(OK)

    def closes_while(talk: Talk) -> None:
        talk.hear()
        talk.say(OK)
        talk.head()

    def resets_while(talk: Talk) -> None:
        closes_while(talk)
        talk.reset()

    for script in (closes_before, closes_while, resets_while):
        with serving(script, answering(OK)) as server:
            transport.send(Request("GET", server.url))
            answer = transport.send(Request("PUT", server.url, body=BytesSource(LARGE).part(1)))
        assert (answer.body, server.connections, server.heard[-1].body) == (b"ok", 2, LARGE)


def test_a_request_is_not_repeated_behind_the_callers_back(transport: HttpTransport) -> None:
    """A new connection that breaks is told; and so is one that broke after the first byte of an answer."""

    def breaks(talk: Talk) -> None:
        talk.hear()

    def stammers(talk: Talk) -> None:
        talk.hear()
        talk.say(OK)
        talk.hear()
        talk.say(b"H")

    for script, requests in ((breaks, 1), (stammers, 2)):
        with serving(script) as server:
            for _ in range(requests - 1):
                transport.send(Request("GET", server.url))
            with pytest.raises(NoAnswer) as none:
                transport.send(Request("GET", server.url))
        assert (none.value.trouble, server.connections, len(server.heard)) == (Trouble.BROKEN, 1, requests)


def test_threads_do_not_disturb_each_other(transport: HttpTransport) -> None:
    """Eight at once, each gets the answer to its own question, over no more connections than threads."""

    def echo(talk: Talk) -> None:
        while True:
            body = talk.hear().body
            talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    questions = [b"%d" % number * number for number in range(100)]
    with serving(echo) as server, ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda body: transport.send(Request("POST", server.url, body=body)).body, questions)
        assert list(answers) == questions
        assert server.connections <= 8


def test_large_answers_are_read_piece_by_piece(transport: HttpTransport) -> None:
    """A download holds little at a time; one that is left early closes its connection, a whole one keeps it."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(LARGE), LARGE)
    with serving(answering(answer)) as server:
        with transport.open(Request("GET", server.url)) as opened:
            pieces = list(opened.pieces)
        assert b"".join(pieces) == LARGE
        assert max(map(len, pieces)) <= PIECE
        with transport.open(Request("GET", server.url)) as opened:
            next(opened.pieces)
        with pytest.raises(KeyError), transport.open(Request("GET", server.url)):
            raise KeyError("the caller's")
        assert server.connections == 2
        transport.send(Request("GET", server.url))
        assert server.connections == 3


def test_an_answer_that_nobody_could_hold_is_refused(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of all memory."""
    monkeypatch.setattr("portway_client.http.MOST_HELD", 1)
    with serving(answering(OK)) as server, pytest.raises(NoAnswer, match="too large"):
        transport.send(Request("GET", server.url))


class Broken:
    """A body that says 10 bytes."""

    length = 10

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    def pieces(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (Broken(b"123", FileChanged("shorter")), FileChanged),
        (Broken(b"123", OSError("the caller's")), OSError),
        (Broken(b"123"), ValueError),
        (Broken(b"12345678901"), ValueError),
    ],
)
def test_what_reading_the_body_raises_reaches_the_caller(
    transport: HttpTransport, body: Broken, error: type[Exception]
) -> None:
    """A changed file, or a body of another length than it said; the server never sees a request's end."""
    with serving(answering(OK)) as server:
        with pytest.raises(error):
            transport.send(Request("PUT", server.url, body=body))
        assert transport.send(Request("GET", server.url)).status == 200
    assert [heard.line for heard in server.heard] == ["GET / HTTP/1.1"]


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "http://127.0.0.1/a b"),
        Request("GET", "http://127.0.0.1/ü"),
        Request("GET", "http://127.0.0.1/", {"a": "b\r\nc: d"}),
        Request("GET", "http://127.0.0.1/", {"a": "\u20ac"}),
        Request("GET\r\n", "http://127.0.0.1/"),
    ],
)
def test_nothing_is_smuggled_into_a_request(transport: HttpTransport, request_: Request) -> None:
    """Blanks, line ends and what is not Latin-1 are mistakes, told before anything is sent."""
    with pytest.raises(ValueError):  # noqa: PT011 - any words will do
        transport.send(request_)


@pytest.mark.parametrize("url", ["ftp://a/b", "127.0.0.1:80/a", "http:///a", "http://a:port/", ""])
def test_what_is_no_address_is_told(transport: HttpTransport, url: str) -> None:
    """As a reason, not as a crash."""
    with pytest.raises(NoAnswer) as none:
        transport.send(Request("GET", url))
    assert none.value.trouble is Trouble.BROKEN


def test_no_error_and_no_log_repeats_a_secret(transport: HttpTransport, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the signature of a URL nor a token, whatever happens."""
    caplog.set_level(logging.DEBUG)

    def parrot(talk: Talk) -> None:
        heard = talk.hear()
        talk.say(f"{heard.line} {heard.headers['authorization']}\r\n\r\n".encode())

    with serving(parrot, answering(OK)) as server:
        url = f"{server.url}/file?X-Amz-Signature=hidden"
        request = Request("GET", url, {"authorization": "Bearer hidden"})
        with pytest.raises(NoAnswer) as none:
            transport.send(request)
        transport.send(request)
    said = [none.value, none.value.__cause__, none.value.__context__, request, transport, caplog.text]
    assert "hidden" not in " ".join(f"{each} {each!r}" for each in said)


def test_a_transport_may_be_closed_and_used_again(transport: HttpTransport) -> None:
    """Kept connections are closed; a request under way ends with HALTED."""
    asked, closed = threading.Event(), threading.Event()

    def silent(talk: Talk) -> None:
        talk.hear()
        asked.set()
        talk.file.read()
        closed.set()

    with serving(answering(OK), silent, answering(OK)) as server, ThreadPoolExecutor(1) as threads:
        transport.send(Request("GET", server.url))
        with transport.open(Request("GET", server.url)) as kept:
            list(kept.pieces)
            waiting = threads.submit(transport.send, Request("GET", server.url), Halt())
            assert asked.wait(10)
        transport.close()
        assert isinstance(error := waiting.exception(10), NoAnswer)
        assert error.trouble is Trouble.HALTED
        assert closed.wait(10)
        assert transport.send(Request("GET", server.url)).status == 200
