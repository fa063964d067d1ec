"""What S3's answers to a part mean. The order matters: the first row that fits decides."""

from __future__ import annotations

import re
from enum import Enum, auto

from portway_client.steps import Sent
from portway_client.transport import NoAnswer, Response, Trouble

S3_CODE = re.compile(rb"<Code>([A-Za-z0-9]+)</Code>")


class Meaning(Enum):
    ARRIVED = auto()
    SIGN_AGAIN = auto()
    """The URL is over, or its credentials are; or S3 says so of one that should be good."""
    DAMAGED = auto()
    """What arrived is not what was hashed."""
    TOO_MUCH = auto()
    AGAIN = auto()
    OFFLINE = auto()
    HALTED = auto()
    UNTRUSTED = auto()
    GONE = auto()
    """Asking again helps nobody: the upload's status says why."""


TROUBLES = {
    Trouble.CONNECT: Meaning.OFFLINE,
    Trouble.BROKEN: Meaning.AGAIN,
    Trouble.TIMEOUT: Meaning.TOO_MUCH,
    Trouble.CERTIFICATE: Meaning.UNTRUSTED,
    Trouble.HALTED: Meaning.HALTED,
}
CODES = {
    "BadDigest": Meaning.DAMAGED,
    "XAmzContentChecksumMismatch": Meaning.DAMAGED,
    "ExpiredToken": Meaning.SIGN_AGAIN,
    "RequestTimeTooSkewed": Meaning.SIGN_AGAIN,
    "RequestTimeout": Meaning.AGAIN,
    "IncompleteBody": Meaning.AGAIN,
    "SlowDown": Meaning.TOO_MUCH,
    "NoSuchUpload": Meaning.GONE,
}
"""S3's error codes (API reference, "Error responses") that decide before the status does."""
STATUSES = {
    200: Meaning.ARRIVED,
    403: Meaning.SIGN_AGAIN,
    408: Meaning.AGAIN,
    412: Meaning.ARRIVED,
    429: Meaning.TOO_MUCH,
}
"""412: a file in one PUT that is there already; its URL takes no other bytes."""


def meaning(sent: Sent, algorithm: str) -> Meaning:
    answer = sent.answer
    if isinstance(answer, NoAnswer):
        return TROUBLES[answer.trouble]
    if answer.status == 200:
        return Meaning.ARRIVED if _is_what_was_read(sent, answer, algorithm) else Meaning.DAMAGED
    found = S3_CODE.search(answer.body)
    by_code = CODES.get(found[1].decode()) if found else None
    if by_code or answer.status in STATUSES:
        return by_code or STATUSES[answer.status]
    return Meaning.AGAIN if answer.status >= 500 else Meaning.GONE


def said_by_s3(sent: Sent) -> str:
    """For a person; nothing of the URL."""
    if isinstance(sent.answer, NoAnswer):
        return str(sent.answer)
    found = S3_CODE.search(sent.answer.body)
    return f"{sent.answer.status} {found[1].decode() if found else ''}".strip()


def _is_what_was_read(sent: Sent, answer: Response, algorithm: str) -> bool:
    """S3 computes the checksum of what it got; where it tells, a part that arrived damaged is noticed at once. All of
    them together are proved at complete in any case."""
    told = answer.headers.get(f"x-amz-checksum-{algorithm}")
    return told is None or sent.checksum is None or told == sent.checksum
