"""What S3 demands of parts, manifests, checksums, policies, CORS rules and ranges."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.s3 import checksums, rules
from dev.s3.refused import Refused
from dev.s3.rules import COMPOSITE, FULL, ListedPart, StoredPart

MINIMUM = 5


def stored(number: int, data: bytes, algorithm: str = "crc64nvme", *, declared: bool = False) -> StoredPart:
    value = checksums.b64(checksums.digest(algorithm, data))
    return StoredPart(number, len(data), hashlib.md5(data).hexdigest(), value, declared)


def listed(part: StoredPart, **checksum: str) -> ListedPart:
    return ListedPart(part.number, f'"{part.md5}"', checksum)


ONE, TWO, SEVEN = stored(1, b"first"), stored(2, b"second"), stored(7, b"x")
HELD = {part.number: part for part in (ONE, TWO, SEVEN)}


def refusal(work: Callable[..., Any], *values: Any, **options: Any) -> str:
    """Status and code of the refusal that `work` ends in."""
    with pytest.raises(Refused) as caught:
        work(*values, **options)
    return f"{caught.value.status} {caught.value.code}"


@pytest.mark.parametrize("number", [0, -1, 10_001])
def test_part_numbers_end_at_ten_thousand(number: int) -> None:
    """1 to 10,000 and nothing else."""
    assert refusal(rules.check_part_number, number) == "400 InvalidArgument"
    assert [rules.check_part_number(edge) for edge in (1, 10_000)] == [1, 10_000]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "400 MalformedXML"),
        ([TWO, ONE], "400 InvalidPartOrder"),
        ([ONE, ONE], "400 InvalidPartOrder"),
        ([stored(3, b"third")], "400 InvalidPart"),
        ([stored(1, b"other")], "400 InvalidPart"),
        ([SEVEN, stored(10_001, b"")], "400 InvalidArgument"),
    ],
)
def test_a_manifest_must_name_what_is_stored_in_order(names: list[StoredPart], expected: str) -> None:
    """Empty, descending, doubled, never sent, replaced since, out of range."""
    manifest = [listed(part) for part in names]
    assert refusal(rules.check_manifest, manifest, HELD, minimum=MINIMUM) == expected


def test_only_the_last_part_may_be_small() -> None:
    """A short part before the last is refused, at the end it is welcome; the minimum is the caller's."""
    manifest = [listed(part) for part in (ONE, TWO, SEVEN)]
    assert rules.check_manifest(manifest, HELD, minimum=MINIMUM) == [ONE, TWO, SEVEN]
    assert refusal(rules.check_manifest, manifest, HELD) == "400 EntityTooSmall"
    assert rules.check_manifest([listed(SEVEN)], HELD) == [SEVEN]


def test_part_checksums_in_the_manifest_are_compared() -> None:
    """A wrong value, or one of another algorithm, is a wrong part."""
    right = listed(ONE, crc64nvme=ONE.checksum)
    assert rules.check_manifest([right], HELD) == [ONE]
    for wrong in (listed(ONE, crc64nvme=TWO.checksum), listed(ONE, crc32="AAAAAA==")):
        assert refusal(rules.check_manifest, [wrong], HELD) == "400 InvalidPart"


@pytest.mark.parametrize("algorithm", list(rules.ALGORITHMS))
@pytest.mark.parametrize("carried", [True, False])
def test_parts_with_checksums_have_no_gaps(algorithm: str, carried: bool) -> None:
    """All algorithms but CRC64NVME want 1, 2, 3, … as soon as a part carries a checksum."""
    parts = [stored(number, b"12345", algorithm, declared=carried) for number in (1, 7)]
    held = {part.number: part for part in parts}
    manifest = [listed(part, **({algorithm: part.checksum} if carried else {})) for part in parts]

    def check() -> list[StoredPart]:
        return rules.check_manifest(manifest, held, algorithm=algorithm, minimum=MINIMUM)

    if carried and algorithm != "crc64nvme":
        assert refusal(check) == "400 InvalidPartOrder"
    else:
        assert check() == parts


def test_a_composite_upload_lists_the_checksums_it_carries() -> None:
    """COMPOSITE parts that came with a checksum must be listed with it."""
    part = stored(1, b"12345", "sha256", declared=True)

    def check() -> list[StoredPart]:
        return rules.check_manifest([listed(part)], {1: part}, algorithm="sha256", kind=COMPOSITE)

    assert refusal(check) == "400 InvalidRequest"


