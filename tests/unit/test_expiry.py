"""What becomes of an open upload that nobody touches: nothing is expired that is whole, or whose parts still come."""

from __future__ import annotations

import pytest

from portway.errors import Unavailable
from portway.model import Status
from portway.signing import Form
from tests.unit.world import CONTENT, DAY, HOUR, OWNER, World, cut

QUARTER = 900


def test_a_whole_upload_completes_itself(world: World) -> None:
    """Created with `auto_complete`, all parts sent, the client gone: stored after the first look."""
    upload = world.sent(auto_complete=True)
    world.clock.pass_seconds(QUARTER)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.STORED
    world.arrive(upload)
    assert world.files_of(upload) == [CONTENT]


def test_others_wait_for_their_client(world: World) -> None:
    """Without `auto_complete` a whole upload is the client's to complete, until it expires."""
    upload = world.sent()
    world.clock.pass_seconds(QUARTER)
    assert world.sweeper.sweep().swept == 0
    world.clock.pass_seconds(DAY)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.EXPIRED


def test_it_is_looked_at_ever_more_seldom(world: World) -> None:
    """A part is missing: the looks are at 15, 30, 60 minutes and so on, eight in a day."""
    upload = world.create(auto_complete=True)
    world.send(upload, [1, 2])
    looks = 0
    while world.record(upload).status is Status.OPEN:
        world.clock.now = world.record(upload).due_at or 0
        looks += world.sweeper.sweep().swept
    assert (world.record(upload).status, looks) == (Status.EXPIRED, 8)


def test_the_last_look_completes_before_it_expires(world: World) -> None:
    """Whole at its end: stored, not thrown away."""
    upload = world.create(auto_complete=True)
    for _ in range(7):
        world.clock.now = world.record(upload).due_at or 0
        world.sweeper.sweep()
    for number, body in enumerate(cut(upload), 1):
        world.overwrite(upload, number, body)
    world.clock.now = upload.expires_at
    world.sweeper.sweep()
    assert world.record(upload).status is Status.STORED


def test_a_newer_part_is_activity(world: World) -> None:
    """No request was made for a day, but parts went to S3: a day from the newest one, and then it ends."""
    upload = world.create()
    window = world.uploads.sign_parts(OWNER, upload.id, [1], Form.URLS, {})
    world.clock.pass_seconds(600)
    world.put(window)
    world.clock.now = upload.expires_at
    world.sweeper.sweep()
    record = world.record(upload)
    assert (record.status, record.expires_at) == (Status.OPEN, upload.expires_at + 600_000)
    assert record.due_at == record.expires_at
    world.clock.now = record.expires_at
    world.sweeper.sweep()
    assert world.record(upload).status is Status.EXPIRED


def test_activity_does_not_pass_the_hard_end(world: World) -> None:
    """Seven days after create it is over, whatever still comes."""
    upload = world.create()
    end = upload.created_at + 7 * DAY * 1000
    while world.record(upload).status is Status.OPEN:
        world.clock.now = (world.record(upload).due_at or 0) - 1
        if world.clock.now < end - 1:
            world.overwrite(upload, 1, b"0123")
        world.clock.now += 1
        world.sweeper.sweep()
    assert (world.clock(), world.record(upload).status) == (end, Status.EXPIRED)


def test_a_file_that_is_not_as_declared_is_not_completed(world: World) -> None:
    """The parts make another checksum than create was told: no complete, it waits for its client and expires."""
    upload = world.sent(auto_complete=True, checksum="AAAAAAAAAAA=")
    world.clock.pass_seconds(QUARTER)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.OPEN
    world.clock.pass_seconds(DAY)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.EXPIRED


def test_a_create_that_died_is_kept_for_its_client(world: World) -> None:
    """CREATING may be resumed by the same request until the session ends, also with `auto_complete`."""
    world.script.after("objects.start", lambda: (_ for _ in ()).throw(Unavailable("no answer")))
    with pytest.raises(Unavailable):
        world.create(upload_id="0" * 26, auto_complete=True)
    world.clock.pass_seconds(HOUR)
    world.sweeper.sweep()
    assert world.create(upload_id="0" * 26, auto_complete=True).status is Status.OPEN


def test_parts_that_s3_lost_end_it(world: World) -> None:
    """S3 knows no such upload any more: it can only expire."""
    upload = world.sent(auto_complete=True)
    world.objects.uploads.clear()
    world.clock.pass_seconds(QUARTER)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.EXPIRED


def test_two_looks_at_once_do_no_harm(world: World) -> None:
    """The second sweeper finds it completed."""
    upload = world.sent(auto_complete=True)
    world.clock.pass_seconds(QUARTER)
    world.script.before("sessions.put_manifest", lambda: world.sweeper.sweep())
    world.sweeper.sweep()
    assert world.record(upload).status is Status.STORED
    assert len(world.objects.created) == 1
