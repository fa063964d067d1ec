"""Completing an upload: S3 is asked, what it holds is sealed, and each of its answers has one meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dev.s3 import checksums
from portway.errors import PartsDiffer, PartsMissing, Refused
from portway.model import ChecksumAlgorithm, Status, Upload
from tests.unit.world import CONTENT, OWNER, World

CHECKSUM = checksums.b64(checksums.digest("crc64nvme", CONTENT))
OTHER = "AAAAAAAAAAA="


def complete(world: World, upload: Upload, checksum: str | None = None, size: int | None = None) -> Upload:
    return world.uploads.complete(OWNER, upload.id, checksum, size)


def test_a_completed_upload_is_stored(world: World) -> None:
    """The answer comes when S3 has put the parts together, byte for byte, and the record says so."""
    upload = complete(world, world.sent())
    assert upload.status is Status.STORED
    assert upload == world.record(upload)
    stored = world.objects.head(upload.key)
    assert stored is not None
    assert upload.stored == replace(stored, session=None)
    assert stored.checksum == CHECKSUM
    assert world.objects.read(upload.key, stored.version_id, 0, 100) == CONTENT


def test_the_manifest_is_kept_before_s3_is_asked(world: World) -> None:
    """List, compare, keep the manifest, record, and only then Complete: anybody can finish from there."""
    upload = world.sent()
    assert world.script.effects(lambda: complete(world, upload)) == [
        "sessions.get",
        "objects.list_parts",
        "sessions.put_manifest",
        "sessions.save",
        "sessions.get_manifest",
        "objects.complete",
        "sessions.save",
        "announcer.send",
        "sessions.sent",
    ]


@pytest.mark.parametrize("numbers", [[1, 2, 3], [3, 2, 1], [2, 3, 1, 1]])
def test_parts_may_come_in_any_order(world: World, numbers: list[int]) -> None:
    """Parallel senders finish as they like; a part sent twice counts once."""
    upload = world.create()
    for number in numbers:
        world.send(upload, [number])
    assert complete(world, upload).status is Status.STORED


@pytest.mark.parametrize(
    ("sent", "missing"),
    [([], ((1, 3),)), ([1], ((2, 3),)), ([2], ((1, 1), (3, 3))), ([1, 2], ((3, 3),)), ([3], ((1, 2),))],
)
def test_missing_parts_are_named_and_nothing_changes(
    world: World, sent: list[int], missing: tuple[tuple[int, int], ...]
) -> None:
    """The client sends those and completes again."""
    upload = world.create()
    for number in sent:
        world.send(upload, [number])
    with pytest.raises(PartsMissing) as caught:
        complete(world, upload)
    assert caught.value.missing == missing
    assert world.record(upload) == upload
    world.send(upload)
    assert complete(world, upload).status is Status.STORED


def test_a_part_of_another_size_is_named_and_nothing_changes(world: World) -> None:
    """Signed lengths forbid it; if it is there all the same, the file is not made from it."""
    upload = world.sent()
    world.overwrite(upload, 2, b"abcdef")
    world.overwrite(upload, 3, b"a")
    with pytest.raises(PartsDiffer) as caught:
        complete(world, upload)
    assert [(fault.field, fault.limit, fault.value) for fault in caught.value.faults] == [
        ("parts.2", 4, 6),
        ("parts.3", 2, 1),
    ]
    assert world.record(upload) == upload


def test_a_part_that_does_not_belong_to_the_file_is_named(world: World) -> None:
    """A number past the last one is never signed; it would make another file."""
    upload = world.sent()
    world.overwrite(upload, 5, b"more")
    with pytest.raises(PartsDiffer) as caught:
        complete(world, upload)
    assert [fault.field for fault in caught.value.faults] == ["parts.5"]


@pytest.mark.parametrize("when", ["create", "complete"])
def test_another_checksum_changes_nothing(world: World, when: str) -> None:
    """Known before S3 is asked, from the parts' own checksums: the client may repair the part and complete."""
    upload = world.send(world.create(checksum=CHECKSUM if when == "create" else None), content=b"0123456_89")
    with pytest.raises(PartsDiffer) as caught:
        complete(world, upload, CHECKSUM if when == "complete" else None)
    (fault,) = caught.value.faults
    assert (fault.field, fault.limit) == ("checksum", CHECKSUM)
    assert world.record(upload) == upload
    world.send(upload, [2])
    assert complete(world, upload, CHECKSUM).status is Status.STORED


@pytest.mark.parametrize("algorithm", ChecksumAlgorithm)
def test_the_whole_checksum_is_proved_in_each_algorithm(world: World, algorithm: ChecksumAlgorithm) -> None:
    """S3 computes it over the whole file; the record keeps what S3 found."""
    whole = checksums.b64(checksums.digest(algorithm, CONTENT))
    upload = complete(world, world.sent(checksum_algorithm=algorithm), whole)
    assert upload.stored is not None
    assert (upload.checksum, upload.stored.checksum) == (whole, whole)


@pytest.mark.parametrize(
    ("checksum", "size", "field", "code"),
    [
        (OTHER, None, "checksum", "contradicts"),
        ("short", None, "checksum", "malformed_checksum"),
        ("", None, "checksum", "malformed_checksum"),
        (None, 9, "size", "contradicts"),
    ],
)
def test_complete_may_not_contradict_create(
    world: World, checksum: str | None, size: int | None, field: str, code: str
) -> None:
    """Two different words about one file are refused, and nothing changes."""
    upload = world.sent(checksum=CHECKSUM)
    with pytest.raises(Refused) as caught:
        complete(world, upload, checksum, size)
    assert (field, code) in [(fault.field, fault.code) for fault in caught.value.faults]
    assert world.record(upload) == upload


def test_completing_again_gives_the_same_answer(world: World) -> None:
    """A client that heard no answer repeats, also after the file was published."""
    upload = complete(world, world.sent(), CHECKSUM, 10)
    assert complete(world, upload, CHECKSUM, 10) == upload
    world.arrive(upload)
    assert complete(world, upload).status is Status.PUBLISHED


def test_a_checksum_that_comes_too_late_is_still_compared(world: World) -> None:
    """Completed without one, by a report or another client: whoever asks with another checksum is not told yes."""
    upload = complete(world, world.sent())
    assert complete(world, upload, CHECKSUM) == upload
    with pytest.raises(Refused) as caught:
        complete(world, upload, OTHER, 9)
    assert [(fault.field, fault.limit, fault.value) for fault in caught.value.faults] == [
        ("checksum", CHECKSUM, OTHER),
        ("size", 10, 9),
    ]
    assert world.record(upload) == upload
