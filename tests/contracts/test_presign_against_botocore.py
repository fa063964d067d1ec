"""Our signed URLs are botocore's, byte for byte: thousands of cases, by the client that everybody uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.auth
import pytest
from botocore.config import Config
from botocore.session import get_session
from hypothesis import given, settings
from hypothesis import strategies as st

from portway import crc, presign
from portway.presign import Credentials, PartToSign, place_of

BUCKET = "a-bucket"
OWN = "http://127.0.0.1:9000"
HEADERS = {"ChecksumCRC64NVME": "crc64nvme", "ChecksumCRC32C": "crc32c", "ChecksumCRC32": "crc32"}

regions = st.sampled_from(["us-east-1", "eu-central-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1"])
endpoints = st.sampled_from([None, OWN])
words = st.text(st.sampled_from("ab0Z é€𝄞\u0301+~.-_/%&=?#'\"()*!@:;,<>{}|\\^`[]$"), min_size=1, max_size=40)
keys = st.one_of(
    words,
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.sampled_from(["a//b", "/a", "//", "a/./b/../c", ".", "..", "~", "a+b c", "a%20b", "Grüße/文件 🎵.wav"]),
)
secrets = st.builds(
    Credentials,
    st.from_regex(r"A[SK]IA[A-Z2-7]{16}", fullmatch=True),
    st.text("abcXYZ019+/", min_size=40, max_size=40),
    st.none() | st.text("abcXYZ019+/=", min_size=1, max_size=400),
)
moments = st.integers(1_500_000_000_000, 4_000_000_000_000)
lives = st.integers(1, 604_800)
answers = st.fixed_dictionaries(
    {"VersionId": words},
    optional={"ResponseContentType": words, "ResponseContentDisposition": words, "ResponseCacheControl": words},
)


@cache
def reference(region: str, endpoint: str | None) -> tuple[Any, Any]:
    """botocore's client, and the credentials that it signs with."""
    session = get_session()
    session.set_credentials("x", "x")
    style = Config(signature_version="s3v4", s3={"addressing_style": "path" if endpoint else "virtual"})
    return session.create_client("s3", region, endpoint_url=endpoint, config=style), session.get_credentials()


class Clock:
    """botocore's clock, at the time (ms) that a case says."""

    ms = 0

    def __call__(self, remove_tzinfo: bool = True) -> datetime:
        return datetime.fromtimestamp(self.ms // 1000, UTC).replace(tzinfo=None)


CLOCK = Clock()


@pytest.fixture(scope="module", autouse=True)
def _pure_botocore() -> Iterator[None]:
    """botocore in pure Python (awscrt orders the query differently), by our clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(botocore.auth.AUTH_TYPE_MAPS, "s3v4-query", botocore.auth.S3SigV4QueryAuth)
        patch.setattr(botocore.auth, "get_current_datetime", CLOCK)
        yield
    reference.cache_clear()  # a client and its session are 13 MB, and there are ten of them


def expected(
    operation: str, credentials: Credentials, region: str, endpoint: str | None, seconds: int, params: Mapping[str, Any]
) -> str:
    """The URL that botocore makes."""
    client, signing = reference(region, endpoint)
    signing.access_key, signing.secret_key, signing.token = (
        credentials.access_key,
        credentials.secret_key,
        credentials.token,
    )
    url: str = client.generate_presigned_url(operation, Params={"Bucket": BUCKET, **params}, ExpiresIn=seconds)
    return url


@settings(deadline=None, max_examples=1000)
@given(
    data=st.data(),
    credentials=secrets,
    region=regions,
    endpoint=endpoints,
    key=keys,
    upload_id=words,
    now=moments,
    seconds=lives,
    numbers=st.lists(st.integers(1, 10_000), min_size=2, max_size=3),
)
def test_part_urls_are_botocores(
    data: st.DataObject,
    credentials: Credentials,
    region: str,
    endpoint: str | None,
    key: str,
    upload_id: str,
    now: int,
    seconds: int,
    numbers: list[int],
) -> None:
    """Any key, region, address, clock, credentials and life; the length signed, with each checksum and with none."""
    CLOCK.ms = now
    name = data.draw(st.sampled_from([None, *HEADERS]))
    values = st.integers(0, 2**32 - 1).map(lambda value: crc.encode(HEADERS[name or "ChecksumCRC32"], value))
    lengths = st.integers(0, 5 << 30)
    parts = [PartToSign(n, data.draw(lengths), data.draw(values) if name else None) for n in numbers]
    window = presign.sign_parts(
        place_of(BUCKET, region, endpoint),
        credentials,
        key,
        upload_id,
        parts,
        at=now,
        seconds=seconds,
        checksum_header=f"x-amz-checksum-{HEADERS[name]}" if name else None,
    )
    for part, url in zip(parts, window.urls(), strict=True):
        sent = {"Key": key, "UploadId": upload_id, "PartNumber": part.number, "ContentLength": part.length}
        checksum = {name: part.checksum} if name else {}
        assert url == expected("upload_part", credentials, region, endpoint, seconds, {**sent, **checksum})


@settings(deadline=None, max_examples=500)
@given(
    data=st.data(),
    credentials=secrets,
    region=regions,
    endpoint=endpoints,
    key=keys,
    now=moments,
    seconds=lives,
    length=st.integers(0, 5 << 30),
    content_type=st.sampled_from(["a/b", "text/plain;  charset=utf-8 ", 'multipart/mixed; boundary="a  b"']),
)
def test_put_urls_are_botocores(
    data: st.DataObject,
    credentials: Credentials,
    region: str,
    endpoint: str | None,
    key: str,
    now: int,
    seconds: int,
    length: int,
    content_type: str,
) -> None:
    """Length, type, checksum and the condition that nothing is there yet are signed as botocore signs them."""
    CLOCK.ms = now
    name = data.draw(st.sampled_from(list(HEADERS)))
    checksum = crc.encode(HEADERS[name], data.draw(st.integers(0, 2**32 - 1)))
    params = {"Key": key, "ContentLength": length, "ContentType": content_type, "IfNoneMatch": "*", name: checksum}
    headers = {
        "content-length": str(length),
        "content-type": content_type,
        "if-none-match": "*",
        f"x-amz-checksum-{HEADERS[name]}": checksum,
    }
    place = place_of(BUCKET, region, endpoint)
    url = presign.sign_put(place, credentials, key, headers, at=now, seconds=seconds)
    assert url == expected("put_object", credentials, region, endpoint, seconds, params)


QUERY = {
    "VersionId": "versionId",
    "ResponseContentType": "response-content-type",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseCacheControl": "response-cache-control",
}


@settings(deadline=None, max_examples=500)
@given(credentials=secrets, region=regions, endpoint=endpoints, key=keys, asked=answers, now=moments, seconds=lives)
def test_download_urls_are_botocores(
    credentials: Credentials,
    region: str,
    endpoint: str | None,
    key: str,
    asked: dict[str, str],
    now: int,
    seconds: int,
) -> None:
    """With a version, and with every mixture of overridden headers."""
    CLOCK.ms = now
    url = expected("get_object", credentials, region, endpoint, seconds, {"Key": key, **asked})
    order = sorted(asked, key=lambda name: url.index(f"{QUERY[name]}="))
    query = [(QUERY[name], asked[name]) for name in order]
    place = place_of(BUCKET, region, endpoint)
    assert presign.sign_get(place, credentials, key, query, at=now, seconds=seconds) == url
