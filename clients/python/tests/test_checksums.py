"""Checksums of parts and of wholes, against the catalogue's values and against a plain bit-by-bit computation."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_client import checksums
from portway_client.checksums import POLYNOMIALS, combine, decode, encode, preferred, update

CHECK = {"crc64nvme": "rosUhgp5mIg=", "crc32c": "4waSgw==", "crc32": "y/Q5Jg=="}
"""Of the nine bytes `123456789`: the check values of the CRC catalogue."""
ALGORITHMS = st.sampled_from(sorted(CHECK))


def crc(algorithm: str, data: bytes) -> str:
    return encode(algorithm, update(algorithm)(data, 0))


def by_bits(algorithm: str, data: bytes) -> int:
    """The definition, one bit after the other."""
    polynomial, bits = POLYNOMIALS[algorithm]
    ones = (1 << bits) - 1
    value = ones
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ polynomial if value & 1 else value >> 1
    return value ^ ones


@pytest.fixture
def no_awscrt(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation without the extra `crt`."""
    monkeypatch.setitem(sys.modules, "awscrt", None)
    update.cache_clear()
    yield
    update.cache_clear()


@pytest.mark.parametrize(("algorithm", "value"), CHECK.items())
def test_the_check_value_comes_out_however_it_is_cut(algorithm: str, value: str) -> None:
    """`123456789` has its published checksum, in one piece and in any two."""
    text = b"123456789"
    assert crc(algorithm, text) == value
    for cut in range(10):
        assert combine(algorithm, [(crc(algorithm, piece), len(piece)) for piece in (text[:cut], text[cut:])]) == value


@given(ALGORITHMS, st.lists(st.binary(max_size=100), max_size=6))
def test_bytes_may_come_in_pieces_of_any_kind(algorithm: str, pieces: list[bytes]) -> None:
    """Bytes, and windows into a buffer that is used again, give what one reading of all gives."""
    value, buffer = 0, bytearray(100)
    for number, piece in enumerate(pieces):
        buffer[: len(piece)] = piece
        value = update(algorithm)(memoryview(buffer)[: len(piece)] if number % 2 else piece, value)
    assert value == by_bits(algorithm, b"".join(pieces))


@given(ALGORITHMS, st.lists(st.binary(max_size=300), max_size=12))
def test_parts_combine_to_the_checksum_of_the_whole(algorithm: str, pieces: list[bytes]) -> None:
    """Whatever the file and however it is cut, empty pieces included, nobody has to read it again."""
    parts = [(crc(algorithm, piece), len(piece)) for piece in pieces]
    assert combine(algorithm, parts) == crc(algorithm, b"".join(pieces))


@pytest.mark.parametrize("algorithm", CHECK)
def test_ten_thousand_parts_combine(algorithm: str) -> None:
    """S3's largest number of parts, the last one shorter."""
    block, last = b"portway!" * 4, b"end"
    parts = [(crc(algorithm, block), len(block))] * 9_999 + [(crc(algorithm, last), len(last))]
    assert combine(algorithm, parts) == crc(algorithm, block * 9_999 + last)
    assert combine(algorithm, []) == crc(algorithm, b"") == encode(algorithm, 0)


@given(ALGORITHMS, st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 5 << 30)), min_size=3, max_size=3))
def test_parts_of_gigabytes_combine_in_any_order(algorithm: str, pieces: list[tuple[int, int]]) -> None:
    """Up to S3's largest part: the first two joined, then the third, is all three at once."""
    a, b, c = [(encode(algorithm, value), length) for value, length in pieces]
    joined = combine(algorithm, [a, b])
    assert combine(algorithm, [(joined, a[1] + b[1]), c]) == combine(algorithm, [a, b, c])


@given(ALGORITHMS, st.data())
def test_a_value_survives_its_notation(algorithm: str, data: st.DataObject) -> None:
    """Base64 of the big-endian value, there and back."""
    value = data.draw(st.integers(0, (1 << POLYNOMIALS[algorithm][1]) - 1))
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


def test_the_best_checksum_that_is_installed_is_preferred(no_awscrt: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """crc64nvme with the extra `crt`; without it crc32c; never one that is computed in Python."""
    assert preferred() == "crc32c"
    monkeypatch.setattr("google_crc32c.implementation", "python")
    assert preferred() == "crc32"
    monkeypatch.undo()
    assert preferred() == "crc64nvme"


def test_without_the_extra_crc32c_comes_from_the_other_library(no_awscrt: None) -> None:
    """Large buffers, small ones and empty ones; what is missing says which extra to install."""
    data = bytes(range(256)) * 1_000
    assert update("crc32c")(memoryview(data), 7) != update("crc32c")(data, 0)
    assert combine("crc32c", [(crc("crc32c", data), len(data))]) == crc("crc32c", data)
    assert update("crc32c")(b"", 7) == 7
    with pytest.raises(KeyError, match=r"portway-client\[crt\]"):
        update("crc64nvme")


def test_a_slow_checksum_is_told(
    no_awscrt: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where crc32c is computed in Python the log says so, and what to install."""
    monkeypatch.setattr("google_crc32c.implementation", "python")
    assert encode("crc32c", checksums.update("crc32c")(b"123456789", 0)) == CHECK["crc32c"]
    assert "portway-client[crt]" in caplog.text


def test_an_algorithm_that_nobody_knows_is_refused() -> None:
    """Not a crash later, in the middle of a file."""
    for algorithm in ("md5", "sha256", "combine_crc32"):
        with pytest.raises(KeyError):
            update(algorithm)
