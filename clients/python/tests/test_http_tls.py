"""TLS and proxies: who is trusted, and the way to a server through somebody else."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from clients.python.tests.certificates import DAY, Authority
from clients.python.tests.servers import OK, Served, Talk, answering, serving
from portway_client.files import PIECE, BytesSource
from portway_client.http import HttpTransport
from portway_client.places import Places
from portway_client.transport import Halt, NoAnswer, Request, Trouble

CONTENT = bytes(range(256)) * (PIECE * 8 // 256)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def transport(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpTransport]:
    """Trusts the tests' authority as users make it trust theirs."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with closing(HttpTransport(proxies={})) as transport:
        yield transport


def trouble_of(action: Callable[[], object]) -> Trouble:
    with pytest.raises(NoAnswer) as none:
        action()
    return none.value.trouble


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_bytes_arrive_through_tls(transport: HttpTransport, authority: Authority, version: ssl.TLSVersion) -> None:
    """Request after request over one connection, in the versions that are safe."""
    context = authority.server()
    context.maximum_version = version
    with serving(answering(OK), tls=context) as server:
        for _ in range(3):
            answer = transport.send(Request("PUT", server.url, body=BytesSource(CONTENT).part(1)))
            assert answer.body == b"ok"
    assert ([heard.body == CONTENT for heard in server.heard], server.connections) == ([True] * 3, 1)


def test_nobody_else_is_trusted(transport: HttpTransport, authority: Authority, tmp_path: Path) -> None:
    """An unknown authority, another host's certificate, one that has run out: each is told, nothing is sent."""
    strangers = [
        (Authority(tmp_path).server(), "signature failure|unable to get"),
        (authority.server("files.example"), "doesn't match|not valid for"),
        (authority.server(good_for=-DAY), "expired"),
    ]
    for context, words in strangers:
        with serving(answering(OK), tls=context) as server, pytest.raises(NoAnswer, match=words) as none:
            transport.send(Request("PUT", f"{server.url}/?signature", {"authorization": "hidden"}, b"x"))
        assert (none.value.trouble, server.heard) == (Trouble.CERTIFICATE, [])


def test_a_server_that_speaks_no_tls_is_told(transport: HttpTransport, authority: Authority) -> None:
    """https:// to a port where only http:// is, TLS that is too old, and a server that says nothing at all."""

    def closes(talk: Talk) -> None:
        talk.link.recv(10)

    def answers(talk: Talk) -> None:
        talk.link.recv(10)
        talk.say(OK)

    with serving(answers, closes) as server:
        for _ in range(2):
            url = server.url.replace("http:", "https:")
            assert trouble_of(lambda url=url: transport.send(Request("GET", url))) is Trouble.BROKEN  # type: ignore[misc]
    with serving(Talk.linger) as server:
        url = server.url.replace("http:", "https:")
        assert trouble_of(lambda: transport.send(Request("GET", url, seconds=0.2))) is Trouble.TIMEOUT


def test_an_early_answer_is_heard_through_tls(transport: HttpTransport, authority: Authority) -> None:
    """What TLS says to itself meanwhile is not taken for it."""

    def refuses(talk: Talk) -> None:
        talk.head()
        talk.file.read(PIECE * 2)
        talk.say(OK.replace(b"200 OK", b"503 Slow Down"))
        talk.linger()

    with serving(refuses, tls=authority.server()) as server:
        answer = transport.send(Request("PUT", server.url, body=BytesSource(CONTENT * 4).part(1)))
        assert (answer.status, answer.body) == (503, b"ok")


@pytest.mark.parametrize("stage", ["handshake", "sending", "waiting"])
def test_a_halt_ends_tls_at_once(transport: HttpTransport, authority: Authority, stage: str) -> None:
    """In each stage; and nothing goes out unencrypted afterwards."""
    reached, halt = threading.Event(), Halt()

    def script(talk: Talk) -> None:
        if stage == "waiting":
            talk.hear()
        reached.set()
        talk.linger()

    with serving(script, tls=None if stage == "handshake" else authority.server()) as server:
        url = server.url.replace("http:", "https:")
        with ThreadPoolExecutor(1) as threads:
            sent = threads.submit(transport.send, Request("PUT", url, body=BytesSource(CONTENT * 4).part(1)), halt)
            assert reached.wait(10)
            halt.set()
            assert trouble_of(lambda: sent.result(10)) is Trouble.HALTED


