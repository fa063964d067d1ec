"""From what S3 holds to a sealed manifest."""

from __future__ import annotations

import pytest

from dev.s3 import checksums
from portway.errors import PartsDiffer, PartsMissing
from portway.model import Status
from portway.parts import MIB
from tests.fakes.uploads import an_upload
from tests.unit.world import CONTENT, World, at


def test_a_sealed_upload_names_its_manifest(world: World) -> None:
    """The list of parts is kept beside the record, which holds its hash and its length."""
    upload = world.sealed()
    assert upload.status is Status.COMPLETING
    assert upload.manifest is not None
    assert upload.manifest.count == 3
    parts = world.sessions.get_manifest(upload.id, upload.manifest)
    assert [(part.number, part.size) for part in parts] == [(1, 4), (2, 4), (3, 2)]
    assert all(part.etag and part.checksum for part in parts)


def test_sealing_gives_whoever_completes_a_minute(world: World) -> None:
    """Then the sweeper takes over, not when the session would have ended."""
    assert world.sealed().due_at == world.clock() + 60_000


def test_the_agreed_checksum_is_sealed_with_the_parts(world: World) -> None:
    """Whoever finishes later gives S3 the same proof."""
    upload = world.sent()
    whole = checksums.b64(checksums.digest("crc64nvme", CONTENT))
    with pytest.raises(PartsDiffer):
        world.sealing.seal(upload, "AAAAAAAAAAA=")
    assert world.record(upload) == upload
    assert world.sealing.seal(upload, whole).checksum == whole


def test_the_second_to_seal_gets_the_record_of_the_first(world: World) -> None:
    """Two completers, one manifest."""
    upload = world.sent()
    first = world.sealing.seal(upload, None)
    assert world.sealing.seal(upload, None) == first == world.record(upload)


def test_ten_thousand_parts_are_listed_page_by_page(world: World) -> None:
    """S3 gives a thousand at once; a gap at the very end is found, too."""
    upload_id = world.objects.start("in/key", "a/b", an_upload().checksum_algorithm, "session")
    upload = at(an_upload(), Status.OPEN, key="in/key", multipart_id=upload_id, size=10_000 * MIB, part_count=10_000)
    for number in range(1, 10_000):
        world.objects.upload_part("in/key", upload_id, number, b"x")
    assert len(world.sealing.stored_parts(upload)) == 9_999
    assert world.script.calls == ["objects.list_parts"] * 10
    with pytest.raises(PartsMissing) as caught:
        world.sealing.seal(upload, None)
    assert caught.value.missing == ((10_000, 10_000),)
