"""The verifier against AWS's own examples and against botocore's signer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from dev.s3 import sigv4
from dev.s3.sigv4 import Refused, Request

HOST, REGION = "127.0.0.1:9000", "eu-central-1"
SECRETS = {"AKIDONE": "secret/one", "AKIDTWO": "secret+two"}
EXAMPLE = {"AKIAIOSFODNN7EXAMPLE": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}  # the pair of AWS's documentation
EXAMPLE_TIME = datetime(2013, 5, 24, tzinfo=UTC)


def client(token: str | None = None) -> Any:
    config = Config(s3={"addressing_style": "path"}, signature_version="s3v4")
    session = boto3.Session("AKIDONE", SECRETS["AKIDONE"], aws_session_token=token, region_name=REGION)
    return session.client("s3", endpoint_url=f"http://{HOST}", config=config)


S3 = client()


def presigned(
    key: str = "in/a", *, s3: Any = S3, seconds: int = 600, headers: dict[str, str] | None = None, **more: Any
) -> Request:
    """botocore's URL for part 1, as it would arrive."""
    params = {"Bucket": "bucket", "Key": key, "UploadId": "u+/=", "PartNumber": 1, **more}
    url = urlsplit(s3.generate_presigned_url("upload_part", Params=params, ExpiresIn=seconds))
    return Request("PUT", url.path, url.query, {"host": HOST, **(headers or {})})


def verify(request: Request, **options: Any) -> sigv4.Verified:
    return sigv4.verify(request, SECRETS, **{"now": datetime.now(UTC), "region": REGION, **options})


def refusal(request: Request, **options: Any) -> str:
    """Status and code of the refusal."""
    with pytest.raises(Refused) as caught:
        verify(request, **options)
    return f"{caught.value.status} {caught.value.code}"


def test_a_presigned_url_of_the_aws_documentation_is_accepted() -> None:
    """The verifier agrees with an example that AWS computed (API reference, "Authenticating Requests: Query")."""
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = Request("GET", "/test.txt", query, {"host": "examplebucket.s3.amazonaws.com"})
    verified = sigv4.verify(request, EXAMPLE, now=EXAMPLE_TIME + timedelta(hours=1), region="us-east-1")
    assert (verified.access_key, verified.auth_type) == ("AKIAIOSFODNN7EXAMPLE", "REST-QUERY-STRING")
    assert verified.age == timedelta(hours=1)


@settings(max_examples=60, deadline=None)
@given(key=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_every_key_that_botocore_presigns_is_accepted(key: str) -> None:
    """Blanks, plus signs, slashes, percent signs and any script: client and endpoint encode alike."""
    assert verify(presigned(key)).access_key == "AKIDONE"


@settings(max_examples=40, deadline=None)
@given(length=st.integers(0, 5 << 30), number=st.integers(1, 10_000), seconds=st.integers(1, 604_800))
def test_signed_lengths_and_numbers_are_covered(length: int, number: int, seconds: int) -> None:
    """The exact length that botocore signed is accepted, and no other."""
    sent = {"content-length": str(length)}
    request = presigned(seconds=seconds, headers=sent, ContentLength=length, PartNumber=number)
    assert verify(request).signed_headers == {"host", "content-length"}
    longer = replace(request, headers={**request.headers, "content-length": str(length + 1)})
    assert refusal(longer) == "403 SignatureDoesNotMatch"


def test_a_session_token_is_part_of_the_signature() -> None:
    """URLs of temporary credentials are accepted; without their token they are not."""
    request = presigned(s3=client("token/with+signs=="))
    assert verify(request).access_key == "AKIDONE"
    bare = "&".join(pair for pair in request.raw_query.split("&") if not pair.startswith("X-Amz-Security-Token"))
    assert refusal(replace(request, raw_query=bare)) == "403 SignatureDoesNotMatch"


@pytest.mark.parametrize("host", ["bucket.s3.localhost:9000", "bucket.localhost"])
def test_virtual_hosted_names_are_covered(host: str) -> None:
    """The host counts as the client sent it; another one is another request."""
    config = Config(s3={"addressing_style": "virtual"}, signature_version="s3v4")
    endpoint = f"http://{host.removeprefix('bucket.')}"
    s3 = boto3.Session("AKIDTWO", SECRETS["AKIDTWO"], region_name=REGION).client(
        "s3", endpoint_url=endpoint, config=config
    )
    url = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "k"}))
    request = Request("GET", url.path, url.query, {"host": url.netloc})
    assert url.netloc == host
    assert verify(request).access_key == "AKIDTWO"
    assert refusal(replace(request, headers={"host": "localhost:9000"})) == "403 SignatureDoesNotMatch"


