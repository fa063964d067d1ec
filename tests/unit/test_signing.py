"""Which parts are signed, for how long, in which form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from portway.errors import Refused
from portway.model import ChecksumAlgorithm, Status, Upload
from portway.presign import PART_NUMBER, SIGNATURE, SignedParts
from portway.signing import Form, PartSigner, Window, checksum_faults, checksum_header
from tests.fakes.clock import START
from tests.fakes.uploads import MIB, an_upload
from tests.unit.world import CREDENTIALS, World, at

OPEN = at(an_upload(), Status.OPEN, multipart_id="an-id")
MANY = replace(OPEN, size=10_000 * 16 * MIB, part_count=10_000)
ONE, TWO = "rosUhgp5mIg=", "AAAAAAAAAAA="


def sign(
    world: World, upload: Upload, numbers: Sequence[int], form: Form, checksums: Mapping[int, str] | None = None
) -> Window:
    return world.signer.sign(upload, numbers, form, checksums or {})


def codes(world: World, upload: Upload, numbers: Sequence[int], form: Form, checksums: Mapping[int, str]) -> set[str]:
    """Field and code of everything that is refused."""
    with pytest.raises(Refused) as caught:
        sign(world, upload, numbers, form, checksums)
    return {f"{fault.field} {fault.code}" for fault in caught.value.faults}


def test_each_part_is_signed_with_its_exact_length(world: World) -> None:
    """In the order asked for; only the last part is shorter."""
    (batch,) = sign(world, OPEN, [3, 1], Form.URLS).batches
    assert [(part.number, part.length) for part in batch.parts] == [(3, 8 * MIB), (1, 16 * MIB)]
    assert len(list(batch.urls())) == 2


def test_parts_with_and_without_checksum_may_be_asked_for_together(world: World) -> None:
    """As full URLs: those with a checksum are bound to it by the header of the upload's algorithm."""
    window = sign(world, OPEN, [1, 2, 3], Form.URLS, {2: ONE})
    bound, free = window.batches
    assert isinstance(bound, SignedParts)
    assert isinstance(free, SignedParts)
    assert [part.number for part in bound.parts] == [2]
    assert [part.number for part in free.parts] == [1, 3]
    assert bound.headers(bound.parts[0]) == {"x-amz-checksum-crc64nvme": ONE}
    assert "content-length%3Bhost%3Bx-amz-checksum-crc64nvme" in bound.template
    assert "content-length%3Bhost&" in free.template


@pytest.mark.parametrize("checksums", [{}, dict.fromkeys(range(1, 10001), ONE)])
def test_one_template_serves_ten_thousand_parts(world: World, checksums: Mapping[int, str]) -> None:
    """All with a checksum, or none: the URL holds only the names of headers."""
    window = sign(world, MANY, range(1, 10_001), Form.TEMPLATE, checksums)
    (batch,) = window.batches
    assert isinstance(batch, SignedParts)
    assert (batch.template.count(PART_NUMBER), batch.template.count(SIGNATURE)) == (1, 1)
    assert len(set(batch.signatures)) == 10_000


@pytest.mark.parametrize(
    ("upload", "numbers", "form", "checksums", "expected"),
    [
        (OPEN, [], Form.URLS, {}, {"numbers empty"}),
        (OPEN, [0], Form.URLS, {}, {"numbers out_of_range"}),
        (OPEN, [4], Form.URLS, {}, {"numbers out_of_range"}),
        (OPEN, [1, 1], Form.URLS, {}, {"numbers repeated"}),
        (MANY, range(1, 1002), Form.URLS, {}, {"range too_many"}),
        (MANY, range(10_001), Form.TEMPLATE, {}, {"range too_many", "range out_of_range"}),
        (OPEN, [1], Form.URLS, {2: ONE}, {"checksums not_asked_for"}),
        (OPEN, [1, 2], Form.TEMPLATE, {1: ONE}, {"checksums mixed"}),
        (OPEN, [1], Form.URLS, {1: "abc"}, {"checksums.1 malformed_checksum"}),
        (OPEN, [1], Form.URLS, {1: ""}, {"checksums.1 malformed_checksum"}),
        (OPEN, [1], Form.URLS, {1: "4waSgw=="}, {"checksums.1 malformed_checksum"}),
        (
            OPEN,
            [1, 9, 9],
            Form.URLS,
            {1: "x", 2: "y"},
            {
                "numbers out_of_range",
                "numbers repeated",
                "checksums not_asked_for",
                "checksums.1 malformed_checksum",
                "checksums.2 malformed_checksum",
            },
        ),
    ],
)
def test_what_cannot_be_signed_is_named_at_once(
    world: World,
    upload: Upload,
    numbers: Sequence[int],
    form: Form,
    checksums: Mapping[int, str],
    expected: set[str],
) -> None:
    """No URL is made while anything is wrong with the request."""
    assert codes(world, upload, numbers, form, checksums) == expected


@pytest.mark.parametrize(
    ("session_seconds", "credentials_seconds", "life"),
    [(86_400, None, 900), (600, None, 600), (86_400, 400, 340), (300, 400, 300), (0.5, None, 1)],
)
def test_urls_end_with_the_first_of_limit_session_and_credentials(
    world: World, session_seconds: float, credentials_seconds: int | None, life: int
) -> None:
    """The answer says when they really end, and what time it is here."""
    ends = credentials_seconds and START + credentials_seconds * 1000
    signer = PartSigner(world.signer.place, lambda: replace(CREDENTIALS, expires_at=ends), 900, world.clock)
    upload = replace(OPEN, expires_at=START + round(session_seconds * 1000))
    window = signer.sign(upload, [1], Form.URLS, {})
    assert (window.expires_at, window.server_time) == (START + life * 1000, START)
    assert f"X-Amz-Expires={life}&" in next(iter(window.batches[0].urls()))


def test_the_end_is_counted_from_the_signed_second(world: World) -> None:
    """A signature knows whole seconds; the answer does not promise the fraction."""
    world.clock.now += 999
    window = sign(world, OPEN, [1], Form.URLS)
    assert (window.expires_at, window.server_time) == (START + 900_000, START + 999)


@pytest.mark.parametrize("algorithm", ChecksumAlgorithm)
def test_the_header_is_that_of_the_uploads_algorithm(algorithm: ChecksumAlgorithm) -> None:
    """One algorithm for each upload, chosen at create."""
    assert checksum_header(replace(OPEN, checksum_algorithm=algorithm)) == f"x-amz-checksum-{algorithm.value}"


@pytest.mark.parametrize(
    ("algorithm", "text", "is_good"),
    [
        ("crc64nvme", None, True),
        ("crc64nvme", ONE, True),
        ("crc32", "y/Q5Jg==", True),
        ("crc32", ONE, False),
        ("crc64nvme", "", False),
        ("crc64nvme", "AE8B14860A799888", False),
    ],
)
def test_a_checksum_is_of_its_algorithm_or_left_out(algorithm: str, text: str | None, is_good: bool) -> None:
    """An empty text is a mistake, not a wish to go without: nobody may believe in a check that does not happen."""
    assert (checksum_faults("checksum", algorithm, text) == []) is is_good
