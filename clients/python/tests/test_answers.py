"""What S3's answers to a part mean."""

from __future__ import annotations

import pytest

from portway_client.answers import Meaning, meaning, said_by_s3
from portway_client.steps import Sent
from portway_client.transport import NoAnswer, Response, Trouble

OURS, OTHER = "AAAAAAAAAAA=", "AQEBAQEBAQE="


def error(status: int, code: str = "") -> Response:
    return Response(status, {}, f"<Error><Code>{code}</Code></Error>".encode() if code else b"")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Response(200, {}), Meaning.ARRIVED),
        (Response(200, {"x-amz-checksum-crc64nvme": OURS}), Meaning.ARRIVED),
        (Response(200, {"x-amz-checksum-crc64nvme": OTHER}), Meaning.DAMAGED),
        (Response(200, {"x-amz-checksum-crc32c": OTHER}), Meaning.ARRIVED),
        (error(412, "PreconditionFailed"), Meaning.ARRIVED),
        (error(403, "AccessDenied"), Meaning.SIGN_AGAIN),
        (error(403, "RequestTimeTooSkewed"), Meaning.SIGN_AGAIN),
        (error(403), Meaning.SIGN_AGAIN),
        (error(400, "ExpiredToken"), Meaning.SIGN_AGAIN),
        (error(400, "RequestTimeTooSkewed"), Meaning.SIGN_AGAIN),
        (error(400, "BadDigest"), Meaning.DAMAGED),
        (error(400, "XAmzContentChecksumMismatch"), Meaning.DAMAGED),
        (error(400, "RequestTimeout"), Meaning.AGAIN),
        (error(400, "IncompleteBody"), Meaning.AGAIN),
        (error(400, "EntityTooLarge"), Meaning.GONE),
        (error(404, "NoSuchUpload"), Meaning.GONE),
        (error(404), Meaning.GONE),
        (error(503, "SlowDown"), Meaning.TOO_MUCH),
        (error(429), Meaning.TOO_MUCH),
        (error(500, "InternalError"), Meaning.AGAIN),
        (error(503), Meaning.AGAIN),
        (NoAnswer(Trouble.CONNECT, ""), Meaning.OFFLINE),
        (NoAnswer(Trouble.BROKEN, ""), Meaning.AGAIN),
        (NoAnswer(Trouble.TIMEOUT, ""), Meaning.TOO_MUCH),
        (NoAnswer(Trouble.CERTIFICATE, ""), Meaning.UNTRUSTED),
        (NoAnswer(Trouble.HALTED, ""), Meaning.HALTED),
    ],
)
def test_each_answer_has_one_meaning(answer: Response | NoAnswer, expected: Meaning) -> None:
    """The code in S3's error decides before its status; a checksum that S3 computed decides over both."""
    assert meaning(Sent(answer, OURS, 1.0), "crc64nvme") is expected


def test_bytes_that_were_not_all_read_are_not_compared() -> None:
    """S3 answered before the body was over: there is nothing to compare its checksum with."""
    answer = Response(200, {"x-amz-checksum-crc64nvme": OTHER})
    assert meaning(Sent(answer, None, 1.0), "crc64nvme") is Meaning.ARRIVED


def test_words_about_s3_hold_its_code_and_nothing_else() -> None:
    """What a person reads has status and code; S3's message may hold a signature."""
    answer = Response(
        403, {}, b"<Error><Code>SignatureDoesNotMatch</Code><Message>X-Amz-Signature=abc</Message></Error>"
    )
    assert said_by_s3(Sent(answer, None, 1.0)) == "403 SignatureDoesNotMatch"
    assert said_by_s3(Sent(Response(502, {}, b"<html>"), None, 1.0)) == "502"
