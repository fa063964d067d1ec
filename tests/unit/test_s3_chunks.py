"""Bodies in aws-chunked form, signed and unsigned."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dev.s3 import sigv4
from dev.s3.chunked import ChunkDecoder
from dev.s3.sigv4 import Refused, Request

EXAMPLE = {"AKIAIOSFODNN7EXAMPLE": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}  # the pair of AWS's documentation
EXAMPLE_TIME = datetime(2013, 5, 24, tzinfo=UTC)
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"


def chunked_example() -> sigv4.Verified:
    names = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length"
    signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    headers = {
        "host": "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "content-length": "66824",
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={names};x-amz-storage-class,Signature={signature}"
        ),
    }
    request = Request("PUT", "/examplebucket/chunkObject.txt", "", headers)
    return sigv4.verify(request, EXAMPLE, now=EXAMPLE_TIME, region="us-east-1")


CHUNKS = (
    (b"a" * 65536, b"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (b"a" * 1024, b"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (b"", b"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)
CHUNKED_BODY = b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), sign, data) for data, sign in CHUNKS)


@pytest.mark.parametrize("step", [1, 7, 1000, 70_000])
def test_signed_chunks_of_the_aws_documentation_are_decoded(step: int) -> None:
    """A body in signed chunks arrives as the object's bytes, however the network cuts it."""
    decoder, pieces = ChunkDecoder(chunked_example()), list[bytes]()
    for start in range(0, len(CHUNKED_BODY), step):
        pieces += decoder.feed(CHUNKED_BODY[start : start + step])
    decoder.finish()
    assert b"".join(pieces) == b"a" * 66560


def test_a_changed_byte_in_a_signed_chunk_is_refused() -> None:
    """The chunk's own signature protects its bytes."""
    changed = CHUNKED_BODY.replace(b"aaa\r\n", b"aab\r\n", 1)
    with pytest.raises(Refused, match="SignatureDoesNotMatch"):
        list(ChunkDecoder(chunked_example()).feed(changed))


@pytest.mark.parametrize("body", [b"", CHUNKED_BODY[:-90], b"5\r\nabcd", b"4\r\nabcd\r\n"])
def test_a_chunked_body_that_ends_early_is_refused(body: bytes) -> None:
    """Half an upload is never taken for a whole one."""
    decoder = ChunkDecoder(None)
    list(decoder.feed(body))
    with pytest.raises(Refused, match="IncompleteBody"):
        decoder.finish()


@pytest.mark.parametrize("body", [b"zz\r\n", b"2\r\nabc\r\n", b"0\r\n\r\nmore\r\n", b"1" * 5000])
def test_a_malformed_chunked_body_is_refused(body: bytes) -> None:
    """What is no aws-chunked body is not guessed at."""
    with pytest.raises(Refused, match="InvalidRequest"):
        list(ChunkDecoder(None).feed(body))


def test_an_unsigned_trailer_is_handed_over() -> None:
    """SDKs send the checksum after the body; it is there once the body has ended."""
    decoder = ChunkDecoder(None)
    body = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n"
    assert b"".join(decoder.feed(body)) == b"abc"
    decoder.finish()
    assert decoder.trailer == {"x-amz-checksum-crc32": "NSRBwg=="}
