"""Ids of uploads: 26 characters of Crockford base32, 130 bits, opaque. Their secrecy is never the defence.

Secrets of tokens are 32 such characters, 160 bits, and nothing but secret.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, SECRET_LENGTH = 26, 32


ID = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def is_id(text: str) -> bool:
    """Whether the text has the form of an id; nothing else is ever looked up."""
    return ID.fullmatch(text) is not None


def random_id() -> str:
    """A fresh id."""
    return _text(secrets.randbits(5 * LENGTH))


def random_secret() -> str:
    """What nobody can guess."""
    return _text(secrets.randbits(5 * SECRET_LENGTH), SECRET_LENGTH)


def derived_id(tenant: str, owner: str, idempotency_key: str) -> str:
    """The same id for the same key of the same owner: idempotency without a second record."""
    digest = hashlib.sha256(json.dumps([tenant, owner, idempotency_key]).encode()).digest()
    return _text(int.from_bytes(digest, "big") >> (256 - 5 * LENGTH))


def _text(number: int, length: int = LENGTH) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (length - 1), -1, -5))
