"""Signature Version 4 as S3 checks it: presigned URLs, signed headers, signed chunks and form policies.

Pure and standard library only. The source of every rule is AWS's "Authenticating Requests (AWS Signature Version 4)";
what no page says (the unsigned `x-amz-*` header, 15 minutes of skew) is what independent servers agree on.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from dev.s3.claims import (
    ALGORITHM,
    FORM,
    HEADER,
    QUERY,
    STREAMING,
    UNSIGNED,
    Claim,
    Request,
    claim_of,
    credential_of,
    decoded,
    moment_of,
    parameters,
)
from dev.s3.refused import Refused

__all__ = [
    "FORM",
    "HEADER",
    "QUERY",
    "STREAMING",
    "UNSIGNED",
    "Refused",
    "Request",
    "Verified",
    "chunk_signature",
    "signing_key",
    "trailer_signature",
    "verify",
    "verify_form",
]

Secrets = Mapping[str, str]  # access key id → secret
MAX_SKEW = timedelta(minutes=15)
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed, and what the signature covers.

    `payload` is the value the body must have: `UNSIGNED-PAYLOAD`, a SHA-256 in hex, or one of `STREAMING`.
    `signature` and `signing_key` are the seed for signed chunks; `age` is what `s3:signatureAge` measures.
    """

    access_key: str
    auth_type: str
    signed_headers: frozenset[str]
    payload: str
    age: timedelta
    stamp: str
    scope: str
    signature: str = field(repr=False)
    signing_key: bytes = field(repr=False)


def verify(
    request: Request,
    secrets: Secrets,
    *,
    now: datetime,
    region: str | None,
    service: str = "s3",
    max_age_seconds: int | None = None,
) -> Verified:
    """Who signed `request`, or Refused with the code AWS documents.

    `secrets` maps access key id to secret; `region` None accepts any; `now` is aware. `max_age_seconds` refuses a
    presigned URL that was signed longer ago, whatever its own expiry says (`s3:signatureAge`).
    """
    query = parameters(request.raw_query)
    claim = claim_of(request, query)
    _check_scope(claim, region, service)
    signed_at = _check_time(claim, now)
    if max_age_seconds is not None and now - signed_at > timedelta(seconds=max_age_seconds):
        raise Refused(403, "AccessDenied", "Request has expired", MaxAgeSeconds=str(max_age_seconds))
    _check_coverage(request, claim)
    secret = secrets.get(claim.access_key)
    if secret is None:
        message = "The AWS Access Key Id you provided does not exist in our records."
        raise Refused(403, "InvalidAccessKeyId", message, AWSAccessKeyId=claim.access_key)
    canonical = _canonical_request(request, query, claim)
    return _compare(claim, secret, hashlib.sha256(canonical).hexdigest(), canonical, now - signed_at)


def verify_form(fields: Mapping[str, str], secrets: Secrets, *, now: datetime, region: str | None) -> Verified:
    """Who signed a form POST: the signature covers the base64 text of its field `policy`. Field names in lower case."""
    missing = [name for name in ("policy", "x-amz-credential", "x-amz-date", "x-amz-signature") if not fields.get(name)]
    if missing:
        raise Refused(403, "AccessDenied", f"The form lacks the fields of a signature: {', '.join(missing)}")
    malformed, stamp = "InvalidArgument", fields["x-amz-date"]
    access_key, scope = credential_of(fields["x-amz-credential"], malformed)
    claim = Claim(access_key, scope, stamp, (), fields["x-amz-signature"], UNSIGNED, FORM, malformed)
    if fields.get("x-amz-algorithm") != ALGORITHM:
        raise Refused(400, malformed, f"X-Amz-Algorithm only supports {ALGORITHM}")
    _check_scope(claim, region, "s3")
    signed_at = moment_of(stamp, malformed)
    if access_key not in secrets:
        raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    key = signing_key(secrets[access_key], *scope)
    _same_signature(_hmac(key, fields["policy"]).hex(), claim.signature, b"")
    age, signature = now - signed_at, claim.signature
    return Verified(access_key, FORM, frozenset(), UNSIGNED, age, stamp, claim.scope_text, signature, key)


