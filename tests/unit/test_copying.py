"""A file that is too large for one request is copied in parts, in turns, by whoever is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from portway import policy
from portway.copying import Turns
from portway.errors import PartsChanged, Unavailable
from portway.model import CopyRef, Status, Upload
from portway.parts import GIB, Limits
from portway.processing import Outcome
from tests.unit.world import CONTENT, HOUR, LARGE, OWNER, Killed, World, killed, no_answer

LEASE = 360


@pytest.fixture
def world() -> World:
    """A turn has time for two of the three parts."""
    return World(turns=LARGE)


def shown(upload: Upload) -> str:
    return policy.published_key(upload.tenant, upload.id)


def half_way(world: World) -> Upload:
    """One turn is over, and the lease was given back."""
    upload = world.stored()
    assert world.arrive(upload) is Outcome.UNFINISHED
    return world.record(upload)


def parts_of(world: World, upload: Upload) -> list[int]:
    """The parts that its copy has."""
    assert upload.copying
    return sorted(world.objects.uploads[upload.copying.multipart_id].parts)


def test_a_turn_that_is_over_is_given_back(world: World) -> None:
    """Nobody holds it, it is due at once, and nothing of it can be read yet."""
    upload = half_way(world)
    assert (upload.status, upload.holder, upload.due_at) == (Status.PROCESSING, None, world.clock())
    assert (parts_of(world, upload), world.files_of(upload)) == ([1, 2], [])


def test_the_next_one_goes_on_where_the_last_one_stopped(world: World) -> None:
    """Without inspecting again, without copying a part again, and as no death: one whole object comes of it."""
    upload = half_way(world)
    calls = world.script.effects(lambda: world.processing.resume(upload))
    assert calls.count("copies.copy") == 1
    assert not {"copies.begin", "objects.head"} & set(calls)
    done = world.record(upload)
    assert (done.status, done.deaths, world.files_of(upload)) == (Status.PUBLISHED, 0, [CONTENT])


def test_a_sweep_takes_as_many_turns_as_it_has_time_for(world: World) -> None:
    """What needs another turn is due again, behind everything else."""
    upload = half_way(world)
    other = world.stored(upload_id="1" * 26)
    world.clock.pass_seconds(2 * HOUR)
    world.sweeper.sweep()
    assert {world.record(each).status for each in (upload, other)} == {Status.PUBLISHED}


def test_a_turn_lasts_as_long_as_there_is_time() -> None:
    """A worker with time copies batch after batch."""
    world = World(turns=replace(LARGE, at_once=1, milliseconds=1000))
    upload = world.ended()
    assert (upload.status, world.script.calls.count("copies.copy")) == (Status.PUBLISHED, 3)


def test_the_copy_is_served_under_our_headers(world: World) -> None:
    """As by a copy of the whole: type, disposition, Cache-Control of the policy; and the checksum is carried over."""
    upload = half_way(world)
    world.processing.resume(upload)
    published = world.record(upload).published
    assert published is not None
    seen = world.objects.version(published.bucket, published.key, published.version_id)
    assert seen is not None
    assert upload.stored is not None
    assert (seen.content_type, seen.cache_control) == ("audio/mpeg", "private, max-age=60")
    assert (seen.disposition or "").startswith("inline")
    assert seen.stored.checksum == upload.stored.checksum


@pytest.mark.parametrize("moment", ["copies.begin", "copies.list_parts", "copies.copy", "copies.complete"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_worker_that_dies_anywhere_is_followed(world: World, moment: str, side: str) -> None:
    """Whoever comes next finishes: one object, and after the last look nothing that was left is paid for."""
    upload = world.stored()
    getattr(world.script, side)(moment, killed)
    try:
        world.arrive(upload)
        world.processing.resume(world.record(upload))
    except Killed:
        world.clock.pass_seconds(LEASE)
    for _ in range(3):
        world.processing.resume(world.record(upload))
    assert (world.record(upload).status, world.files_of(upload)) == (Status.PUBLISHED, [CONTENT])
    world.clock.pass_seconds(2 * HOUR)
    world.sweeper.sweep()
    assert world.objects.uploads == {}


def test_a_slow_worker_and_his_follower_make_one_object(world: World) -> None:
    """They copy into the same upload; whoever comes second finds that it was completed, and that the record says so."""
    upload = half_way(world)

    def overtake() -> None:
        world.clock.pass_seconds(LEASE)
        assert world.processing.resume(world.record(upload)) is Outcome.PUBLISHED

    world.script.before("copies.copy", overtake)
    assert world.processing.resume(upload) is Outcome.DUPLICATE
    assert world.files_of(upload) == [CONTENT]


def test_a_worker_whose_lease_was_taken_takes_his_copy_back(world: World) -> None:
    """Two begin at once: the one whose id is not on the record ends it."""
    upload = world.stored()

    def overtake() -> None:
        world.clock.pass_seconds(LEASE)
        world.processing.resume(world.record(upload))

    world.script.after("copies.begin", overtake)
    world.arrive(upload)
    assert len(world.objects.open_uploads(shown(upload))) == 1


def test_a_copy_whose_completion_was_not_heard_is_found(world: World) -> None:
    """S3 does not know the upload any more, because it made the object."""
    upload = half_way(world)
    world.script.after("copies.complete", no_answer)
    with pytest.raises(Unavailable):
        world.processing.resume(upload)
    world.clock.pass_seconds(LEASE)
    assert world.processing.resume(world.record(upload)) is Outcome.PUBLISHED
    assert world.files_of(upload) == [CONTENT]


def lose(world: World, upload: Upload) -> None:
    """S3's lifecycle rule ends the copy."""
    assert upload.copying
    world.objects.abort(shown(upload), upload.copying.multipart_id)


