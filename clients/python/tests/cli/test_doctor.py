"""`portway doctor`: what is wrong is said in one line, with what to do about it; nothing is left behind."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from portway_client.cli.app import run
from portway_client.cli.exits import Exit
from portway_client.cli.reach import Place, Reach, Unreachable
from portway_client.cli.session import Outside
from portway_client.testing import UNREACHABLE, FakePortway, answered
from portway_client.testing.clock import BEGINNING
from portway_client.transport import Halt, Request, Response

ALL = "name connection TLS backend token accepted API_CORS upload storage storage_CORS clock clean-up".split()  # noqa: SIM905
ORIGIN = "https://app.test"
CORS = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-methods": "GET, POST, PUT",
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key",
}


class Near(Reach):
    """Everything is reached, but what `breaks` names."""

    breaks: str = ""

    def addresses(self, place: Place) -> list[str]:
        return self._or_broken("addresses", ["192.0.2.1"])

    def connect(self, place: Place) -> None:
        self._or_broken("connect", [])

    def handshake(self, place: Place) -> str:
        return self._or_broken("handshake", ["TLSv1.3"])[0]

    def _or_broken(self, step: str, found: list[str]) -> list[str]:
        if step == self.breaks:
            raise Unreachable(f"{step} is broken", "Mend it.")
        return found


class WithCors(FakePortway):
    """Answers preflights as the gateway and S3 do: with these headers."""

    cors: Mapping[str, str] = CORS

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        if request.method == "OPTIONS":
            assert request.headers["origin"] == ORIGIN
            return Response(204, self.cors)
        return super().send(request, halt)


@dataclass
class Ward:
    """A machine with a token, and what the doctor said of it."""

    tmp_path: Path
    capsys: pytest.CaptureFixture[str]
    fake: WithCors = field(default_factory=WithCors)
    reach: Near = field(default_factory=Near)
    environ: dict[str, str] = field(default_factory=dict)
    ahead: float = 0.0

    def said(self, *options: str) -> tuple[int, str]:
        environ = {"HOME": str(self.tmp_path), "PORTWAY_ENDPOINT": self.fake.url, "PORTWAY_TOKEN": self.fake.token}
        outside = Outside(
            environ={**environ, **self.environ},
            transport=lambda: self.fake,
            reach=self.reach,
            now=lambda: BEGINNING.timestamp() + self.fake.clock.now() + self.ahead,
        )
        code = run(["doctor", *options], outside)
        return code, self.capsys.readouterr().out

    def is_clean(self) -> bool:
        return all(upload.status == "cancelled" for upload in self.fake.uploads.values())


@pytest.fixture
def ward(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ward:
    return Ward(tmp_path, capsys)


def jwt(**claims: Any) -> str:
    parts = [{"alg": "RS256"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*texts, "c2lnbmF0dXJl"])


def test_all_is_well(ward: Ward) -> None:
    """One line a check; the test upload was sent and is cancelled."""
    token = jwt(iss="https://login.test", aud=["portway", "other"], sub="me", exp=BEGINNING.timestamp() + 3600)
    ward.fake.tokens[token] = "owner"
    ward.environ["PORTWAY_TOKEN"] = token
    code, said = ward.said("--origin", f"{ORIGIN}/")
    assert code == Exit.DONE, said
    assert [(line[:4].strip(), line[6:18].strip()) for line in said.splitlines()] == [
        ("ok", name.replace("_", " ")) for name in ALL
    ]
    assert "iss https://login.test, aud portway, other, sub me, until 2026-01-01" in said
    assert token not in said
    assert "X-Amz" not in said
    assert ward.is_clean()
    assert len(ward.fake.uploads) == 1
    assert sum(ward.fake.puts.values()) == 1


@pytest.mark.parametrize(("step", "check"), [("addresses", "name"), ("connect", "connection"), ("handshake", "TLS")])
def test_a_server_that_is_not_reached_ends_it(ward: Ward, step: str, check: str) -> None:
    """What builds on it is not tried, the token is looked at all the same."""
    ward.reach.breaks = step
    code, said = ward.said()
    assert code == Exit.UNAVAILABLE
    assert f"FAIL  {check}" in said
    assert "→ Mend it." in said
    assert "backend" not in said
    assert "token" in said
    assert not ward.fake.requests


def test_a_web_server_is_no_portway(ward: Ward) -> None:
    """A wrong address usually leads to something that answers 200 or 404."""
    ward.fake.strike(answered(404))
    code, said = ward.said()
    assert code == Exit.FAILED
    assert "something answers 404 (application/problem+json): this is no Portway" in said


@pytest.mark.parametrize(
    ("token", "level", "words"),
    [
        (jwt(exp=BEGINNING.timestamp() - 1), "FAIL", "has ended"),
        (jwt(exp=BEGINNING.timestamp() + 60), "warn", "ends soon"),
        ("an-opaque-token", "warn", "is no JWT"),
        ("a.b.c", "warn", "is no JWT"),
    ],
)
def test_a_token_is_read_for_what_it_says(ward: Ward, token: str, level: str, words: str) -> None:
    """Whether the backend takes it is another question."""
    ward.environ["PORTWAY_TOKEN"] = token
    code, said = ward.said()
    assert code == Exit.NOT_AUTHORISED
    assert f"{level:<4}  token         {words}" in said
    assert token not in said


def test_no_token_is_a_failure_with_advice(ward: Ward) -> None:
    """`portway login` is named."""
    ward.environ["PORTWAY_TOKEN"] = ""
    code, said = ward.said()
    assert code == Exit.NOT_AUTHORISED
    assert "There is no token for https://portway.test" in said
    assert "portway login" in said


def test_a_refused_token_points_at_issuer_and_audience(ward: Ward) -> None:
    """The backend tells nobody why; these two are what is usually wrong."""
    ward.fake.tokens.clear()
    code, said = ward.said()
    assert code == Exit.NOT_AUTHORISED
    assert "FAIL  accepted" in said
    assert "Issuer and audience" in said


def test_storage_that_cannot_be_reached_is_named(ward: Ward) -> None:
    """A firewall lets the API through and S3 not: the host to allow stands in the line. The upload is cancelled."""
    ward.fake.strike(UNREACHABLE, place="s3")
    code, said = ward.said()
    assert code == Exit.FAILED
    assert "FAIL  storage       no answer from s3.test:443" in said
    assert ward.is_clean()


def test_storage_that_refuses_is_named(ward: Ward) -> None:
    """A proxy that adds headers breaks the signature."""
    ward.fake.strike(answered(403, "SignatureDoesNotMatch"), place="s3")
    code, said = ward.said()
    assert code == Exit.FAILED
    assert "s3.test answers 403 to a signed URL" in said
    assert ward.is_clean()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"access-control-allow-origin": ""}, "API refuses pages of https://app.test"),
        ({"access-control-allow-methods": "GET"}, "API does not allow methods"),
        ({"access-control-allow-headers": "*"}, "header authorization"),
    ],
)
def test_web_pages_are_let_in_or_it_is_said_what_keeps_them_out(ward: Ward, change: dict[str, str], words: str) -> None:
    """As a browser decides; a `*` for headers does not cover `authorization` (Fetch standard)."""
    ward.fake.cors = {**CORS, **change}
    code, said = ward.said("--origin", ORIGIN)
    assert code == Exit.FAILED
    assert words in said
    assert ward.is_clean()


@pytest.mark.parametrize(("ahead", "words"), [(302.0, "this machine is 5:02 ahead"), (-3600.0, "is 1:00:00 behind")])
def test_a_wrong_clock_is_a_warning(ward: Ward, ahead: float, words: str) -> None:
    """Uploads go by the server's clock; logins do not."""
    ward.ahead = ahead
    code, said = ward.said()
    assert code == Exit.DONE
    assert "warn  clock" in said
    assert words in said


