"""The checksums themselves, by awscrt and hashlib; `rules` says what they mean."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

from awscrt import checksums as crt

from dev.s3.rules import ALGORITHMS, Combine

CRCS: Mapping[str, Callable[[bytes, int], int]] = {
    "crc32": crt.crc32,
    "crc32c": crt.crc32c,
    "crc64nvme": crt.crc64nvme,
}
COMBINE: Mapping[str, Combine] = {
    "crc32": crt.combine_crc32,
    "crc32c": crt.combine_crc32c,
    "crc64nvme": crt.combine_crc64nvme,
}


class Running(Protocol):
    """A checksum of what has been seen so far."""

    def update(self, data: bytes, /) -> object: ...

    def digest(self) -> bytes: ...


class Crc:
    """A CRC in hashlib's clothes; the digest is big-endian."""

    def __init__(self, algorithm: str) -> None:
        self._step, self._width, self._value = CRCS[algorithm], ALGORITHMS[algorithm].width, 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._width, "big")


def running(algorithm: str) -> Running:
    """An empty checksum of `algorithm`, lower case; crc64nvme, crc32, crc32c, sha1, sha256 or md5."""
    return Crc(algorithm) if algorithm in CRCS else hashlib.new(algorithm, usedforsecurity=False)


def digest(algorithm: str, data: bytes) -> bytes:
    one = running(algorithm)
    one.update(data)
    return one.digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
