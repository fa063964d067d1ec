"""A small file in one signed PUT: two round trips in all, and nothing else than the declared bytes ever counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.errors import PartsMissing, Refused, WrongState
from portway.model import GRACE_MS, SETTLE_MS, Status, Strategy, Upload
from portway.processing import Arrival, Outcome
from portway.signing import Form, Window
from portway.uploads import Created
from tests.fakes.presigned import Answer
from tests.unit.world import AT_ONCE, CONTENT, DAY, HOUR, OWNER, World, declared

FIRST_LOOK = 900


def created(world: World, **changes: object) -> Created:
    """A single upload with its URL."""
    return world.uploads.create(OWNER, declared(**{**AT_ONCE, "window": 1, **changes}))


def put(world: World, window: Window | None, body: bytes = CONTENT) -> Answer:
    """Send the file, as the answer says."""
    assert window is not None
    (batch,) = window.batches
    (url,) = batch.urls()
    return world.door.put(url, body, batch.headers(batch.parts[0]), now=world.clock())


def arrived(world: World, upload: Upload) -> Outcome:
    """The event about the last object under its key."""
    key, version_id = [each for each in world.objects.created if each[0] == upload.key][-1]
    return world.processing.arrived(Arrival(key, version_id))


def faults(world: World, **changes: object) -> set[str]:
    with pytest.raises(Refused) as caught:
        created(world, **changes)
    return {f"{fault.field} {fault.code}" for fault in caught.value.faults}


def test_create_asks_s3_for_nothing(world: World) -> None:
    """The record is open at once; the only write to S3 is the file itself."""
    made = created(world)
    assert (made.upload.status, made.upload.strategy) == (Status.OPEN, Strategy.SINGLE)
    assert not [call for call in world.script.calls if call.startswith("objects.")]


def test_the_event_completes_it(world: World) -> None:
    """Create, PUT: published, without another request."""
    made = created(world)
    assert put(world, made.window).status == 200
    assert arrived(world, made.upload) is Outcome.PUBLISHED
    record = world.record(made.upload)
    assert [step.status for step in record.history] == ["OPEN", "STORED", "PROCESSING", "PUBLISHED"]
    assert world.files_of(record) == [CONTENT]
    assert world.used() == (10, 0)


def test_the_url_is_sent_with_what_was_declared(world: World) -> None:
    """Type, checksum, and the condition that nothing is there yet; the length goes without saying."""
    window = created(world).window
    assert window is not None
    (batch,) = window.batches
    headers = {"content-type": "audio/mpeg", "if-none-match": "*", "x-amz-checksum-crc64nvme": AT_ONCE["checksum"]}
    assert batch.headers(batch.parts[0]) == headers
    assert "SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum" in next(
        iter(batch.urls())
    )


@pytest.mark.parametrize(
    ("changes", "strategy"),
    [
        ({}, Strategy.SINGLE),
        ({"strategy": Strategy.SINGLE}, Strategy.SINGLE),
        ({"strategy": Strategy.MULTIPART}, Strategy.MULTIPART),
        ({"checksum": None}, Strategy.MULTIPART),
        ({"part_size": 9}, Strategy.MULTIPART),
        ({"part_size": 10}, Strategy.SINGLE),
    ],
)
def test_left_to_us_it_is_chosen_where_it_can_be(world: World, changes: dict[str, object], strategy: Strategy) -> None:
    """A file of one part whose checksum is given; everything else goes in parts."""
    assert created(world, **changes).upload.strategy is strategy


def test_what_cannot_go_at_once_is_refused(world: World) -> None:
    """A file of more parts, or one whose checksum is not known: nobody gets another way than he asked for."""
    asked = Strategy.SINGLE
    assert faults(world, strategy=asked, part_size=9) == {"strategy too_large"}
    assert faults(world, strategy=asked, checksum=None) == {"checksum missing"}
    assert world.sessions.uploads == {}


def test_a_second_put_changes_nothing(world: World) -> None:
    """412: it is there already. The client asks the status, and finds it stored."""
    made = created(world)
    assert put(world, made.window).status == 200
    assert put(world, made.window).code == "PreconditionFailed"
    assert len(world.objects.created) == 1
    assert world.uploads.status(OWNER, made.upload.id).missing == ()


@pytest.mark.parametrize("body", [b"", CONTENT[:-1], CONTENT + b"x", CONTENT[::-1]])
def test_other_bytes_are_refused_by_s3(world: World, body: bytes) -> None:
    """Another length breaks the signature, other bytes the checksum."""
    made = created(world)
    assert put(world, made.window, body).status in (400, 403)
    assert world.objects.created == []


def test_complete_may_be_called(world: World) -> None:
    """It waits for nothing, and it may be repeated; before the file is there it says so."""
    made = created(world)
    with pytest.raises(PartsMissing) as caught:
        world.uploads.complete(OWNER, made.upload.id)
    assert caught.value.missing == ((1, 1),)
    put(world, made.window)
    for _ in range(2):
        assert world.uploads.complete(OWNER, made.upload.id).status is Status.STORED
    assert arrived(world, made.upload) is Outcome.PUBLISHED


def test_a_report_completes_it_where_that_was_wished(world: World) -> None:
    """`auto_complete`: the one part is reported, S3 is asked, the file is stored."""
    made = created(world, auto_complete=True)
    assert world.uploads.progress(OWNER, made.upload.id, [(1, 1)]).upload.status is Status.OPEN
    put(world, made.window)
    assert world.uploads.progress(OWNER, made.upload.id, [(1, 1)]).upload.status is Status.STORED


def test_status_and_parts_say_what_s3_holds(world: World) -> None:
    """One part: missing, then there, and after the end what the file was made of."""
    made = created(world)
    seen = world.uploads.status(OWNER, made.upload.id)
    assert (seen.missing, seen.bytes_stored) == (((1, 1),), 0)
    assert world.uploads.stored(OWNER, made.upload.id, 0, 10).parts == ()
    put(world, made.window)
    assert world.uploads.status(OWNER, made.upload.id).bytes_stored == 10
    world.uploads.complete(OWNER, made.upload.id)
    (part,) = world.uploads.stored(OWNER, made.upload.id, 0, 10).parts
    assert (part.number, part.size, part.checksum) == (1, 10, AT_ONCE["checksum"])


def test_it_can_be_signed_again(world: World) -> None:
    """For a client whose URL ended: the same PUT. A template has no place for it, nor has another checksum."""
    made = created(world, window=0)
    assert made.window is None
    window = world.uploads.sign_parts(OWNER, made.upload.id, [1], Form.URLS, {})
    assert put(world, window).status == 200
    for form, checksums in ((Form.TEMPLATE, {}), (Form.URLS, {1: "AAAAAAAAAAA="})):
        with pytest.raises(Refused):
            world.uploads.sign_parts(OWNER, made.upload.id, [1], form, checksums)


def test_a_lost_event_is_made_up_for(world: World) -> None:
    """A quarter of an hour after create the sweeper looks, long before the session ends."""
    made = created(world)
    put(world, made.window)
    world.clock.pass_seconds(FIRST_LOOK)
    world.sweeper.sweep()
    assert world.record(made.upload).status is Status.STORED


def test_a_file_that_comes_at_the_last_moment_is_kept(world: World) -> None:
    """A PUT may begin until the session ends, and be on its way for a while: only then it expires."""
    made = created(world)
    world.clock.pass_seconds(DAY - 1)
    assert put(world, world.signer.sign(made.upload, [1], Form.URLS, {})).status == 200
    world.clock.now = made.upload.expires_at + GRACE_MS
    world.sweeper.sweep()
    assert world.record(made.upload).status is Status.STORED


def test_without_a_file_it_expires(world: World) -> None:
    """After the session and the time for what is on its way, not before; its quota comes back."""
    made = created(world)
    world.clock.now = made.upload.expires_at + GRACE_MS - 1
    world.sweeper.sweep()
    assert world.record(made.upload).status is Status.OPEN
    world.clock.now += 1
    world.sweeper.sweep()
    assert world.record(made.upload).status is Status.EXPIRED
    assert world.used() == (0, 0)


def test_cancelling_removes_what_came(world: World) -> None:
    """Sent, but not yet noticed: the object goes with the upload."""
    made = created(world)
    put(world, made.window)
    assert world.uploads.abort(OWNER, made.upload.id).status is Status.ABORTED
    assert world.objects.head(made.upload.key) is None
    assert arrived(world, made.upload) is Outcome.TOO_LATE


def test_what_comes_after_the_end_is_removed(world: World) -> None:
    """The URL is still good after a cancellation: what comes through it is never a file, and goes with the next sweep,
    as often as it comes; at the last look also without an event."""
    made = created(world)
    world.uploads.abort(OWNER, made.upload.id)
    for _ in range(2):
        assert put(world, made.window).status == 200
        assert arrived(world, made.upload) is Outcome.TOO_LATE
        world.sweeper.sweep()
        assert world.objects.head(made.upload.key) is None
    assert put(world, made.window).status == 200
    world.clock.now += SETTLE_MS + GRACE_MS
    world.sweeper.sweep()
    assert world.objects.head(made.upload.key) is None
    assert world.record(made.upload).due_at is None
    assert (world.record(made.upload).status, world.files_of(made.upload)) == (Status.ABORTED, [])


def test_what_comes_even_after_the_last_look_is_removed(world: World) -> None:
    """Its event makes the record due once more."""
    made = created(world)
    world.uploads.abort(OWNER, made.upload.id)
    world.clock.now += SETTLE_MS + GRACE_MS
    world.sweeper.sweep()
    world.objects.put(made.upload.key, CONTENT)
    assert arrived(world, made.upload) is Outcome.TOO_LATE
    world.sweeper.sweep()
    assert world.objects.head(made.upload.key) is None


def test_the_incoming_copy_stays_while_a_url_may_be_good(world: World) -> None:
    """So that a repeated PUT meets 412, not an empty place: over an hour after the file was published."""
    made = created(world)
    put(world, made.window)
    arrived(world, made.upload)
    world.clock.pass_seconds(HOUR)
    world.sweeper.sweep()
    assert world.objects.head(made.upload.key) is not None
    world.clock.now += GRACE_MS
    world.sweeper.sweep()
    assert world.objects.head(made.upload.key) is None
    assert world.files_of(made.upload) == [CONTENT]


def test_a_removed_file_does_not_come_back(world: World) -> None:
    """Its owner deletes it, then a client repeats its PUT: nothing is published, and the bytes go again."""
    made = created(world)
    put(world, made.window)
    arrived(world, made.upload)
    world.files.delete(OWNER, made.upload.id)
    assert put(world, made.window).status == 200
    assert arrived(world, made.upload) is Outcome.TOO_LATE
    world.clock.now += SETTLE_MS + GRACE_MS
    world.sweeper.sweep()
    assert (world.objects.head(made.upload.key), world.files_of(made.upload)) == (None, [])


def test_an_object_of_another_origin_is_not_taken(world: World) -> None:
    """Not what was declared: nothing is concluded from it, an operator has to look."""
    made = created(world)
    world.objects.put(made.upload.key, b"another")
    assert arrived(world, made.upload) is Outcome.UNEXPECTED
    assert world.record(made.upload).status is Status.OPEN


def test_an_early_event_changes_nothing(world: World) -> None:
    """A hint about an object that is not there."""
    made = created(world)
    assert world.processing.arrived(Arrival(made.upload.key, "version-1")) is Outcome.EARLY


def test_an_ended_one_is_not_signed(world: World) -> None:
    """Neither after complete nor after its session."""
    made = created(world)
    put(world, made.window)
    world.uploads.complete(OWNER, made.upload.id)
    with pytest.raises(WrongState):
        world.uploads.sign_parts(OWNER, made.upload.id, [1], Form.URLS, {})


def test_no_url_outlives_the_session(world: World) -> None:
    """So the end of the session is the end of every URL: what comes later comes from one that began before."""
    made = created(world, window=0)
    world.clock.pass_seconds(DAY - 60)
    fresh = replace(made.upload, expires_at=made.upload.expires_at)
    window = world.signer.sign(fresh, [1], Form.URLS, {})
    assert window.expires_at <= fresh.expires_at


def test_a_contradiction_is_refused_before_anything_exists(world: World) -> None:
    """The only part is the whole file: another checksum for it is a fault of the declaration."""
    found = faults(world, part_checksums={1: "AAAAAAAAAAA="})
    assert (found, world.sessions.uploads, world.used()) == ({"part_checksums.1 contradicts"}, {}, (0, 0))


def test_an_event_that_meets_another_writer_is_not_lost(world: World) -> None:
    """The sweeper looked in the same moment and wrote a new due time: the event tries again."""
    made = created(world)
    world.clock.pass_seconds(8 * HOUR)
    put(world, world.signer.sign(made.upload, [1], Form.URLS, {}))

    def look() -> None:
        later = replace(world.record(made.upload), due_at=world.clock() + 1)
        world.sessions.uploads[made.upload.id] = later

    world.script.before("sessions.save", look)
    assert arrived(world, made.upload) is Outcome.PUBLISHED


def test_a_late_object_is_not_forgotten_beside_a_last_look(world: World) -> None:
    """The look that finds nothing and the event that says otherwise, at once: somebody looks again."""
    made = created(world)
    world.uploads.abort(OWNER, made.upload.id)
    world.objects.put(made.upload.key, CONTENT)

    def last_look() -> None:
        world.sessions.uploads[made.upload.id] = replace(world.record(made.upload), due_at=None)

    world.script.before("sessions.save", last_look)
    assert arrived(world, made.upload) is Outcome.TOO_LATE
    world.sweeper.sweep()
    assert world.objects.head(made.upload.key) is None
