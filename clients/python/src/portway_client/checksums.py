"""CRCs of parts, and of a whole from its parts. S3's notation: base64 of the big-endian value.

crc64nvme (S3's own default) comes from awscrt, the extra `crt`; else crc32c from google-crc32c. Both run at more than
10 GB/s in native code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

Update = Callable[[bytes | memoryview, int], int]
"""(bytes, value so far) -> value."""


def preferred() -> str:
    """`crc64nvme` where awscrt is installed, else `crc32c`."""
    raise NotImplementedError


def update(algorithm: str) -> Update:
    """Raises KeyError for an algorithm that this installation cannot compute."""
    raise NotImplementedError


def encode(algorithm: str, value: int) -> str:
    raise NotImplementedError


def decode(algorithm: str, text: str) -> int:
    """ValueError when it is not a value of this algorithm."""
    raise NotImplementedError


def combine(algorithm: str, pieces: Iterable[tuple[str, int]]) -> str:
    """Checksum of the concatenation of pieces, each given as (checksum, length in bytes)."""
    raise NotImplementedError
