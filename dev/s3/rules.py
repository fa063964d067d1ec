"""What S3 demands of parts, manifests and checksums.

Pure and standard library only, shared with the in-memory fake. CRCs are not computed here: whoever calls brings the
functions that digest bytes and combine CRCs. Checksums are base64 text; algorithms have their lower-case header names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dev.s3.refused import Refused

MIN_PART = 5 * 1024**2  # S3 user guide, "Multipart upload limits"; the last part may be smaller
MAX_PART = 5 * 1024**3
MAX_PARTS = 10_000
MAX_KEY_BYTES = 1024
FULL, COMPOSITE = "FULL_OBJECT", "COMPOSITE"

Combine = Callable[[int, int, int], int]  # crc of A, crc of B, length of B → crc of A‖B
Digest = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One checksum: its digest's width in bytes, the types of a multipart object, the default first.

    `gapless`: parts that carry it must be numbered from 1 without gaps (API_CompletedPart).
    """

    width: int
    types: tuple[str, ...]
    gapless: bool = True


ALGORITHMS: Mapping[str, Algorithm] = {
    "crc64nvme": Algorithm(8, (FULL,), gapless=False),
    "crc32": Algorithm(4, (COMPOSITE, FULL)),
    "crc32c": Algorithm(4, (COMPOSITE, FULL)),
    "sha1": Algorithm(20, (COMPOSITE,)),
    "sha256": Algorithm(32, (COMPOSITE,)),
}
DEFAULT_ALGORITHM = "crc64nvme"  # what S3 computes when nothing is asked for


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as S3 holds it. `checksum` is of the upload's algorithm; `declared` says that the client sent it."""

    number: int
    size: int
    md5: str
    checksum: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class ListedPart:
    """One entry of a CompleteMultipartUpload, with the checksums it names (algorithm → value)."""

    number: int
    etag: str
    checksums: Mapping[str, str] = field(default_factory=dict)


def check_part_number(number: int) -> int:
    """Refused InvalidArgument outside 1…10,000."""
    if not 1 <= number <= MAX_PARTS:
        message = f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive"
        raise Refused(400, "InvalidArgument", message, ArgumentName="partNumber", ArgumentValue=str(number))
    return number


def choose_checksum(algorithm: str | None, kind: str | None) -> tuple[str, str]:
    """Algorithm and type of a new multipart upload from what Create asked for.

    Refused InvalidRequest for an unknown algorithm, a type that it does not allow, or a type alone.
    """
    if algorithm is None:
        if kind is not None:
            raise Refused(400, "InvalidRequest", "x-amz-checksum-type needs x-amz-checksum-algorithm beside it.")
        return DEFAULT_ALGORITHM, FULL
    name = algorithm.lower()
    if name not in ALGORITHMS:
        raise Refused(400, "InvalidRequest", f"Checksum algorithm provided is unsupported: {algorithm}")
    types = ALGORITHMS[name].types
    chosen = kind or types[0]
    if chosen not in types:
        raise Refused(400, "InvalidRequest", f"The {chosen} checksum type cannot be used with the {name} algorithm.")
    return name, chosen


def check_part_algorithm(chosen: str, sent: str | None) -> None:
    """A part may come without a checksum, but not with another algorithm than its upload's: Refused InvalidRequest."""
    if sent is not None and sent != chosen:
        message = f"Checksum Type mismatch occurred, expected checksum Type: {chosen}, actual checksum Type: {sent}"
        raise Refused(400, "InvalidRequest", message)


def check_checksum_text(algorithm: str, value: str) -> str:
    """Refused InvalidRequest unless `value` is base64 of the algorithm's width."""
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != ALGORITHMS[algorithm].width:
        raise Refused(400, "InvalidRequest", f"Value for x-amz-checksum-{algorithm} header is invalid.")
    return value


def check_manifest(
    listed: Sequence[ListedPart],
    stored: Mapping[int, StoredPart],
    *,
    algorithm: str = DEFAULT_ALGORITHM,
    kind: str = FULL,
    minimum: int = MIN_PART,
) -> list[StoredPart]:
    """The stored parts that a Complete names, in order, or the refusal that S3 gives.

    MalformedXML for an empty list, InvalidPartOrder, InvalidPart, InvalidRequest for a missing checksum,
    EntityTooSmall for a part before the last with less than `minimum` bytes.
    """
    _check_order(listed)
    chosen = [_match(part, stored.get(part.number), algorithm, kind) for part in listed]
    _check_gapless(listed, chosen, algorithm)
    for part in chosen[:-1]:
        if part.size < minimum:
            details = {"ProposedSize": str(part.size), "MinSizeAllowed": str(minimum), "PartNumber": str(part.number)}
            message = "Your proposed upload is smaller than the minimum allowed size"
            raise Refused(400, "EntityTooSmall", message, **details)
    return chosen


