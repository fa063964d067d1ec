"""Bodies, uploads and objects to try a store with."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from awscrt import checksums

from portway.model import ChecksumAlgorithm, Part, StoredObject
from portway.ports import Headers
from tests.contracts.buckets import ObjectBackend, Served

KEY = "in/0123456789abcdef/00000000000000000000000001"
FILE = "files/0123456789abcdef/00000000000000000000000001"
SESSION = "00000000000000000000000001"
CRC64, CRC32C, CRC32 = ChecksumAlgorithm.CRC64NVME, ChecksumAlgorithm.CRC32C, ChecksumAlgorithm.CRC32
INLINE = Headers("audio/wav", "inline", "private")
LARGE, SMALL = bytes(range(256)) * 4096 * 5, b"the last part may be small"
WHOLE = LARGE + SMALL


def crc(data: bytes, algorithm: ChecksumAlgorithm = CRC64) -> str:
    """The checksum in S3's notation."""
    width = 8 if algorithm is CRC64 else 4
    value: int = getattr(checksums, algorithm.value)(data)
    return base64.b64encode(value.to_bytes(width)).decode()


def served(objects: ObjectBackend, bucket: str, key: str, version_id: str) -> Served:
    """An object that must be there."""
    found = objects.served(bucket, key, version_id)
    assert found is not None
    return found


def begun(
    objects: ObjectBackend, bodies: Sequence[bytes], key: str = KEY, algorithm: ChecksumAlgorithm = CRC64
) -> tuple[str, tuple[Part, ...]]:
    """An upload whose parts have arrived, with the parts as S3 lists them."""
    upload_id = objects.store.start(key, "audio/wav", algorithm, SESSION)
    for number, body in enumerate(bodies, 1):
        objects.put_part(key, upload_id, number, body)
    return upload_id, objects.store.list_parts(key, upload_id).parts


def stored(objects: ObjectBackend, bodies: Sequence[bytes] = (LARGE, SMALL), key: str = KEY) -> StoredObject:
    """An object that went through an upload."""
    upload_id, parts = begun(objects, bodies, key)
    return objects.store.complete(key, upload_id, parts, sum(map(len, bodies)), CRC64, None)
