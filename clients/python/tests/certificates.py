"""An authority of the tests' own, and certificates that it signs."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)


class Authority:
    """`file` is what a client has to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests of portway-client")])
        made = self._begun(self._name, self._key, DAY)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def server(self, name: str = "127.0.0.1", good_for: timedelta = DAY) -> ssl.SSLContext:
        """What a server of this name, or address, speaks TLS with."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._begun(x509.Name([]), key, good_for)
        is_address = name.replace(".", "").isdecimal()
        place = x509.IPAddress(ipaddress.ip_address(name)) if is_address else x509.DNSName(name)
        made = made.add_extension(x509.SubjectAlternativeName([place]), critical=True)
        unencrypted = serialization.NoEncryption()
        file = self._folder / f"{name}-{good_for.days}.pem"
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
            + made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, good_for: timedelta
    ) -> x509.CertificateBuilder:
        until = datetime.now(UTC) + good_for
        return x509.CertificateBuilder(
            self._name, subject, key.public_key(), x509.random_serial_number(), until - 10 * DAY, until
        )