def chunk_signature(seed: Verified, previous: str, chunk_sha256: str) -> str:
    """The signature of one chunk of a STREAMING-AWS4-HMAC-SHA256-PAYLOAD body, chained to the `previous` one."""
    lines = (f"{ALGORITHM}-PAYLOAD", seed.stamp, seed.scope, previous, EMPTY_SHA256, chunk_sha256)
    return _hmac(seed.signing_key, "\n".join(lines)).hex()


def trailer_signature(seed: Verified, previous: str, trailer: bytes) -> str:
    """The signature of a trailer (`name:value\\n` a line, without the signature's own line)."""
    digest = hashlib.sha256(trailer).hexdigest()
    return _hmac(seed.signing_key, "\n".join((f"{ALGORITHM}-TRAILER", seed.stamp, seed.scope, previous, digest))).hex()


@lru_cache(maxsize=64)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of one secret, day (YYYYMMDD), region and service; cached, since it serves a whole day."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _check_scope(claim: Claim, region: str | None, service: str) -> None:
    day, its_region, its_service = claim.scope
    if day != claim.stamp[:8]:
        raise Refused(400, claim.malformed, f"Invalid credential date {day!r}: it is not the day of X-Amz-Date.")
    if region is not None and its_region != region:
        message = f"The region '{its_region}' is wrong; expecting '{region}'"
        raise Refused(400, claim.malformed, message, Region=region)
    if its_service != service:
        raise Refused(400, claim.malformed, f"Incorrect service '{its_service}'; this endpoint belongs to '{service}'.")


def _check_time(claim: Claim, now: datetime) -> datetime:
    """When it was signed. A presigned URL ends by its own expiry, a signed header by the 15 minutes of skew."""
    signed_at = moment_of(claim.stamp, claim.malformed)
    server_time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    if claim.expires is None:
        if abs(now - signed_at) > MAX_SKEW:
            message = "The difference between the request time and the current time is too large."
            raise Refused(403, "RequestTimeTooSkewed", message, RequestTime=claim.stamp, ServerTime=server_time)
    elif signed_at - now > MAX_SKEW:
        raise Refused(403, "AccessDenied", "Request is not valid yet", ServerTime=server_time)
    elif now > (end := signed_at + timedelta(seconds=claim.expires)):
        expires = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        details = {"X-Amz-Expires": str(claim.expires), "Expires": expires, "ServerTime": server_time}
        raise Refused(403, "AccessDenied", "Request has expired", **details)
    return signed_at


def _check_coverage(request: Request, claim: Claim) -> None:
    """The host, and every `x-amz-*` header that was sent, must be under the signature."""
    must = {"host"} | {name for name in request.headers if name.startswith("x-amz-")}
    unsigned = sorted(must.difference(claim.signed_headers))
    if unsigned:
        message = f"There were headers present in the request which were not signed: {', '.join(unsigned)}"
        raise Refused(403, "AccessDenied", message, HeadersNotSigned=", ".join(unsigned))


def _canonical_request(request: Request, query: list[tuple[bytes, bytes]], claim: Claim) -> bytes:
    path = "/".join(_encode(decoded(segment)) for segment in request.raw_path.split("/"))
    pairs = sorted((_encode(name), _encode(value)) for name, value in query if name != b"X-Amz-Signature")
    headers = (f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in claim.signed_headers)
    lines: Iterable[str] = (
        request.method,
        path or "/",
        "&".join(f"{name}={value}" for name, value in pairs),
        *headers,
        "",
        ";".join(claim.signed_headers),
        claim.payload,
    )
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _encode(raw: bytes) -> str:
    return quote(raw, safe="-_.~")


def _compare(claim: Claim, secret: str, digest: str, canonical: bytes, age: timedelta) -> Verified:
    key, scope = signing_key(secret, *claim.scope), claim.scope_text
    expected = _hmac(key, "\n".join((ALGORITHM, claim.stamp, scope, digest))).hex()
    _same_signature(expected, claim.signature, canonical)
    signed = frozenset(claim.signed_headers)
    return Verified(claim.access_key, claim.auth_type, signed, claim.payload, age, claim.stamp, scope, expected, key)


def _same_signature(expected: str, given: str, canonical: bytes) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        message = "The request signature we calculated does not match the signature you provided."
        raise Refused(403, "SignatureDoesNotMatch", message, CanonicalRequest=canonical.decode("utf-8", "replace"))
