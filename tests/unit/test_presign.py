"""Signed URLs: what S3 accepts and what it refuses. The strict endpoint's verifier is the judge.

tests/contracts/test_presign_against_botocore.py compares the bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from dev.s3 import sigv4
from dev.s3.refused import Refused
from portway import presign
from portway.presign import PART_NUMBER, SIGNATURE, Credentials, PartToSign, Place, place_of
from tests.fakes.clock import START
from tests.unit.world import CREDENTIALS, REGION

SECRETS = {CREDENTIALS.access_key: CREDENTIALS.secret_key}
KEY = "in/0123456789abcdef/00000000000000000000000001"
HEADER, CHECKSUM = "x-amz-checksum-crc64nvme", "rosUhgp5mIg="
PLACE = place_of("incoming", REGION)


def signed(length: int = 9, checksum: str | None = CHECKSUM, place: Place = PLACE) -> sigv4.Request:
    """The first part as a client sends it."""
    window = presign.sign_parts(
        place,
        CREDENTIALS,
        KEY,
        "an+id/=",
        [PartToSign(1, length, checksum)],
        at=START,
        seconds=900,
        checksum_header=HEADER if checksum else None,
    )
    (url,) = window.urls()
    parts = urlsplit(url)
    headers = {"host": parts.netloc, "content-length": str(length)}
    return sigv4.Request("PUT", parts.path, parts.query, headers | ({HEADER: checksum} if checksum else {}))


def refused(request: sigv4.Request, seconds: float = 1) -> str:
    """S3's code when the request comes so long after signing; "" when it is accepted."""
    now = datetime.fromtimestamp(START / 1000 + seconds, UTC)
    try:
        sigv4.verify(request, SECRETS, now=now, region=REGION)
    except Refused as error:
        return error.code
    return ""


@pytest.mark.parametrize("checksum", [CHECKSUM, None])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:9000", "http://localhost:9000/"])
@pytest.mark.parametrize("length", [0, 1, 5 << 30])
def test_a_signed_url_is_accepted_as_it_is(checksum: str | None, endpoint: str | None, length: int) -> None:
    """On AWS and on an own endpoint, with and without a checksum, for the smallest and the largest part."""
    assert refused(signed(length, checksum, place_of("incoming", REGION, endpoint))) == ""


