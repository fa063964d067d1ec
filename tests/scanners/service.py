"""A service on a free port that reads a whole question and then does what a test wants of it."""

from __future__ import annotations

import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage, parse_headers
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Act = Callable[[socket.socket], object]
"""What is done with a connection whose question has come."""


@dataclass(slots=True)
class Service:
    """Where it listens, and every question so far."""

    url: str
    asked: list[tuple[str, HTTPMessage, bytes]] = field(default_factory=list)


def http(status: str, body: bytes = b"", *headers: str) -> Act:
    """A whole answer."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "\r\n"])
    return lambda line: line.sendall(head.encode() + body)


def raw(data: bytes) -> Act:
    """These bytes, and then nothing more: the service is gone."""
    return lambda line: line.sendall(data)


def silent(line: socket.socket) -> None:
    """Nothing, until whoever asked has had enough."""
    line.recv(1)


def dripping(line: socket.socket) -> None:
    """A header that goes on for ever, byte by byte: no single wait is long."""
    line.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    line.settimeout(0.05)
    while True:
        with suppress(TimeoutError):
            if not line.recv(1):
                return
        line.sendall(b"y")


def certified(file: Path) -> Path:
    """A key and a certificate of its own for localhost, good for a day."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(hours=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def serving(act: Act, tls: ssl.SSLContext | None = None) -> Iterator[Service]:
    """A service that is ended with its last connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = Service(f"http{'s' if tls else ''}://localhost:{listener.getsockname()[1]}/scan?by=test")
        worker = threading.Thread(target=_serve, args=(listener, service, act, tls))
        worker.start()
        try:
            yield service
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            worker.join(10)


def _serve(listener: socket.socket, service: Service, act: Act, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), line:
            line.settimeout(10)
            with tls.wrap_socket(line, server_side=True) if tls else line as spoken:
                service.asked.append(_question(spoken))
                act(spoken)


def _question(line: socket.socket) -> tuple[str, HTTPMessage, bytes]:
    reader: io.BufferedReader = line.makefile("rb")
    first, headers = reader.readline().decode().strip(), parse_headers(reader)
    return first, headers, reader.read(int(headers["content-length"] or 0))
