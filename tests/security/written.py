"""What must never be written down, wherever it comes from: tests/conftest.py looks at what every test leaves behind."""

from __future__ import annotations

import re

SECRET = re.compile(
    r"X-Amz-(?:Signature|Security-Token)=[\w%-]{8}"  # a signed URL is good for whoever reads it
    r"|X-Amz-Signature\W{1,4}[0-9a-f]{16}"
    r"|Signature=[0-9a-f]{64}"
    r"|Bearer ey[\w-]{10}"
    r"|\b[0-9A-HJKMNP-TV-Z]{26}\.[0-9A-HJKMNP-TV-Z]{32}\b"  # the token of an upload
    r"|\bey[\w-]{10,}\.ey[\w-]{10,}\.[\w-]{10}"
    r"|BEGIN (?:RSA )?PRIVATE KEY",
    re.IGNORECASE,
)


def secrets_in(text: str) -> list[str]:
    """The beginnings of signatures, tokens and keys in what was logged or printed."""
    return [found[:24] for found in SECRET.findall(text)]
