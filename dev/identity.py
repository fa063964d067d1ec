"""Who may ask the local stack: a key set of its own, ready-made tokens, and the keys of the S3 endpoint."""

from __future__ import annotations

import hmac
import json
import secrets
import string
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from dev.private import write_private
from dev.s3 import sessions

AUDIENCE = "portway"
TOKEN_SECONDS = 30 * 24 * 3600
PRINCIPALS: Mapping[str, tuple[str, bool]] = {  # subject: (tenant, is it an operator)
    "owner": ("acme", False),
    "colleague": ("acme", False),
    "stranger": ("other", False),
    "operator": ("operations", True),
}


@dataclass(frozen=True, slots=True)
class Claims:
    """The names that the template gives to claims."""

    tenant: str
    operator: str
    operator_value: str


@dataclass(frozen=True, slots=True)
class Identity:
    """One RSA key that signs tokens, and one key pair for S3 that may do everything; functions have their roles."""

    private_key: rsa.RSAPrivateKey
    access_key: str
    secret_key: str

    @classmethod
    def create(cls) -> Identity:
        """Fresh keys. The access key looks like AWS's: 20 capitals and digits."""
        letters = string.ascii_uppercase + string.digits
        access_key = "PORTWAY" + "".join(secrets.choice(letters) for _ in range(13))
        return cls(rsa.generate_private_key(65537, 2048), access_key, secrets.token_hex(20))

    @classmethod
    def kept(cls, path: Path) -> Identity:
        """The keys in this file, which is written (for its owner only) if it does not exist."""
        if not path.exists():
            cls.create()._save(path)
        raw = json.loads(path.read_text("utf-8"))
        key = load_pem_private_key(raw["private_key"].encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path} holds no RSA key")
        return cls(key, raw["access_key"], raw["secret_key"])

    def _save(self, path: Path) -> None:
        pem = self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        text = json.dumps({"private_key": pem, "access_key": self.access_key, "secret_key": self.secret_key})
        write_private(path, text)

    @property
    def session_key(self) -> str:
        """What seals the temporary credentials of roles."""
        return hmac.digest(self.secret_key.encode(), b"sessions", "sha256").hex()

    def sign_in(self, role: str, now: float | None = None) -> dict[str, str]:
        """The environment of a function that runs as this role (ARN): keys and token, good for TOKEN_SECONDS."""
        ends = datetime.fromtimestamp((time.time() if now is None else now) + TOKEN_SECONDS, UTC)
        session = sessions.issue(self.session_key, role, ends, "function")
        return {
            "AWS_ACCESS_KEY_ID": session.access_key,
            "AWS_SECRET_ACCESS_KEY": session.secret,
            "AWS_SESSION_TOKEN": session.token,
        }

    @property
    def jwks(self) -> dict[str, Any]:
        """The public half, as an authorizer fetches it."""
        row = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private_key.public_key()))
        return {"keys": [{**row, "kid": self._kid, "use": "sig", "alg": "RS256"}]}

    @property
    def _kid(self) -> str:
        return f"{self.private_key.public_key().public_numbers().n % 0xFFFFFFFF:08x}"

    def token(self, claims: Mapping[str, Any]) -> str:
        """A signed token with exactly these claims."""
        return jwt.encode(dict(claims), self.private_key, "RS256", {"kid": self._kid})

    def tokens(self, issuer: str, names: Claims, now: float | None = None) -> dict[str, str]:
        """A token for each of PRINCIPALS, good for TOKEN_SECONDS."""
        at = int(time.time() if now is None else now)
        made = {}
        for subject, (tenant, is_operator) in PRINCIPALS.items():
            times = {"iat": at, "nbf": at, "exp": at + TOKEN_SECONDS}
            claims = {"iss": issuer, "aud": AUDIENCE, "sub": subject, names.tenant: tenant, **times}
            roles = {names.operator: [names.operator_value]} if is_operator else {}
            made[subject] = self.token({**claims, **roles})
        return made
