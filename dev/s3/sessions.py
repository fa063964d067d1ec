"""Temporary credentials of a role, as STS gives them.

Everything about them is in the session token, sealed with the endpoint's own key: nothing is stored, and a restart
forgets nobody.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dev.s3.refused import Refused


@dataclass(frozen=True, slots=True)
class Session:
    """A role that somebody assumed, until `expires_at`."""

    access_key: str
    role: str
    expires_at: datetime
    secret: str = field(repr=False)
    token: str = field(repr=False)


def issue(key: str, role: str, expires_at: datetime, name: str) -> Session:
    """Credentials of `role` (ARN). `name` tells apart what ends in the same second."""
    claims = json.dumps([role, int(expires_at.timestamp()), name]).encode()
    payload = base64.urlsafe_b64encode(claims).decode()
    return _session(key, payload)


def read(key: str, token: str) -> Session:
    """The session of a token that `issue` made with the same key; Refused InvalidToken for any other."""
    payload, _, seal = token.partition(".")
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), _seal(key, "token", payload).encode()):
        raise Refused(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
    return _session(key, payload)


def _session(key: str, payload: str) -> Session:
    role, ends, _ = json.loads(base64.urlsafe_b64decode(payload))
    access_key = "ASIA" + base64.b32encode(bytes.fromhex(_seal(key, "id", payload)))[:16].decode()
    token = f"{payload}.{_seal(key, 'token', payload)}"
    return Session(access_key, role, datetime.fromtimestamp(ends, UTC), _seal(key, "secret", payload)[:40], token)


def _seal(key: str, purpose: str, payload: str) -> str:
    return hmac.digest(key.encode(), f"{purpose} {payload}".encode("utf-8", "replace"), "sha256").hex()