CHANGES: dict[str, Callable[[sigv4.Request], sigv4.Request]] = {
    "another length": lambda r: replace(r, headers={**r.headers, "content-length": "10"}),
    "no length": lambda r: replace(r, headers={n: v for n, v in r.headers.items() if n != "content-length"}),
    "another checksum": lambda r: replace(r, headers={**r.headers, HEADER: "AAAAAAAAAAA="}),
    "no checksum": lambda r: replace(r, headers={n: v for n, v in r.headers.items() if n != HEADER}),
    "another number": lambda r: replace(r, raw_query=r.raw_query.replace("partNumber=1", "partNumber=2")),
    "another upload": lambda r: replace(r, raw_query=r.raw_query.replace("uploadId=an", "uploadId=the")),
    "another key": lambda r: replace(r, raw_path=r.raw_path[:-1] + "2"),
    "another method": lambda r: replace(r, method="GET"),
    "another host": lambda r: replace(r, headers={**r.headers, "host": "published.s3.eu-central-1.amazonaws.com"}),
    "a longer life": lambda r: replace(r, raw_query=r.raw_query.replace("Expires=900", "Expires=9000")),
    "a header more": lambda r: replace(r, headers={**r.headers, "x-amz-acl": "public-read"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_signed_url_accepts_nothing_else(change: str) -> None:
    """Exactly these bytes, this part, this upload, this key: whoever changes anything is refused."""
    request = CHANGES[change](signed())
    assert request != signed()
    assert refused(request)


def test_a_signed_url_ends_when_it_says() -> None:
    """Good until the last second, refused after it, and not good before its time either."""
    assert refused(signed(), 899) == ""
    assert refused(signed(), 901)
    assert refused(signed(), -3600)


def test_a_template_expands_to_exactly_the_urls() -> None:
    """A client that puts numbers and signatures in gets the same URLs as one that asked for them in full."""
    parts = [PartToSign(number, 9) for number in (1, 2, 7, 10_000)]
    window = presign.sign_parts(PLACE, CREDENTIALS, KEY, "an+id/=", parts, at=START, seconds=900)
    expanded = [
        window.template.replace("{part_number}", str(part.number)).replace("{signature}", signature)
        for part, signature in zip(parts, window.signatures, strict=True)
    ]
    assert expanded == list(window.urls())
    assert (window.template.count(PART_NUMBER), window.template.count(SIGNATURE)) == (1, 1)
    for part, url in zip(parts, window.urls(), strict=True):
        (one,) = presign.sign_parts(PLACE, CREDENTIALS, KEY, "an+id/=", [part], at=START, seconds=900).urls()
        assert url == one


def test_a_braced_upload_id_does_not_disturb_the_template() -> None:
    """Braces from outside are encoded, so that the two literals stay the only ones."""
    window = presign.sign_parts(PLACE, CREDENTIALS, KEY, SIGNATURE, [PartToSign(1, 9)], at=START, seconds=900)
    (url,) = window.urls()
    assert "uploadId=%7Bsignature%7D&" in url


def test_the_example_of_the_aws_documentation_comes_out() -> None:
    """The signature that AWS computed ("Authenticating Requests: Using Query Parameters", GET of test.txt)."""
    pair = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    at = round(datetime(2013, 5, 24, tzinfo=UTC).timestamp() * 1000)
    url = presign.sign_get(place_of("examplebucket", "us-east-1"), pair, "test.txt", [], at=at, seconds=86_400)
    assert url.startswith("https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert url.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_a_download_url_fixes_version_type_and_disposition() -> None:
    """What is served is under the signature: nobody turns a picture into a page."""
    query = [("versionId", "v1"), ("response-content-type", "image/png")]
    url = urlsplit(presign.sign_get(PLACE, CREDENTIALS, "files/a b", query, at=START, seconds=60))
    asked = sigv4.Request("GET", url.path, url.query, {"host": url.netloc})
    assert refused(asked) == ""
    assert parse_qs(url.query)["response-content-type"] == ["image/png"]
    assert refused(replace(asked, raw_query=url.query.replace("image%2Fpng", "text%2Fhtml")))
    assert refused(replace(asked, raw_query=url.query.replace("versionId=v1&", "")))


@pytest.mark.parametrize(
    ("region", "endpoint", "origin", "base"),
    [
        ("us-east-1", None, "https://files.s3.amazonaws.com", ""),
        ("eu-central-1", None, "https://files.s3.eu-central-1.amazonaws.com", ""),
        ("cn-north-1", None, "https://files.s3.cn-north-1.amazonaws.com.cn", ""),
        ("eu-central-1", "http://127.0.0.1:9000", "http://127.0.0.1:9000", "/files"),
        ("us-east-1", "https://s3.example/", "https://s3.example", "/files"),
    ],
)
def test_a_bucket_is_reached_where_it_is(region: str, endpoint: str | None, origin: str, base: str) -> None:
    """By its own host on AWS, by its path on an endpoint of one's own."""
    place = place_of("files", region, endpoint)
    assert (place.origin, place.base, place.region, place.host) == (origin, base, region, urlsplit(origin).netloc)


@pytest.mark.parametrize(
    ("ends_in", "seconds"), [(None, 900), (5000, 900), (961, 900), (960, 900), (600, 540), (61, 1), (30, 1), (-5, 1)]
)
def test_a_url_never_promises_to_outlive_its_credentials(ends_in: int | None, seconds: int) -> None:
    """A minute before they end the URL does; an invisible end (execution role) leaves the wished life."""
    expires_at = None if ends_in is None else START + ends_in * 1000
    assert presign.seconds_left(replace(CREDENTIALS, expires_at=expires_at), 900, START) == seconds
