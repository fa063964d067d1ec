"""Questions about a file to a service of the operator's, over HTTPS: signed by us, answered within a deadline.

Whatever is not one whole answer with status 200 is NoAnswer; what that means is for the caller to say, never "fine".
No redirect is followed: the address is the operator's word, and nobody else's.
"""

from __future__ import annotations

import hmac
import io
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from portway.errors import BadSettings, Unavailable
from portway.ports import Clock, CredentialSource
from portway.presign import Place, seconds_left, sign_get

MOST_BYTES = 64 << 10
"""Of an answer."""
URL_SECONDS = 300
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NoAnswer(Exception):
    """Nothing that can be believed. The words are for operators; neither secret nor URL is in them."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service listens: https, or plain http on this very machine."""

    is_tls: bool
    host: str
    port: int | None
    target: str

    @classmethod
    def read(cls, text: str) -> Address:
        """BadSettings for what is no such address, has a user in it, or a fragment."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise BadSettings(f"{text!r} is no address") from None
        is_reached = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
        is_plain = text.isascii() and text.isprintable() and " " not in text
        if not (is_reached and is_plain and host) or "@" in parts.netloc or parts.fragment:
            raise BadSettings(f"{text!r} is not an https:// address of a service")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme == "https", host, port, target)


@dataclass(frozen=True, slots=True)
class Asker:
    """`place` is the incoming bucket, `credentials` sign the URL of the file, `secret` signs the question."""

    place: Place
    credentials: CredentialSource
    secret: Callable[[], str]
    now: Clock

    def ask(self, address: Address, question: Mapping[str, Any], key: str, version_id: str, seconds: int) -> bytes:
        """The body of the answer about one version, after at most `seconds`. NoAnswer for everything else.

        The question is sent with `url`, which reads exactly this version for five minutes at most.
        """
        line = _Line(self.now, self.now() + seconds * 1000)
        try:
            url = self._url(key, version_id)
            body = json.dumps({**question, "url": url}).encode()
            return line.exchange(address, body, signed(self.secret(), self.now() // 1000, body))
        except Unavailable as error:
            raise NoAnswer(f"no secret: {error}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}"[:200]) from error

    def _url(self, key: str, version_id: str) -> str:
        credentials, at = self.credentials(), self.now()
        seconds = seconds_left(credentials, URL_SECONDS, at)
        return sign_get(self.place, credentials, key, [("versionId", version_id)], at=at, seconds=seconds)


def signed(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which the service knows who asks, and that nobody changed the question or asks it again later."""
    found = hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()
    return {"x-portway-timestamp": str(timestamp), "x-portway-signature": f"v1={found}"}


class _Line(io.RawIOBase):
    """One connection, for one question. Every wait on it ends with the deadline, however slowly bytes come.

    What the resolver takes for a name is its own affair (resolv.conf); the deadline has passed then all the same.
    """

    def __init__(self, now: Clock, end: int) -> None:
        super().__init__()
        self._now, self._end = now, end

    def exchange(self, address: Address, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Send the question, take the answer. OSError, HTTPException or NoAnswer when that does not go as it should."""
        with self._connected(address) as self._socket:
            kind = HTTPSConnection if address.is_tls else HTTPConnection  # they differ in what Host says of the port
            connection = kind(address.host, address.port)
            connection.sock = self._socket
            self._socket.settimeout(self._left())
            about = {"content-type": "application/json", "accept-encoding": "identity", "connection": "close"}
            connection.request("POST", address.target, body, {**about, **headers})
            return self._answer()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._left())
        return self._socket.recv_into(buffer)

    def makefile(self, _: str) -> io.BufferedReader:
        """What HTTPResponse reads from, as if this were a socket."""
        return io.BufferedReader(self)

    def _answer(self) -> bytes:
        response = HTTPResponse(self, method="POST")  # type: ignore[arg-type] # it calls makefile and nothing else
        response.begin()
        if response.status != 200:
            raise NoAnswer(f"status {response.status}")
        found = response.read(MOST_BYTES + 1)
        if len(found) > MOST_BYTES:
            raise NoAnswer(f"an answer of more than {MOST_BYTES} bytes")
        if response.length:
            raise NoAnswer(f"the answer ends {response.length} bytes too early")
        return found

    def _connected(self, address: Address) -> socket.socket:
        made = self._dialled(address.host, address.port or (443 if address.is_tls else 80))
        if not address.is_tls:
            return made
        try:
            made.settimeout(self._left())
            return ssl.create_default_context().wrap_socket(made, server_hostname=address.host)
        except OSError:
            made.close()
            raise

    def _dialled(self, host: str, port: int) -> socket.socket:
        refused = OSError(f"no address of {host}")
        for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                return socket.create_connection((str(place[0]), port), self._left())
            except OSError as error:
                refused = error
        raise refused

    def _left(self) -> float:
        """Seconds until the deadline; TimeoutError behind it."""
        left = (self._end - self._now()) / 1000
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left