def spoil(world: World, upload: Upload) -> None:
    """A part of it is not what it should be."""
    assert upload.copying
    world.objects.upload_part(shown(upload), upload.copying.multipart_id, 1, b"wxyz")


@pytest.mark.parametrize("harm", [lose, spoil])
def test_a_copy_that_cannot_be_completed_is_begun_anew(world: World, harm: Callable[[World, Upload], None]) -> None:
    """A minute later. What is published is whole all the same: S3 proves size and checksum."""
    upload = half_way(world)
    harm(world, upload)
    with pytest.raises(Unavailable):
        world.processing.resume(upload)
    assert (world.record(upload).copying, world.record(upload).holder) == (None, None)
    world.clock.pass_seconds(60)
    for _ in range(2):
        world.processing.resume(world.record(upload))
    done = world.record(upload)
    assert (done.status, world.files_of(upload)) == (Status.PUBLISHED, [CONTENT])
    assert [(each.action, each.code) for each in done.attempts] == [("process", "unavailable")]
    assert world.objects.uploads == {}


def test_the_cuts_are_those_of_the_record(world: World) -> None:
    """A deployment in the middle changes how other files are cut, not this one."""
    upload = half_way(world)
    assert upload.copying == CopyRef(upload.copying.multipart_id if upload.copying else "", 4)
    other = replace(world.processing.publishing.copying, turns=replace(LARGE, copy_bytes=5))
    publishing = replace(world.processing.publishing, copying=other)
    assert replace(world.processing, publishing=publishing).resume(upload) is Outcome.PUBLISHED
    assert world.files_of(upload) == [CONTENT]


def test_a_source_that_is_gone_is_not_copied(world: World) -> None:
    """Somebody removed the stored version: nothing is published, and the message comes again."""
    upload = half_way(world)
    world.objects.versions.pop((world.objects.incoming, upload.key))
    with pytest.raises(PartsChanged):
        world.processing.resume(upload)
    assert world.files_of(upload) == []


def test_a_removed_file_leaves_nothing_of_its_copies(world: World) -> None:
    """Neither versions nor uploads, also of a worker who began one late."""
    upload = half_way(world)
    world.processing.resume(upload)
    stray = world.copies.begin(
        shown(upload), world.processing.publishing.headers(upload, "a/b"), upload.checksum_algorithm
    )
    world.files.delete(OWNER, upload.id)
    assert stray in world.objects.uploads
    world.clock.pass_seconds(2 * HOUR)
    world.sweeper.sweep()
    assert (world.objects.uploads, world.files_of(upload)) == ({}, [])


@pytest.mark.parametrize("size", [GIB + 1, 5 * GIB, 9_999 * GIB, 20_000 * GIB, Limits().max_object])
def test_any_file_that_s3_keeps_can_be_cut(size: int) -> None:
    """At most 10,000 parts of at most 5 GiB; 1 GiB each until that is too many."""
    part_size = Turns().part_size(size)
    assert -(-size // part_size) <= 10_000
    assert (part_size == GIB) is (size <= 10_000 * GIB)
    assert part_size <= 5 * GIB