@pytest.mark.parametrize(
    ("algorithm", "kind", "chosen"),
    [
        (None, None, ("crc64nvme", FULL)),
        ("CRC64NVME", None, ("crc64nvme", FULL)),
        ("CRC32", None, ("crc32", COMPOSITE)),
        ("CRC32C", FULL, ("crc32c", FULL)),
        ("SHA256", None, ("sha256", COMPOSITE)),
        ("SHA1", COMPOSITE, ("sha1", COMPOSITE)),
    ],
)
def test_an_upload_has_one_checksum_of_one_type(
    algorithm: str | None, kind: str | None, chosen: tuple[str, str]
) -> None:
    """What Create asks for, with S3's defaults."""
    assert rules.choose_checksum(algorithm, kind) == chosen


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("CRC64NVME", COMPOSITE), ("SHA256", FULL), ("SHA1", FULL), ("MD4", None), (None, FULL)]
)
def test_impossible_checksum_types_are_refused(algorithm: str | None, kind: str | None) -> None:
    """CRC64NVME covers only whole objects, SHA never does; a type needs an algorithm."""
    assert refusal(rules.choose_checksum, algorithm, kind) == "400 InvalidRequest"


def test_a_part_keeps_to_its_uploads_algorithm() -> None:
    """No checksum passes, the same passes, another one is refused."""
    rules.check_part_algorithm("crc32c", None)
    rules.check_part_algorithm("crc32c", "crc32c")
    assert refusal(rules.check_part_algorithm, "crc32c", "crc32") == "400 InvalidRequest"


@pytest.mark.parametrize("value", ["", "xx", "AAAA", "AAAAAAAAAAA=", "not base64!"])
def test_a_checksum_has_its_algorithms_width(value: str) -> None:
    """CRC32 is base64 of four bytes."""
    assert refusal(rules.check_checksum_text, "crc32", value) == "400 InvalidRequest"
    assert rules.check_checksum_text("crc32", "AAAAAA==") == "AAAAAA=="


def test_the_announced_size_must_be_the_sum() -> None:
    """`x-amz-mp-object-size` protects against a manifest that leaves something out."""
    assert rules.check_object_size([ONE, TWO], 11) == rules.check_object_size([ONE, TWO], None) == 11
    assert refusal(rules.check_object_size, [ONE, TWO], 12) == "400 InvalidRequest"


def test_the_objects_checksum_must_match_in_value_algorithm_and_type() -> None:
    """BadDigest for each of the three; a composite value may come without its count."""
    rules.check_object_checksum("crc32", FULL, "AAAAAA==", {"crc32": "AAAAAA=="}, FULL)
    rules.check_object_checksum("sha1", COMPOSITE, "abc=-2", {"sha1": "abc="}, "")
    for declared, kind in (({"crc32": "AAAAAQ=="}, ""), ({"crc32c": "AAAAAA=="}, ""), ({}, COMPOSITE)):
        wrong = refusal(rules.check_object_checksum, "crc32", FULL, "AAAAAA==", declared, kind)
        assert wrong == "400 BadDigest"


def test_the_multipart_etag_is_the_md5_of_the_md5s() -> None:
    """And ends in the number of parts."""
    expected = hashlib.md5(hashlib.md5(b"first").digest() + hashlib.md5(b"second").digest()).hexdigest()
    assert rules.multipart_etag([ONE, TWO]) == f"{expected}-2"


@pytest.mark.parametrize("algorithm", list(checksums.COMBINE))
@given(pieces=st.lists(st.binary(max_size=300), min_size=1, max_size=6))
def test_the_full_checksum_follows_from_the_parts(algorithm: str, pieces: list[bytes]) -> None:
    """The combined CRC is that of the concatenation, empty parts included."""
    parts = [stored(number, data, algorithm) for number, data in enumerate(pieces, 1)]
    whole = checksums.b64(checksums.digest(algorithm, b"".join(pieces)))
    assert rules.full_checksum(parts, algorithm, checksums.COMBINE[algorithm]) == whole


def test_published_check_values() -> None:
    """The catalogue of CRCs says what `123456789` gives."""
    assert checksums.b64(checksums.digest("crc64nvme", b"123456789")) == "rosUhgp5mIg="
    assert checksums.digest("crc32", b"123456789") == zlib.crc32(b"123456789").to_bytes(4, "big")
    assert checksums.digest("crc32c", b"123456789").hex() == "e3069283"


def test_the_composite_checksum_is_the_digest_of_digests() -> None:
    """And ends in the number of parts."""
    parts = [stored(number, data, "sha256") for number, data in ((1, b"a"), (2, b"b"))]
    inner = b"".join(base64.b64decode(part.checksum) for part in parts)
    expected = f"{checksums.b64(hashlib.sha256(inner).digest())}-2"
    assert rules.composite_checksum(parts, lambda data: checksums.digest("sha256", data)) == expected


def test_sequencers_sort_as_text() -> None:
    """A later event of a key has the greater text."""
    values = [rules.sequencer(count) for count in (1, 9, 10, 255, 4096, 10**9)]
    assert values == sorted(values)


def test_the_shared_modules_need_nothing_installed() -> None:
    """The fake judges by the same code and unit tests know no SDK: verifier and rules use the standard library only."""
    command = [sys.executable, "-S", "-c", "import dev.s3.sigv4, dev.s3.rules"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
