"""Programs in C that a bench measures against: a server that throws away what it is sent, a client that only sends.

They are compiled when they are asked for, into .build/sinks. Needed: a C compiler and the headers of OpenSSL
(Debian: `apt-get install build-essential libssl-dev`).
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.bars import LeftOut

HERE = Path(__file__).parent
BUILT = HERE.parents[1] / ".build" / "sinks"
PROGRAMS = {
    "sink": ("sink.c", "portway.c", "s3.c", "request.c", "link.c"),
    "writer": ("writer.c", "link.c"),
    "measured": ("measured.c",),
}
FLAGS = ("-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror")
LIBRARIES = ("-lssl", "-lcrypto", "-lpthread")


class NoCompiler(LeftOut):
    """The programs cannot be compiled here; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: base addresses of its plain and its TLS door, and the file with the certificate to trust.

    Below /v1 it answers as Portway's API does, elsewhere as S3; every answer allows any origin.
    """

    plain: str
    tls: str
    certificate: Path


def program(name: str) -> Path:
    """The compiled program, made anew when its sources are newer. Raises NoCompiler."""
    made = BUILT / name
    sources = [HERE / source for source in PROGRAMS[name]]
    newest = max(path.stat().st_mtime for path in HERE.iterdir())
    if made.exists() and made.stat().st_mtime >= newest:
        return made
    if not (compiler := shutil.which("cc")):
        raise NoCompiler("a C compiler is missing (Debian: apt-get install build-essential libssl-dev)")
    BUILT.mkdir(parents=True, exist_ok=True)
    fresh = made.with_suffix(f".{os.getpid()}")
    command = [compiler, *FLAGS, "-o", str(fresh), *map(str, sources), *LIBRARIES]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NoCompiler(f"are OpenSSL's headers missing? (Debian: apt-get install libssl-dev)\n{done.stderr}")
    fresh.rename(made)
    return made


@contextmanager
def sink(folder: Path, delay_ms: int = 0) -> Iterator[Sink]:
    """A sink on free ports until the block ends; `delay_ms` pass before each answer. Its certificate is in `folder`."""
    certificate, key = self_signed(folder)
    command = [str(program("sink")), "--cert", str(certificate), "--key", str(key), "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ports = json.loads(process.stdout.readline())
            yield Sink(f"http://127.0.0.1:{ports['plain']}", f"https://127.0.0.1:{ports['tls']}", certificate)
        finally:
            process.stdin.close()  # it serves until then, so it also ends when this process is killed


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Files with a certificate for 127.0.0.1 and localhost, good for a day, and with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portway bench")])
    places = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(places, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "sink.pem", folder / "sink.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    unencrypted = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted))
    return certificate_file, key_file
