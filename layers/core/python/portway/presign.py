"""SigV4 query signing of S3 URLs: part URLs in large numbers, those of whole objects one by one. Pure, no SDK.

Byte-identical with botocore's presigned URLs for the same clock: tests/contracts/test_presign_against_botocore.py.
Source of the rules: AWS, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".

Why an own signer: all parts of an upload share everything up to `partNumber` in the canonical request, because query
names are sorted and `X-Amz-*` sorts before it. Hash that prefix once, keep the states of the two HMAC hashes, and a
signature costs three short SHA-256 updates, about a hundredth of what a general signer pays.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from _hashlib import HASH

PART_NUMBER, SIGNATURE = "{part_number}", "{signature}"
"""The literals in a template that the client replaces."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signs. `expires_at` is in ms since the epoch, None when the end cannot be known (execution role)."""

    access_key: str
    secret_key: str
    token: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is reached: the host that is signed, and the path before the key.

    `through` is another host that hands requests on to it, path and query as they are (a CDN): objects are read there,
    and signed for the bucket all the same (docs/decisions/0029).
    """

    origin: str
    base: str
    region: str
    through: str | None = None

    @property
    def host(self) -> str:
        """As clients send it: without the port that the scheme stands for."""
        scheme, netloc, *_ = urlsplit(self.origin)
        return netloc.removesuffix({"https": ":443", "http": ":80"}[scheme])


class PartToSign(NamedTuple):
    """The only body that its URL will accept: exactly `length` bytes and, if given, exactly this checksum (base64).

    A tuple, since ten thousand of them are made for one answer: a frozen dataclass takes twice as long.
    """

    number: int
    length: int
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class SignedParts:
    """One URL template and a signature for each part, in the order asked for.

    `checksum_header` is what each part has to be sent with, beside host and content-length; None for nothing.
    """

    template: str
    parts: Sequence[PartToSign]
    signatures: Sequence[str]
    checksum_header: str | None = None

    def headers(self, part: PartToSign) -> Mapping[str, str]:
        """What this part has to be sent with, besides host and content-length."""
        return {self.checksum_header: part.checksum} if self.checksum_header and part.checksum else {}

    def urls(self) -> Iterable[str]:
        """The full URLs, made one at a time."""
        head, rest = self.template.split(PART_NUMBER)
        middle, tail = rest.split(SIGNATURE)
        for (number, _, _), signature in zip(self.parts, self.signatures, strict=True):
            yield f"{head}{number}{middle}{signature}{tail}"


@dataclass(frozen=True, slots=True)
class SignedPut:
    """The URL of a whole object, as the only part of its upload, with the headers that it has to be sent with."""

    url: str
    part: PartToSign
    sent_with: Mapping[str, str]

    @property
    def parts(self) -> Sequence[PartToSign]:
        return (self.part,)

    def headers(self, _part: PartToSign) -> Mapping[str, str]:
        """The same for the only part there is."""
        return self.sent_with

    def urls(self) -> Iterable[str]:
        return (self.url,)


def place_of(bucket: str, region: str, endpoint: str | None = None) -> Place:
    """Virtual-hosted addressing on AWS; path-style on an own endpoint such as `http://127.0.0.1:9000`."""
    if endpoint:
        return Place(endpoint.rstrip("/"), f"/{bucket}", region)
    zone = "" if region == "us-east-1" else f".{region}"
    suffix = ".cn" if region.startswith("cn-") else ""
    return Place(f"https://{bucket}.s3{zone}.amazonaws.com{suffix}", "", region)


def seconds_left(credentials: Credentials, wanted: int, now: int, margin: int = 60) -> int:
    """How long a URL may live: `wanted` seconds, capped by the credentials' end less a margin, at least 1."""
    if credentials.expires_at is None:
        return wanted
    return max(1, min(wanted, (credentials.expires_at - now) // 1000 - margin))


def sign_parts(
    place: Place,
    credentials: Credentials,
    key: str,
    upload_id: str,
    parts: Sequence[PartToSign],
    *,
    at: int,
    seconds: int,
    checksum_header: str | None = None,
) -> SignedParts:
    """Sign UploadPart for each of `parts`, at time `at` (ms), valid for `seconds`.

    With `checksum_header` (say `x-amz-checksum-crc64nvme`) every part must have a checksum, and it becomes a signed
    header; without, none is signed. content-length is always signed.
    """
    names = f"content-length;host;{checksum_header}" if checksum_header else "content-length;host"
    path, upload = place.base + "/" + quote(key, safe="/~"), quote(upload_id, safe="~")
    signer = _Signer(credentials, place.region, at, seconds, names)
    prefix = hashlib.sha256(f"PUT\n{path}\n{signer.canonical_query}&partNumber=".encode())
    tail, end = f"&uploadId={upload}\ncontent-length:", f"\n\n{names}\nUNSIGNED-PAYLOAD"
    middle = f"\nhost:{place.host}" + (f"\n{checksum_header}:" if checksum_header else "")
    signatures, signature = [], signer.signature
    for number, length, checksum in parts:
        request = prefix.copy()
        request.update(f"{number}{tail}{length}{middle}{checksum if checksum_header else ''}{end}".encode())
        signatures.append(signature(request))
    query = f"uploadId={upload}&partNumber={PART_NUMBER}&{signer.query}&X-Amz-Signature={SIGNATURE}"
    return SignedParts(f"{place.origin}{path}?{query}", parts, signatures, checksum_header)


def sign_get(
    place: Place, credentials: Credentials, key: str, query: Sequence[tuple[str, str]], *, at: int, seconds: int
) -> str:
    """A URL that gets one object; `query` (versionId, response-content-type, …) becomes part of the signature."""
    url = _sign("GET", place, credentials, key, query, {}, at, seconds)
    return f"https://{place.through}{url.removeprefix(place.origin)}" if place.through else url


def sign_put(
    place: Place, credentials: Credentials, key: str, headers: Mapping[str, str], *, at: int, seconds: int
) -> str:
    """A URL that puts one object, if it is sent with exactly these `headers` (names in lower case)."""
    return _sign("PUT", place, credentials, key, (), headers, at, seconds)


def _sign(
    method: str,
    place: Place,
    credentials: Credentials,
    key: str,
    query: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
    at: int,
    seconds: int,
) -> str:
    path = place.base + "/" + quote(key, safe="/~")
    fields = sorted({**headers, "host": place.host}.items())
    names = ";".join(name for name, _ in fields)
    lines = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in fields)
    signer = _Signer(credentials, place.region, at, seconds, names)
    given = [f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query]
    canonical = "&".join(sorted([*given, *signer.canonical_query.split("&")]))
    request = hashlib.sha256(f"{method}\n{path}\n{canonical}\n{lines}\n{names}\nUNSIGNED-PAYLOAD".encode())
    url = "&".join([*given, signer.query])
    return f"{place.origin}{path}?{url}&X-Amz-Signature={signer.signature(request)}"


class _Signer:
    """The query of one moment, and the hash states that all its signatures start from."""

    __slots__ = ("_inner", "_outer", "canonical_query", "query")

    def __init__(self, credentials: Credentials, region: str, at: int, seconds: int, signed_headers: str) -> None:
        stamp = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{region}/s3/aws4_request"
        pairs = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", f"{credentials.access_key}/{scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(seconds)),
            ("X-Amz-SignedHeaders", signed_headers),
        ]
        if credentials.token:
            pairs.append(("X-Amz-Security-Token", credentials.token))
        encoded = [f"{name}={quote(value, safe='~')}" for name, value in pairs]
        self.query, self.canonical_query = "&".join(encoded), "&".join(sorted(encoded))
        inner, self._outer = _key_states(credentials.secret_key, stamp[:8], region)
        self._inner = inner.copy()
        self._inner.update(f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n".encode())

    def signature(self, canonical_request: HASH) -> str:
        """Hex HMAC-SHA-256 of the string to sign, from copied states (RFC 2104 with a 64-byte block)."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(canonical_request.hexdigest().encode())
        outer.update(inner.digest())
        return outer.hexdigest()


@lru_cache(maxsize=8)
def _key_states(secret: str, day: str, region: str) -> tuple[HASH, HASH]:
    """The day's signing key, as the inner and outer hash states of its HMAC."""
    key = f"AWS4{secret}".encode()
    for text in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, text.encode(), "sha256")
    block = key.ljust(64, b"\0")
    return hashlib.sha256(bytes(b ^ 0x36 for b in block)), hashlib.sha256(bytes(b ^ 0x5C for b in block))
