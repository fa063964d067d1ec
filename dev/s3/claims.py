"""What a request says about its own signature: parsed and refused when it cannot be one, but not yet verified.

Pure and standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from dev.s3.refused import Refused

ALGORITHM: Final = "AWS4-HMAC-SHA256"
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
QUERY, HEADER, FORM = "REST-QUERY-STRING", "REST-HEADER", "POST"  # the words of the policy key s3:authType
MAX_EXPIRES_SECONDS = 7 * 24 * 3600
STREAMING = {
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
}
QUERY_NAMES = tuple(
    f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
)


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, before anybody decoded it: header names in lower case, doubled headers joined by a comma."""

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body_sha256: str | None = None
    """Of the body in hex, where a service other than S3 signs it without saying it in a header."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The parts of a signature; `stamp` is its X-Amz-Date, `malformed` the code for a claim that cannot be one."""

    access_key: str
    scope: tuple[str, str, str]  # day, region, service
    stamp: str
    signed_headers: tuple[str, ...]
    signature: str
    payload: str
    auth_type: str
    malformed: str
    expires: int | None = None

    @property
    def scope_text(self) -> str:
        return "/".join((*self.scope, "aws4_request"))


def parameters(raw_query: str) -> list[tuple[bytes, bytes]]:
    """The decoded query in the order of its names; `+` is a plus, unlike in forms."""
    pairs = (piece.partition("=") for piece in raw_query.split("&") if piece)
    return sorted((decoded(name), decoded(value)) for name, _, value in pairs)


def decoded(encoded: str) -> bytes:
    return unquote_to_bytes(encoded.encode("utf-8", "surrogateescape"))


def claim_of(request: Request, query: list[tuple[bytes, bytes]]) -> Claim:
    names = {name for name, _ in query}
    authorization = request.headers.get("authorization", "")
    in_query = b"X-Amz-Signature" in names or b"X-Amz-Algorithm" in names
    if in_query and authorization:
        raise Refused(400, "InvalidArgument", "Only one auth mechanism allowed")
    if in_query:
        return _query_claim(request, query)
    if authorization.startswith(f"{ALGORITHM} "):
        return _header_claim(request, authorization)
    if authorization or b"AWSAccessKeyId" in names:
        message = f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}."
        raise Refused(400, "InvalidRequest", message)
    raise Refused(403, "AccessDenied", "Access Denied")


def _query_claim(request: Request, query: list[tuple[bytes, bytes]]) -> Claim:
    malformed = "AuthorizationQueryParametersError"
    values = [[v.decode("utf-8", "replace") for n, v in query if n == name.encode()] for name in QUERY_NAMES]
    if any(len(found) != 1 for found in values):
        message = f"Query-string authentication version 4 requires each of {', '.join(QUERY_NAMES)}, once."
        raise Refused(400, malformed, message)
    algorithm, credential, stamp, expires, signed, signature = (found[0] for found in values)
    if algorithm != ALGORITHM:
        raise Refused(400, malformed, f"X-Amz-Algorithm only supports {ALGORITHM}")
    if not re.fullmatch(r"[0-9]{1,9}", expires) or not 1 <= int(expires) <= MAX_EXPIRES_SECONDS:
        raise Refused(400, malformed, "X-Amz-Expires must be a number of seconds from 1 to 604800, that is a week.")
    access_key, scope = credential_of(credential, malformed)
    payload = request.headers.get("x-amz-content-sha256", UNSIGNED)
    headers = tuple(sorted(signed.lower().split(";")))
    return Claim(access_key, scope, stamp, headers, signature, payload, QUERY, malformed, int(expires))


def _header_claim(request: Request, authorization: str) -> Claim:
    malformed = "AuthorizationHeaderMalformed"
    pieces = (piece.strip().partition("=") for piece in authorization.removeprefix(ALGORITHM).split(","))
    values = {name: value for name, _, value in pieces}
    if set(values) != {"Credential", "SignedHeaders", "Signature"}:
        raise Refused(400, malformed, "The authorization header needs Credential, SignedHeaders and Signature, once.")
    access_key, scope = credential_of(values["Credential"], malformed)
    payload = request.headers.get("x-amz-content-sha256", request.body_sha256)
    if payload is None:
        raise Refused(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if not (payload == UNSIGNED or payload in STREAMING or re.fullmatch(r"[0-9a-f]{64}", payload)):
        message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a known STREAMING value, or a valid sha256 value."
        raise Refused(400, "InvalidArgument", message)
    stamp = request.headers.get("x-amz-date", "")
    headers = tuple(sorted(values["SignedHeaders"].lower().split(";")))
    return Claim(access_key, scope, stamp, headers, values["Signature"], payload, HEADER, malformed)


def credential_of(text: str, malformed: str) -> tuple[str, tuple[str, str, str]]:
    access_key, *scope = text.rsplit("/", 4)
    if len(scope) != 4 or scope[3] != "aws4_request":
        raise Refused(400, malformed, "The credential must be <id>/YYYYMMDD/REGION/SERVICE/aws4_request.")
    return access_key, (scope[0], scope[1], scope[2])


def moment_of(stamp: str, malformed: str) -> datetime:
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", stamp):
        raise Refused(400, malformed, 'X-Amz-Date must be in the ISO 8601 form "YYYYMMDDTHHMMSSZ"')
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(400, malformed, f"X-Amz-Date is no date: {stamp}") from None
