"""A policy that says `strip`: what is published has no metadata, and what cannot be stripped is not published."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dev.corpus import hostile_images as bad
from dev.s3 import checksums
from portway import policy
from portway.content import Trick
from portway.formats.stripping import stripped
from portway.inspecting import Inspection
from portway.inspectors import structure
from portway.model import Status, Upload
from portway.processing import Outcome
from portway.protocols.native_views import file_view
from portway.reader import Budget
from portway.verdicts import Reason
from tests.fakes.objects import edited
from tests.unit.rules import CONTENT_RULES, POLICY
from tests.unit.sources import Source, reader
from tests.unit.world import World, no_answer

PHOTO = bad.png(bad.chunk(b"eXIf", bad.exif_position()))
UNSTRIPPABLE = bad.tiff_of((0x8825, 4, 1, 200), (270, 2, 20, 8), more=bad.gps())
"""Its description lies over its own directory."""


@pytest.fixture
def world(world: World) -> World:
    """Where pictures are inspected, and lose what they say about places."""
    anything: Any = {**POLICY["categories"]["anything"], "content": {**CONTENT_RULES, Trick.LOCATION: "strip"}}
    policies = policy.load(json.dumps({**POLICY, "categories": {"anything": anything}}))
    looks = {"structure": structure.inspect}
    inspection = Inspection(world.objects, policies, looks, Budget(), world.clock, world._report)
    world.processing = replace(world.processing, inspection=inspection)
    return world


def stored(world: World, data: bytes, content_type: str) -> Upload:
    """An upload of these bytes, which S3 holds."""
    upload = world.stored()
    assert upload.stored
    place = (world.objects.incoming, upload.key)
    held = replace(upload.stored, size=len(data))
    (version,) = world.objects.versions[place]
    world.objects.versions[place] = (replace(version, data=data, stored=replace(held, session=upload.id)),)
    changed = replace(upload, name="a", size=len(data), content_type=content_type, stored=held)
    world.sessions.uploads[upload.id] = changed
    return changed


def test_what_is_published_has_no_position(world: World) -> None:
    """The same pixels; what was uploaded stays as it was, in quarantine."""
    upload = stored(world, PHOTO, "image/png")
    assert world.arrive(upload) is Outcome.PUBLISHED
    source = Source(PHOTO)
    expected = edited(stripped(reader(source), "image/png"), source)
    assert world.files_of(upload) == [expected]
    assert b"eXIf" not in expected
    assert world.objects.versions[world.objects.incoming, upload.key][-1].data == PHOTO


def test_size_and_checksum_are_those_of_what_is_published(world: World) -> None:
    """Whoever downloads the file can compare it; the checksum is a CRC32 then."""
    upload = stored(world, PHOTO, "image/png")
    world.arrive(upload)
    (data,) = world.files_of(upload)
    view = file_view(world.record(upload))
    assert (view.size, view.checksum_algorithm) == (len(data), "crc32")
    assert view.checksum == checksums.b64(checksums.digest("crc32", data))
    (told,) = [event.detail for event in world.announcer.events if event.type == "file.published"]
    assert (told["size"], told["file"]["size"], told["file"]["checksum"]) == (len(PHOTO), len(data), view.checksum)


def test_a_file_that_is_published_as_it_is_has_the_checksum_of_its_upload(world: World) -> None:
    """Nothing was found in it, so nothing is left out."""
    upload = stored(world, bad.png(), "image/png")
    world.arrive(upload)
    view = file_view(world.record(upload))
    assert world.files_of(upload) == [bad.png()]
    assert (view.size, view.checksum_algorithm) == (len(bad.png()), upload.checksum_algorithm)


def test_what_cannot_be_stripped_is_looked_at(world: World) -> None:
    """It is never published with what the policy wants left out."""
    upload = stored(world, UNSTRIPPABLE, "image/tiff")
    assert world.arrive(upload) is Outcome.QUARANTINED
    record = world.record(upload)
    assert (record.status, record.reason) == (Status.QUARANTINED, Reason.IN_REVIEW)
    assert record.verdict is not None
    assert not record.verdict.strip
    assert world.files_of(upload) == []


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_publication_that_broke_off_is_done_again(world: World, side: str) -> None:
    """By the stored verdict, with the same bytes, however far the first try came."""
    upload = stored(world, PHOTO, "image/png")
    getattr(world.script, side)("objects.publish_edited", no_answer)
    with pytest.raises(Exception, match="no answer"):
        world.arrive(upload)
    world.clock.pass_seconds(3600)
    assert world.processing.resume(world.record(upload)) is Outcome.PUBLISHED
    assert len(set(world.files_of(upload))) == 1
