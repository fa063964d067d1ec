"""CRCs of parts, and of a whole from its parts. S3's notation: base64 of the big-endian value.

A CRC is a polynomial remainder: crc(A + B) = crc(A) * x^(8 * len(B)) + crc(B) modulo the polynomial (starting and
ending values of all ones cancel out), in the reflected bit order that S3 and zlib use.

crc64nvme (S3's own default) comes from awscrt, the extra `crt`; else crc32c from google-crc32c. One MiB costs 0.03 ms
with awscrt, 0.07 ms with google-crc32c, 0.4 ms with zlib. The libraries are imported when they are first used.
"""

from __future__ import annotations

import base64
import binascii
import logging
import warnings
import zlib
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

log = logging.getLogger(__name__)

Update = Callable[[bytes | memoryview, int], int]
"""(bytes, value so far) -> value. Beginning with 0."""

# reflected polynomial, bits
POLYNOMIALS = {
    "crc64nvme": (0x9A6C9329AC4BC9B5, 64),
    "crc32c": (0x82F63B78, 32),
    "crc32": (0xEDB88320, 32),
}
COPY = 1 << 16
"""Bytes that stay in a core's cache between being copied and being read."""


def preferred() -> str:
    """`crc64nvme` where awscrt is installed, else `crc32c`; `crc32` where crc32c would be computed in Python."""
    if _awscrt("crc64nvme"):
        return "crc64nvme"
    return "crc32c" if _google()[1] else "crc32"


@cache
def update(algorithm: str) -> Update:
    """Raises KeyError for an algorithm that this installation cannot compute."""
    if algorithm == "crc32":
        return zlib.crc32
    found = _awscrt(algorithm) if algorithm in POLYNOMIALS else None
    if found:
        return found
    if algorithm != "crc32c":
        raise KeyError(f"{algorithm} cannot be computed here: is the extra portway-client[crt] installed?")
    extend, is_native = _google()
    if not is_native:
        log.warning("crc32c is computed in Python here, a hundred times slower: install portway-client[crt]")
    return extend


def _awscrt(algorithm: str) -> Update | None:
    """None without awscrt. It reads any buffer without copying, and without holding the interpreter's lock."""
    try:
        from awscrt import checksums
    except ImportError:
        return None
    return getattr(checksums, algorithm, None)


def _google() -> tuple[Update, bool]:
    """crc32c by google-crc32c, and whether it is native. It takes only bytes: copies of what is still in the cache."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import where it is not native; preferred() knows better
        import google_crc32c

    def crc32c(data: bytes | memoryview, value: int = 0) -> int:
        for start in range(0, len(data), COPY):
            value = google_crc32c.extend(value, bytes(data[start : start + COPY]))
        return value

    return crc32c, google_crc32c.implementation == "c"


def encode(algorithm: str, value: int) -> str:
    return base64.b64encode(value.to_bytes(POLYNOMIALS[algorithm][1] // 8, "big")).decode()


def decode(algorithm: str, text: str) -> int:
    """ValueError when it is not a value of this algorithm, or not its only spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(raw) * 8 != POLYNOMIALS[algorithm][1] or base64.b64encode(raw).decode() != text:
        raise ValueError(f"not a {algorithm}")
    return int.from_bytes(raw, "big")


def combine(algorithm: str, pieces: Iterable[tuple[str, int]]) -> str:
    """Checksum of the concatenation of pieces, each given as (checksum, length in bytes). Nothing at all has 0.

    About 10 µs a piece: what a length shifts is remembered.
    """
    whole = 0
    for checksum, length in pieces:
        whole = _multiply(algorithm, _shift(algorithm, length), whole) ^ decode(algorithm, checksum)
    return encode(algorithm, whole)


def _multiply(algorithm: str, a: int, b: int) -> int:
    """a * b modulo the polynomial; the highest bit is x^0."""
    polynomial, bits = POLYNOMIALS[algorithm]
    product, bit = 0, 1 << (bits - 1)
    while a:
        if a & bit:
            product ^= b
            a ^= bit
        bit >>= 1
        b = (b >> 1) ^ polynomial if b & 1 else b >> 1
    return product


@lru_cache(maxsize=64)
def _shift(algorithm: str, length: int) -> int:
    """x^(8 * length) modulo the polynomial, by repeated squaring."""
    bits = POLYNOMIALS[algorithm][1]
    result, power, exponent = 1 << (bits - 1), 1 << (bits - 2), 8 * length
    while exponent:
        if exponent & 1:
            result = _multiply(algorithm, result, power)
        power = _multiply(algorithm, power, power)
        exponent >>= 1
    return result