def changed_query(old: str, new: str) -> Callable[[Request], Request]:
    def change(request: Request) -> Request:
        assert old in request.raw_query
        return replace(request, raw_query=request.raw_query.replace(old, new))

    return change


def with_header(name: str, value: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, headers={**request.headers, name: value})


QUERY_ERROR = "400 AuthorizationQueryParametersError"
MISMATCH = "403 SignatureDoesNotMatch"
DENIED = "403 AccessDenied"
CHANGES: dict[str, tuple[Callable[[Request], Request], str]] = {
    "other part": (changed_query("partNumber=1", "partNumber=2"), MISMATCH),
    "other upload": (changed_query("uploadId=u", "uploadId=v"), MISMATCH),
    "a further parameter": (changed_query("uploadId", "versionId=x&uploadId"), MISMATCH),
    "other key": (lambda request: replace(request, raw_path=request.raw_path + "b"), MISMATCH),
    "other method": (lambda request: replace(request, method="DELETE"), MISMATCH),
    "other signature": (changed_query("X-Amz-Signature=", "X-Amz-Signature=0"), MISMATCH),
    "longer expiry": (changed_query("X-Amz-Expires=600", "X-Amz-Expires=601"), MISMATCH),
    "eight days": (changed_query("X-Amz-Expires=600", "X-Amz-Expires=691200"), QUERY_ERROR),
    "expiry of 0": (changed_query("X-Amz-Expires=600", "X-Amz-Expires=0"), QUERY_ERROR),
    "negative expiry": (changed_query("X-Amz-Expires=600", "X-Amz-Expires=-1"), QUERY_ERROR),
    "expiry twice": (changed_query("X-Amz-Expires=600", "X-Amz-Expires=600&X-Amz-Expires=9"), QUERY_ERROR),
    "no expiry": (changed_query("X-Amz-Expires=600&", ""), QUERY_ERROR),
    "other algorithm": (changed_query("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), QUERY_ERROR),
    "other region": (changed_query(REGION, "us-west-2"), QUERY_ERROR),
    "other service": (changed_query("%2Fs3%2F", "%2Fsqs%2F"), QUERY_ERROR),
    "other day": (changed_query("X-Amz-Date=2", "X-Amz-Date=1"), QUERY_ERROR),
    "no date": (changed_query("X-Amz-Date=", "X-Amz-Date=x"), QUERY_ERROR),
    "no credential": (changed_query("AKIDONE%2F", ""), QUERY_ERROR),
    "unknown key": (changed_query("AKIDONE", "AKIDNONE"), "403 InvalidAccessKeyId"),
    "key of somebody else": (changed_query("AKIDONE", "AKIDTWO"), MISMATCH),
    "host not signed": (changed_query("SignedHeaders=host", "SignedHeaders=date"), DENIED),
    "unsigned ACL": (with_header("x-amz-acl", "public-read"), DENIED),
    "unsigned tags": (with_header("x-amz-tagging", "a=b"), DENIED),
    "unsigned copy source": (with_header("x-amz-copy-source", "/b/k"), DENIED),
    "unsigned checksum": (with_header("x-amz-checksum-crc32", "AAAAAA=="), DENIED),
    "second signature in a header": (with_header("authorization", "AWS4-HMAC-SHA256 x"), "400 InvalidArgument"),
    "no signature": (lambda request: replace(request, raw_query="partNumber=1&uploadId=u"), DENIED),
    "signature version 2": (
        lambda request: replace(request, raw_query="AWSAccessKeyId=a&Signature=b"),
        "400 InvalidRequest",
    ),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_url_is_refused(change: Callable[[Request], Request], expected: str) -> None:
    """Whatever somebody changes in a presigned URL, it is refused with the code that AWS documents."""
    assert refusal(change(presigned())) == expected


def test_the_refusal_names_the_unsigned_header() -> None:
    """Who reads the answer learns which header was not covered."""
    with pytest.raises(Refused, match="x-amz-acl"):
        verify(with_header("x-amz-acl", "private")(presigned()))


def test_an_unsigned_content_type_is_accepted() -> None:
    """Headers outside x-amz-* pass; on a part they mean nothing."""
    assert verify(with_header("content-type", "text/html")(presigned())).auth_type == sigv4.QUERY


@pytest.mark.parametrize(
    ("later", "expected"),
    [(timedelta(seconds=602), DENIED), (timedelta(days=30), DENIED), (-timedelta(minutes=16), DENIED)],
)
def test_a_url_is_good_for_its_time_only(later: timedelta, expected: str) -> None:
    """Expired, and signed for a time more than 15 minutes ahead."""
    request = presigned()
    assert refusal(request, now=datetime.now(UTC) + later) == expected
    assert verify(request, now=datetime.now(UTC) + timedelta(seconds=595)).age >= timedelta(seconds=594)


def test_a_maximum_age_shortens_every_url() -> None:
    """`s3:signatureAge`: the endpoint may be stricter than the URL."""
    request = presigned()
    verify(request, now=datetime.now(UTC) + timedelta(seconds=100), max_age_seconds=120)
    assert refusal(request, now=datetime.now(UTC) + timedelta(seconds=130), max_age_seconds=120) == DENIED


def signed_by_header(body: bytes = b"", token: str | None = None, **headers: str) -> Request:
    """A request as SDKs sign it, in its headers, by botocore."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("PUT", f"http://{HOST}/bucket/a%20b?uploads=&prefix=%2B", headers=names, data=body)
    S3SigV4Auth(Credentials("AKIDONE", SECRETS["AKIDONE"], token), "s3", REGION).add_auth(request)
    sent = {"host": HOST, **{name.lower(): str(value) for name, value in request.headers.items()}}
    return Request("PUT", "/bucket/a%20b", "uploads=&prefix=%2B", sent)


@pytest.mark.parametrize("token", [None, "a/session+token=="])
def test_signed_headers_of_botocore_are_accepted(token: str | None) -> None:
    """SDK calls: blanks are collapsed, the payload's hash is told, tokens are covered."""
    verified = verify(signed_by_header(b"body", token, x_amz_meta_name="two   blanks ", content_type="text/plain"))
    assert verified.auth_type == sigv4.HEADER
    assert verified.payload in (hashlib.sha256(b"body").hexdigest(), sigv4.UNSIGNED)


HEADER_CHANGES: dict[str, tuple[Callable[[Request], Request], str]] = {
    "other header value": (with_header("x-amz-meta-a", "2"), MISMATCH),
    "other path": (lambda request: replace(request, raw_path="/bucket/a%20c"), MISMATCH),
    "plus for blank": (lambda request: replace(request, raw_query="uploads=&prefix=+"), ""),
    "unsigned x-amz header": (with_header("x-amz-acl", "private"), DENIED),
    "no payload hash": (with_header("x-amz-content-sha256", "x"), "400 InvalidArgument"),
    "malformed": (with_header("authorization", "AWS4-HMAC-SHA256 Credential=a"), "400 AuthorizationHeaderMalformed"),
    "version 2": (with_header("authorization", "AWS a:b"), "400 InvalidRequest"),
}


@pytest.mark.parametrize(("change", "expected"), HEADER_CHANGES.values(), ids=HEADER_CHANGES.keys())
def test_a_changed_sdk_request_is_refused(change: Callable[[Request], Request], expected: str) -> None:
    """Signed headers protect as query signatures do; a `+` in the query is a plus, not a blank."""
    request = change(signed_by_header(x_amz_meta_a="1"))
    if expected:
        assert refusal(request) == expected
    else:
        assert verify(request).access_key == "AKIDONE"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_clocks_may_differ_by_15_minutes(minutes: int) -> None:
    """A signed header is good for a quarter of an hour in both directions."""
    request = signed_by_header()
    assert refusal(request, now=datetime.now(UTC) + timedelta(minutes=minutes)) == "403 RequestTimeTooSkewed"
    nearer = timedelta(minutes=minutes * 14 / 16)
    assert verify(request, now=datetime.now(UTC) + nearer).access_key == "AKIDONE"


def test_a_form_is_signed_over_its_policy() -> None:
    """botocore's form fields are accepted; another policy under the same signature is not."""
    form = S3.generate_presigned_post("bucket", "k")["fields"]
    fields = {name.lower(): value for name, value in form.items()}
    now = datetime.now(UTC)
    assert sigv4.verify_form(fields, SECRETS, now=now, region=REGION).auth_type == sigv4.FORM
    for changed in ({"policy": fields["policy"] + "x"}, {"x-amz-signature": "0" * 64}, {"x-amz-signature": ""}):
        with pytest.raises(Refused) as caught:
            sigv4.verify_form({**fields, **changed}, SECRETS, now=now, region=REGION)
        assert caught.value.status == 403
