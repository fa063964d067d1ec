"""Whether a server can be reached, step by step: its name, a connection, a certificate that is to be trusted."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 10.0
PORTS = {"http": 80, "https": 443}


class Unreachable(Exception):
    """The message says what happened; `advice` what to do."""

    def __init__(self, words: str, advice: str) -> None:
        super().__init__(words)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads."""

    host: str
    port: int
    is_tls: bool

    @classmethod
    def of(cls, url: str) -> Place:
        found = urlsplit(url)
        return cls(found.hostname or "", found.port or PORTS[found.scheme], found.scheme == "https")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Reach:
    """The network as this machine has it."""

    def addresses(self, place: Place) -> list[str]:
        """Those of its name. Raises Unreachable, like the others."""
        try:
            found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        except OSError as error:
            advice = "Check the spelling, and this machine's network and DNS."
            raise Unreachable(f"{place.host} is not known ({error.strerror or error})", advice) from None
        return list(dict.fromkeys(str(each[4][0]) for each in found))

    def connect(self, place: Place) -> None:
        """A connection can be made."""
        try:
            socket.create_connection((place.host, place.port), SECONDS).close()
        except OSError as error:
            advice = "Check the port, and whether a firewall or a proxy stands between."
            raise Unreachable(f"nobody answers at {place} ({error.strerror or error})", advice) from None

    def handshake(self, place: Place) -> str:
        """The protocol that was agreed on, such as `TLSv1.3`, with a certificate that is to be trusted."""
        try:
            with (
                socket.create_connection((place.host, place.port), SECONDS) as plain,
                ssl.create_default_context().wrap_socket(plain, server_hostname=place.host) as secured,
            ):
                return secured.version() or "TLS"
        except ssl.SSLCertVerificationError as error:
            advice = "If a proxy of your organisation opens TLS, name its authority in SSL_CERT_FILE."
            raise Unreachable(f"the certificate is not to be trusted: {error.verify_message}", advice) from None
        except OSError as error:
            words = f"no TLS at {place} ({error.strerror or error})"
            raise Unreachable(words, "Check the port, and whether it speaks https.") from None