def _check_order(listed: Sequence[ListedPart]) -> None:
    if not listed:
        raise Refused(400, "MalformedXML", "The XML you provided was not well-formed or did not validate.")
    for part in listed:
        check_part_number(part.number)
    if any(first.number >= second.number for first, second in pairwise(listed)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise Refused(400, "InvalidPartOrder", message)


def _match(listed: ListedPart, stored: StoredPart | None, algorithm: str, kind: str) -> StoredPart:
    wrong = stored is None or listed.etag.strip('"') != stored.md5
    for name, value in listed.checksums.items():
        wrong = wrong or name != algorithm or (stored is not None and value != stored.checksum)
    if stored is None or wrong:
        message = "One or more of the specified parts could not be found, or its entity tag or checksum did not match."
        raise Refused(400, "InvalidPart", message, PartNumber=str(listed.number), ETag=listed.etag)
    if kind == COMPOSITE and stored.declared and algorithm not in listed.checksums:
        message = (
            f"The upload was created using a {algorithm} checksum. The complete request must include the checksum for "
            f"each part. It was missing for part {listed.number} in the request."
        )
        raise Refused(400, "InvalidRequest", message)
    return stored


def _check_gapless(listed: Sequence[ListedPart], stored: Sequence[StoredPart], algorithm: str) -> None:
    carried = any(part.checksums for part in listed) or any(part.declared for part in stored)
    if carried and ALGORITHMS[algorithm].gapless and listed[-1].number != len(listed):
        message = f"Parts with {algorithm} checksums must be numbered consecutively from 1."
        raise Refused(400, "InvalidPartOrder", message)


def check_object_size(parts: Sequence[StoredPart], declared: int | None) -> int:
    """Bytes of the whole; Refused InvalidRequest when `x-amz-mp-object-size` says otherwise."""
    size = sum(part.size for part in parts)
    if declared is not None and declared != size:
        message = (
            f"The provided 'x-amz-mp-object-size' header value {declared} does not match what was computed: {size}"
        )
        raise Refused(400, "InvalidRequest", message)
    return size


def multipart_etag(parts: Sequence[StoredPart]) -> str:
    """MD5 of the parts' MD5s and `-N`, without quotes."""
    digests = b"".join(bytes.fromhex(part.md5) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def full_checksum(parts: Sequence[StoredPart], algorithm: str, combine: Combine) -> str:
    """The FULL_OBJECT value from the parts' CRCs alone; nobody reads the bytes again."""
    crc = 0
    for part in parts:
        crc = combine(crc, int.from_bytes(base64.b64decode(part.checksum), "big"), part.size)
    return base64.b64encode(crc.to_bytes(ALGORITHMS[algorithm].width, "big")).decode()


def composite_checksum(parts: Sequence[StoredPart], digest: Digest) -> str:
    """The COMPOSITE value: digest of the parts' digests and `-N`."""
    digests = b"".join(base64.b64decode(part.checksum) for part in parts)
    return f"{base64.b64encode(digest(digests)).decode()}-{len(parts)}"


def check_object_checksum(
    algorithm: str, kind: str, value: str, declared: Mapping[str, str], declared_kind: str
) -> None:
    """Compare what Complete declares for the whole (algorithm → value, and a type or "") with what was computed.

    Refused BadDigest when the value, the algorithm or the type differs.
    """
    if declared_kind and declared_kind != kind:
        raise Refused(400, "BadDigest", f"The upload's checksum type is {kind}, not {declared_kind}.")
    for name, given in declared.items():
        if name != algorithm or given not in (value, value.partition("-")[0]):
            raise Refused(400, "BadDigest", f"The {name} you specified did not match the calculated checksum.")


def sequencer(count: int) -> str:
    """Event number `count` as S3 writes it: hexadecimal text of one width, so that later sorts later."""
    return f"{count:018X}"
