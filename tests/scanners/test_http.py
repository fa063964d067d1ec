"""The scanner and the checks on a service of one's own: who asks, what the answer means, what a sick one is worth."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from examples.http_scanner.server import Scanner, is_portways
from portway.bootstrap.ground import wall_clock
from portway.checks import Check, CheckFailed
from portway.errors import BadSettings, Unavailable
from portway.model import StoredObject, Upload
from portway.outgoing.clamd import EICAR
from portway.outgoing.http_checks import HttpChecks
from portway.outgoing.http_scanner import HttpScanner, answer
from portway.outgoing.https import MOST_BYTES, Address, Asker
from portway.presign import Credentials, place_of
from portway.reader import Budget, Reader
from portway.scans import Says, Scan
from portway.verdicts import Severity
from tests.fakes.uploads import an_upload
from tests.scanners.service import Act, Service, certified, dripping, http, raw, serving, silent

SECRET = "a secret of more than sixteen characters"
CLEAN = http("200 OK", b'{"verdict": "clean"}')
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
CHECK = Check("invoices", "", 2, Severity.REVIEW)


def asker(endpoint: str | None = None, secret: Callable[[], str] = lambda: SECRET) -> Asker:
    place = place_of("incoming", "eu-central-1", endpoint)
    return Asker(place, lambda: Credentials("access", "key", "token"), secret, wall_clock)


def stored() -> Upload:
    return an_upload(stored=StoredObject("v 1", "e", 5))


def scanned(url: str, seconds: int = 2, by: Asker | None = None) -> Scan:
    reader = Reader(lambda _, length: bytes(length), 5, Budget(), wall_clock)
    return HttpScanner(by or asker(), Address.read(url), seconds).scan(stored(), reader)


def headers(service: Service) -> tuple[str, str, bytes]:
    _, found, body = service.asked[0]
    return found["x-portway-timestamp"], found["x-portway-signature"], body


def test_the_service_is_told_of_the_file_and_may_read_this_version() -> None:
    """What it is, and a URL for five minutes that names the version that is inspected."""
    with serving(CLEAN) as service:
        assert scanned(service.url) == Scan(Says.CLEAN)
    first, _, body = service.asked[0]
    assert first == "POST /scan?by=test HTTP/1.1"
    told = json.loads(body)
    upload = stored()
    assert told.keys() == {"id", "tenant", "category", "name", "size", "content_type", "url"}
    assert (told["id"], told["tenant"], told["name"], told["size"]) == (upload.id, "acme", upload.name, 5)
    place = urlsplit(told["url"])
    signed = {name: value for name, (value,) in parse_qs(place.query).items()}
    assert place.path == f"/{upload.key}"
    assert (signed["versionId"], signed["X-Amz-Expires"]) == ("v 1", "300")


def test_a_url_ends_with_its_credentials() -> None:
    """Never later than what signs it."""
    short = Credentials("access", "key", "token", wall_clock() + 120_000)
    with serving(CLEAN) as service:
        scanned(service.url, by=replace(asker(), credentials=lambda: short))
    signed = parse_qs(urlsplit(json.loads(service.asked[0][2])["url"]).query)
    assert int(signed["X-Amz-Expires"][0]) <= 60


def test_a_service_knows_who_asks() -> None:
    """The question that came is believed; with another body, time, secret or signature it is not."""
    with serving(CLEAN) as service:
        scanned(service.url)
    timestamp, signature, body = headers(service)
    at = int(timestamp)
    assert is_portways(SECRET, timestamp, signature, body, at)
    assert not is_portways(SECRET, timestamp, signature, body.replace(b"acme", b"evil"), at)
    assert not is_portways(SECRET, str(at + 1), signature, body, at)
    assert not is_portways(SECRET, timestamp, signature, body, at + 301)
    assert not is_portways("another secret, no less long", timestamp, signature, body, at)
    assert not is_portways(SECRET, timestamp, signature.removeprefix("v1="), body, at)
    assert not is_portways(SECRET, "", "", body, at)


@pytest.mark.asvs("5.4.3")
@pytest.mark.parametrize(
    ("act", "scan"),
    [
        (http("200 OK", b'{"verdict": "infected", "name": "Eicar"}'), Scan(Says.INFECTED, "Eicar")),
        (http("200 OK", b'{"verdict": "not_scanned"}'), Scan(Says.NOT_SCANNED)),
        (raw(CHUNKED + b'14\r\n{"verdict": "clean"}\r\n0\r\n\r\n'), Scan(Says.CLEAN)),
    ],
    ids=["infected", "not scanned", "in chunks"],
)
def test_an_answer_counts_as_it_was_given(act: Act, scan: Scan) -> None:
    """Verdict and name, whichever way HTTP frames them."""
    with serving(act) as service:
        assert scanned(service.url) == scan


@pytest.mark.asvs("5.4.3")
@pytest.mark.parametrize(
    ("act", "words"),
    [
        (http("500 Oops", b'{"verdict": "clean"}'), "status 500"),
        (http("204 Nothing"), "status 204"),
        (http("302 Found", b'{"verdict": "clean"}', "location: http://127.0.0.1:1/"), "status 302"),
        (http("200 OK", b"no JSON"), "another form"),
        (http("200 OK", b""), "another form"),
        (http("200 OK", b" " * MOST_BYTES + b'{"verdict": "clean"}'), "more than 65536 bytes"),
        (raw(b"garbage\r\n\r\n"), "BadStatusLine"),
        (raw(b'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"verdict": "clean"}'), "79 bytes too early"),
        (raw(CHUNKED + b'14\r\n{"verdict":'), "IncompleteRead"),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-"), "another form"),
        (raw(b""), "RemoteDisconnected"),
    ],
    ids=["500", "204", "redirect", "words", "empty", "long", "garbage", "cut", "cut chunk", "cut head", "gone"],
)
def test_whatever_else_a_service_says_is_an_error(act: Act, words: str) -> None:
    """Another status, a redirect, half an answer, too long a one, or none: asked again later, published never."""
    with serving(act) as service:
        told = scanned(service.url)
    assert told.says is Says.ERROR
    assert words in told.words
    assert len(service.asked) == 1
    assert SECRET not in told.words


@pytest.mark.parametrize("act", [silent, dripping])
def test_a_slow_service_has_its_deadline_and_no_more(act: Act) -> None:
    """However it passes the time: with silence, or byte by byte so that no single wait is long."""
    with serving(act) as service:
        before = wall_clock()
        assert scanned(service.url, seconds=1).says is Says.ERROR
        assert 900 <= wall_clock() - before <= 4_000


def test_a_service_that_is_down_is_an_error() -> None:
    """Nobody listens there any more."""
    with serving(CLEAN) as service:
        pass
    told = scanned(service.url)
    assert told.says is Says.ERROR
    assert "refused" in told.words


def test_a_service_shows_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody knows is an error before a word is said; with a trusted one the question goes out."""
    file = certified(tmp_path / "service.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with serving(CLEAN, context) as service:
        told = scanned(service.url)
        assert (told.says, service.asked) == (Says.ERROR, [])
        assert "CERTIFICATE_VERIFY_FAILED" in told.words
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert scanned(service.url).says is Says.CLEAN
        assert scanned(service.url.replace("localhost", "127.0.0.1")).says is Says.ERROR, "another name"


def test_without_its_secret_nobody_is_asked() -> None:
    """Secrets Manager does not answer: an error like any other, and nothing unsigned goes out."""

    def unread() -> str:
        raise Unavailable("GetSecretValue: AccessDeniedException")

    with serving(CLEAN) as service:
        told = scanned(service.url, by=asker(secret=unread))
    assert (told.says, service.asked) == (Says.ERROR, [])


@pytest.mark.parametrize(
    "text",
    [
        b"null",
        b"[]",
        b'"clean"',
        b'{"verdict": "CLEAN"}',
        b'{"verdict": ["clean"]}',
        b'{"verdict": "error"}',
        b'{"verdict": "clean", "name": "Eicar"}',
        b'{"verdict": "clean", "more": 1}',
        b'{"verdict": "infected", "name": 7}',
        b'{"clean": true}',
        b'{"verdict": "clean"',
        b"[" * 60_000,
        b"\xff",
    ],
)
def test_only_one_answer_is_clean(text: bytes) -> None:
    """Exactly its one member; whatever is new, doubled up or contradicts itself is an error."""
    assert answer(text).says is Says.ERROR


def test_a_name_of_malware_fits_into_a_record_whatever_it_is() -> None:
    """JSON can spell half of a surrogate pair, which no store takes: the file is infected all the same."""
    assert answer(b'{"verdict": "infected", "name": "a\\ud800"}') == Scan(Says.INFECTED, "a?")


@pytest.mark.parametrize(
    "text",
    ["", "http://x/", "ftp://x/", "https://", "https://a:b@x/", "https://x/#y", "https://x:y/", "https://x/ y"],
)
def test_only_https_leaves_the_machine(text: str) -> None:
    """Plain HTTP goes to the machine itself at most; a user or a fragment belongs into no address of a service."""
    with pytest.raises(BadSettings):
        Address.read(text)
    assert Address.read("https://scan.example.com") == Address(True, "scan.example.com", None, "/")
    assert Address.read("http://127.0.0.1:80/a?b").is_tls is False


def test_a_check_by_url_is_asked_like_one_by_lambda() -> None:
    """The same answer; the question has a URL in the place of key and version."""
    told = {"id": "x", "metadata": {"order": "1"}, "key": "in/a", "version_id": "v1"}
    with serving(http("200 OK", b'{"findings": []}')) as service:
        checks = HttpChecks(asker(), NoFunctions())
        assert CHECK.findings(checks.call(replace(CHECK, url=service.url), told)) == []
    question = json.loads(service.asked[0][2])
    assert question.keys() == {"id", "metadata", "check", "url"}
    assert (question["check"], urlsplit(question["url"]).path) == ("invoices", "/in/a")
    timestamp, signature, body = headers(service)
    assert is_portways(SECRET, timestamp, signature, body, int(timestamp))


class NoFunctions:
    def call(self, check: Check, _: object) -> bytes:
        return f"{check.function} was invoked".encode()


def test_a_check_by_url_fails_like_one_by_lambda() -> None:
    """No good answer, no secret, a bad address: a check that failed. One without a URL goes to its function."""
    told = {"key": "in/a", "version_id": "v1"}
    with serving(http("500 Oops")) as service, pytest.raises(CheckFailed, match="status 500"):
        HttpChecks(asker(), NoFunctions()).call(replace(CHECK, url=service.url), told)
    with pytest.raises(CheckFailed, match="PORTWAY_HTTP_SECRET is not set"):
        HttpChecks(None, NoFunctions()).call(replace(CHECK, url="https://x/"), told)
    with pytest.raises(CheckFailed, match="not an https"):
        HttpChecks(asker(), NoFunctions()).call(replace(CHECK, url="http://x/"), told)
    assert HttpChecks(None, NoFunctions()).call(replace(CHECK, function="f"), told) == b"f was invoked"


@pytest.mark.parametrize(("data", "says"), [(b"hello", Says.CLEAN), (EICAR, Says.INFECTED)])
def test_the_example_service_scans(data: bytes, says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts from it starts from something that works; it reads the file by the URL that it was given."""
    monkeypatch.setattr(Scanner, "secret", SECRET, raising=False)
    with serving(http("200 OK", data)) as s3, ThreadingHTTPServer(("127.0.0.1", 0), Scanner) as server:
        worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        worker.start()
        url, endpoint = f"http://127.0.0.1:{server.server_address[1]}/", s3.url.rpartition("/")[0]
        try:
            assert scanned(url, 10, asker(endpoint)).says is says
            forged = asker(endpoint, lambda: "another secret, no less long")
            assert scanned(url, 10, forged) == Scan(Says.ERROR, "scanner: status 403")
        finally:
            server.shutdown()
            worker.join(10)
