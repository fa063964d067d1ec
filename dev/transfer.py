"""What a file hashes to, in one pass: as a whole, and in parts."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from awscrt.checksums import combine_crc64nvme, crc64nvme

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """`crcs` is CRC64NVME of each part and `crc` that of the whole, as S3 writes them; `sha256` of the whole in hex."""

    crcs: tuple[str, ...]
    crc: str
    sha256: str


def digests(path: Path, part_size: int) -> Digests:
    """Read the file once."""
    whole, sha256 = 0, hashlib.sha256()
    crcs: list[str] = []
    with path.open("rb", buffering=0) as file:
        while True:
            crc, length = 0, 0
            while length < part_size and (piece := file.read(min(PIECE, part_size - length))):
                crc, length = crc64nvme(piece, crc), length + len(piece)
                sha256.update(piece)
            if length or not crcs:
                crcs.append(_text(crc))
                whole = combine_crc64nvme(whole, crc, length)
            if length < part_size:
                return Digests(tuple(crcs), _text(whole), sha256.hexdigest())


def _text(crc: int) -> str:
    return base64.b64encode(crc.to_bytes(8, "big")).decode()