def test_a_policy_that_refuses_the_test_file_is_quoted(ward: Ward) -> None:
    """In the server's own words; a category can be named."""
    ward.fake.strike(answered(422, "invalid_request"), method="POST")
    code, said = ward.said("--category", "images")
    assert code == Exit.FAILED
    assert "FAIL  upload        422" in said
    assert "--category" in said


def test_what_cannot_be_cancelled_is_left_to_the_person_with_a_command(ward: Ward) -> None:
    """The sweeper would find it, too."""
    ward.fake.strike(answered(503), method="DELETE")
    code, said = ward.said()
    assert code == Exit.DONE
    (upload_id,) = ward.fake.uploads
    assert f"portway cancel {upload_id}" in said


def test_whoever_stops_the_doctor_leaves_nothing_either(ward: Ward) -> None:
    """Ctrl-C while the upload is there: it is cancelled all the same."""

    def interrupted(seen: Any) -> None:
        if seen.place == "s3":
            raise KeyboardInterrupt

    ward.fake.on_request = interrupted
    code, _ = ward.said()
    assert code == Exit.INTERRUPTED
    assert ward.is_clean()
    assert ward.fake.uploads


PLACES: dict[str, tuple[str, Place]] = {
    "https://x.test/a": ("x.test:443", Place("x.test", 443, True)),
    "http://127.0.0.1:8787": ("127.0.0.1:8787", Place("127.0.0.1", 8787, False)),
}


@pytest.mark.parametrize("url", PLACES)
def test_a_place_is_host_and_port(url: str) -> None:
    """With the scheme's own port where none is written."""
    text, place = PLACES[url]
    assert Place.of(url) == place
    assert str(place) == text


@pytest.mark.parametrize(
    ("step", "words"), [(Reach().connect, "nobody answers at 127.0.0.1"), (Reach().handshake, "no TLS at 127.0.0.1")]
)
def test_a_port_that_nobody_listens_on_is_told(step: Callable[[Place], object], words: str, free_port: int) -> None:
    """With host, port and the system's own words."""
    with pytest.raises(Unreachable, match=words):
        step(Place("127.0.0.1", free_port, True))


def test_a_name_that_nobody_knows_is_told() -> None:
    """`.invalid` is nobody's (RFC 2606)."""
    with pytest.raises(Unreachable, match=r"nothing\.invalid is not known"):
        Reach().addresses(Place("nothing.invalid", 443, True))


def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    """As behind a proxy that opens TLS; the message names the setting that helps."""
    with untrusted(tmp_path) as port, pytest.raises(Unreachable, match="not to be trusted") as caught:
        Reach().handshake(Place("localhost", port, True))
    assert "SSL_CERT_FILE" in caught.value.advice


@contextmanager
def untrusted(folder: Path) -> Iterator[int]:
    """The port of a server for one connection, with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, BEGINNING, BEGINNING + timedelta(days=36500))
    content = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    content += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")

    def serve() -> None:
        connection, _ = listening.accept()
        with contextlib.suppress(OSError), connection:
            context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("localhost", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()
