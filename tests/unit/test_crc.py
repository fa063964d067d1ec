"""The checksum of a whole from the checksums of its pieces, against a library that reads every byte."""

from __future__ import annotations

import pytest
from awscrt import checksums
from hypothesis import given
from hypothesis import strategies as st

from portway.crc import combine, decode, encode

WIDTHS = {"crc64nvme": 8, "crc32c": 4, "crc32": 4}
CHECK = {"crc64nvme": "rosUhgp5mIg=", "crc32c": "4waSgw==", "crc32": "y/Q5Jg=="}
"""Of the nine bytes `123456789`: the check values of the CRC catalogue."""
ALGORITHMS = st.sampled_from(sorted(WIDTHS))


def crc(algorithm: str, data: bytes) -> str:
    """awscrt's value in S3's notation."""
    value: int = getattr(checksums, algorithm)(data)
    return encode(algorithm, value)


@pytest.mark.parametrize(("algorithm", "value"), CHECK.items())
def test_the_check_value_comes_out_however_it_is_cut(algorithm: str, value: str) -> None:
    """`123456789` has its published checksum, in one piece and in any two."""
    text = b"123456789"
    assert crc(algorithm, text) == value
    for cut in range(10):
        pieces = [(crc(algorithm, piece), len(piece)) for piece in (text[:cut], text[cut:])]
        assert combine(algorithm, pieces) == value


@given(ALGORITHMS, st.lists(st.binary(max_size=300), max_size=12))
def test_pieces_combine_to_the_checksum_of_the_whole(algorithm: str, pieces: list[bytes]) -> None:
    """Whatever the file and however it is cut, empty pieces included, nobody has to read it again."""
    parts = [(crc(algorithm, piece), len(piece)) for piece in pieces]
    assert combine(algorithm, parts) == crc(algorithm, b"".join(pieces))


@given(ALGORITHMS, st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 5 * 2**30)), min_size=1, max_size=6))
def test_parts_of_gigabytes_combine_like_small_ones(algorithm: str, pieces: list[tuple[int, int]]) -> None:
    """Lengths up to S3's largest part, against the library's own combination."""
    join = getattr(checksums, f"combine_{algorithm}")
    whole = 0
    for value, length in pieces:
        whole = join(whole, value, length)
    assert combine(algorithm, [(encode(algorithm, value), length) for value, length in pieces]) == encode(
        algorithm, whole
    )


@pytest.mark.parametrize("algorithm", WIDTHS)
def test_nothing_has_the_checksum_zero(algorithm: str) -> None:
    """An empty file, of no piece or of empty ones, is as S3 says: 0."""
    zero = encode(algorithm, 0)
    assert combine(algorithm, []) == combine(algorithm, [(zero, 0)] * 3) == crc(algorithm, b"") == zero


@pytest.mark.parametrize("algorithm", WIDTHS)
def test_ten_thousand_parts_combine(algorithm: str) -> None:
    """S3's largest number of parts, the last one shorter."""
    block, last = b"portway!" * 4, b"end"
    parts = [(crc(algorithm, block), len(block))] * 9_999 + [(crc(algorithm, last), len(last))]
    assert combine(algorithm, parts) == crc(algorithm, block * 9_999 + last)


@given(ALGORITHMS, st.data())
def test_a_value_survives_its_notation(algorithm: str, data: st.DataObject) -> None:
    """Base64 of the big-endian value, there and back."""
    value = data.draw(st.integers(0, 2 ** (8 * WIDTHS[algorithm]) - 1))
    assert decode(algorithm, encode(algorithm, value)) == value


@pytest.mark.parametrize(
    ("algorithm", "text"),
    [
        ("crc64nvme", "4waSgw=="),
        ("crc32c", "rosUhgp5mIg="),
        ("crc32", ""),
        ("crc32", "y/Q5Jg"),
        ("crc32", "cbf43926"),
        ("crc32", "y/Q5Jg== "),
        ("crc32", "y_Q5Jg=="),
        ("crc32", "é/Q5Jg=="),
        ("crc32", "y/Q5Jh=="),
    ],
)
def test_what_is_not_a_checksum_is_refused(algorithm: str, text: str) -> None:
    """Another width, hexadecimal, the URL alphabet, a blank or a second spelling of a value is a mistake."""
    with pytest.raises(ValueError):  # noqa: PT011 - any words will do
        decode(algorithm, text)