def tunnel(*served: Served) -> Callable[[Talk], None]:
    """A proxy that connects to the server, whatever name it is asked for."""

    def script(talk: Talk) -> None:
        talk.hear()
        with socket.create_connection(("127.0.0.1", served[0].port)) as other:
            talk.say(b"HTTP/1.1 200 Connection established\r\nServer: proxy\r\n\r\n")
            ways = {talk.link: other, other: talk.link}
            while True:
                for ready in select.select(list(ways), [], [])[0]:
                    content = ready.recv(1 << 16)
                    if not content:
                        return
                    ways[ready].sendall(content)

    return script


def test_tls_goes_through_a_tunnel(authority: Authority, transport: HttpTransport) -> None:
    """The proxy learns the name of the server and its own login, and nothing of what is sent."""
    with serving(answering(OK), tls=authority.server("files.example")) as server, serving(tunnel(server)) as proxy:
        url = f"http://me%40home:p%3Ass@127.0.0.1:{proxy.port}"
        with closing(HttpTransport(proxies={"https": url})) as through:
            request = Request(
                "PUT", "https://files.example/a?b", {"authorization": "hidden"}, BytesSource(CONTENT).part(1)
            )
            assert [through.send(request).body for _ in range(2)] == [b"ok", b"ok"]
    assert [heard.body == CONTENT for heard in server.heard] == [True, True]
    login = base64.b64encode(b"me@home:p:ss").decode()
    assert [heard.line for heard in proxy.heard] == ["CONNECT files.example:443 HTTP/1.1"]
    assert proxy.heard[0].headers == {"host": "files.example:443", "proxy-authorization": f"Basic {login}"}


@pytest.mark.parametrize(("status", "trouble"), [(407, Trouble.BROKEN), (403, Trouble.BROKEN), (502, Trouble.CONNECT)])
def test_a_proxy_that_refuses_is_told(status: int, trouble: Trouble) -> None:
    """With its answer, and without the password; one that does not reach the server is like no network."""
    with serving(answering(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())) as proxy:
        through = HttpTransport(proxies={"https": f"http://me:hidden@127.0.0.1:{proxy.port}"})
        with pytest.raises(NoAnswer, match=f"proxy 127.0.0.1:{proxy.port} refuses .* {status}") as none:
            through.send(Request("GET", "https://files.example/"))
    assert none.value.trouble is trouble
    assert "hidden" not in str(none.value)


def test_plain_requests_are_handed_to_the_proxy() -> None:
    """With the whole URL, as RFC 9112 has it."""
    with serving(answering(OK)) as proxy:
        through = HttpTransport(proxies={"http": f"me@127.0.0.1:{proxy.port}"})
        assert through.send(Request("GET", "http://files.example:8080/a?b")).body == b"ok"
        through.close()
    heard = proxy.heard[0]
    assert heard.line == "GET http://files.example:8080/a?b HTTP/1.1"
    assert (heard.headers["host"], heard.headers["proxy-authorization"]) == ("files.example:8080", "Basic bWU6")


def test_the_environment_names_the_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY and NO_PROXY; other kinds of proxies are refused in words."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.internal.example")
    with closing(HttpTransport()) as transport:
        for url, expected in (
            ("https://files.example/", "proxy.example"),
            ("https://a.internal.example/", None),
            ("https://localhost:8443/", None),
            ("http://files.example/", None),
        ):
            place = transport._places.of(url)
            assert (place.proxy and place.proxy.host) == expected
    with pytest.raises(NoAnswer, match="socks5 are not supported"):
        HttpTransport(proxies={"https": "socks5://127.0.0.1:1080"}).send(Request("GET", "https://files.example/"))


def test_hosts_are_spelled_as_the_network_has_them() -> None:
    """IPv6 and names of other alphabets."""
    places = Places(proxies={})
    six, bucher = places.of("https://[::1]:8443/a"), places.of("https://Bücher.example/")
    assert (six.host, six.port, six.authority, six.address) == ("::1", 8443, "[::1]:8443", "[::1]:8443")
    assert (bucher.host, bucher.authority) == ("xn--bcher-kva.example", "xn--bcher-kva.example")
    assert places.of("https://user:word@a.example/").authority == "a.example"
