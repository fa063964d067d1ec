"""A file whose size is told at the end: reserved window by window, measured by S3, and never more than was reserved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from portway.errors import Conflict, PartsDiffer, PartsMissing, PortwayError, QuotaExceeded, Refused
from portway.model import Status, Strategy, Upload
from portway.quotas import Quota
from portway.signing import Form
from tests.unit.world import AMPLE, AT_ONCE, CONTENT, DAY, OWNER, World, declared

FULL = {1: 4, 2: 4}


def opened(world: World, **changes: Any) -> Upload:
    return world.create(size=None, **changes)


def send(world: World, upload: Upload, lengths: Mapping[int, int], content: bytes = CONTENT) -> None:
    """Sign these parts with these lengths, and send them."""
    window = world.uploads.sign_parts(OWNER, upload.id, sorted(lengths), Form.URLS, {}, lengths)
    world.put(window, content)


def refused(action: Callable[[], object]) -> set[str]:
    with pytest.raises(Refused) as caught:
        action()
    return {f"{fault.field} {fault.code}" for fault in caught.value.faults}


def test_nothing_is_counted_but_the_upload_before_a_part_is_signed(world: World) -> None:
    """Create knows no size: one open upload, no bytes, and no URL yet, whatever window was asked for."""
    created = world.uploads.create(OWNER, declared(size=None, window=5))
    assert (created.window, created.upload.part_count, world.used()) == (None, 0, (0, 1))


def test_a_stream_is_published_as_it_was_sent(world: World) -> None:
    """Parts as they come, the last one shorter, the size at the end."""
    upload = opened(world)
    send(world, upload, FULL)
    assert world.used() == (8, 1)
    send(world, upload, {3: 2})
    assert world.used() == (10, 1)
    assert world.uploads.complete(OWNER, upload.id, size=10).status is Status.STORED
    world.arrive(upload)
    assert world.files_of(upload) == [CONTENT]
    record = world.record(upload)
    assert (record.size, record.part_count, record.is_open_ended, world.used()) == (10, 3, False, (10, 0))


def test_what_was_reserved_and_not_sent_comes_back(world: World) -> None:
    """A window of four parts was signed, the stream ended in the second."""
    upload = opened(world)
    window = world.uploads.sign_parts(OWNER, upload.id, [1, 2, 3, 4], Form.URLS, {}, dict.fromkeys((1, 2, 3, 4), 4))
    assert world.used() == (16, 1)
    assert window is not None
    send(world, upload, {1: 4})
    world.overwrite(world.record(upload), 2, b"45")
    assert world.uploads.complete(OWNER, upload.id, size=6).status is Status.STORED
    assert world.used() == (6, 1)


def test_an_empty_stream_is_an_empty_file(world: World) -> None:
    """One part of no bytes."""
    upload = opened(world)
    send(world, upload, {1: 0}, b"")
    assert world.uploads.complete(OWNER, upload.id, size=0).status is Status.STORED
    assert world.record(upload).part_count == 1


@pytest.mark.parametrize(
    ("numbers", "lengths", "found"),
    [
        ([1], {}, {"lengths missing"}),
        ([1, 2], {1: 4}, {"lengths missing"}),
        ([1], {1: 4, 2: 4}, {"lengths not_asked_for"}),
        ([1], {1: 5}, {"lengths.1 out_of_range"}),
        ([1], {1: -1}, {"lengths.1 out_of_range"}),
        ([2], {2: 0}, {"lengths.2 out_of_range"}),
        ([1, 2], {1: 3, 2: 4}, {"lengths.1 out_of_range"}),
        ([0], {0: 4}, {"numbers out_of_range"}),
        ([10_001], {10_001: 4}, {"numbers out_of_range"}),
        ([200], {200: 4}, {"size too_large"}),
    ],
)
def test_lengths_that_no_file_can_have_are_refused(
    world: World, numbers: Sequence[int], lengths: Mapping[int, int], found: set[str]
) -> None:
    """Only the last part may be shorter, none may be longer, and the category has a limit; nothing is reserved then."""
    upload = opened(world)
    assert refused(lambda: world.uploads.sign_parts(OWNER, upload.id, numbers, Form.URLS, {}, lengths)) == found
    assert world.used() == (0, 1)


def test_a_part_signed_as_the_last_one_has_nothing_behind_it(world: World) -> None:
    """Unless it is signed again with its whole length."""
    upload = opened(world)
    send(world, upload, {1: 2})
    sign = world.uploads.sign_parts
    assert refused(lambda: sign(OWNER, upload.id, [2], Form.URLS, {}, {2: 4})) == {"numbers behind_the_last"}
    send(world, upload, {1: 4, 2: 4})
    send(world, upload, {3: 2})
    assert world.uploads.complete(OWNER, upload.id, size=10).status is Status.STORED


def test_a_shorter_last_part_gives_nothing_back_before_the_end(world: World) -> None:
    """The longer URL may still be used: what it could bring stays reserved."""
    upload = opened(world)
    send(world, upload, {1: 4})
    send(world, upload, {1: 2})
    assert world.used() == (4, 1)
    assert world.uploads.complete(OWNER, upload.id, size=2).status is Status.STORED
    assert world.used() == (2, 1)


def test_lengths_of_a_file_of_known_size_are_refused(world: World) -> None:
    """Its plan is fixed: nobody may believe that another length was signed."""
    upload = world.create()
    sign = world.uploads.sign_parts
    assert refused(lambda: sign(OWNER, upload.id, [1], Form.URLS, {}, {1: 4})) == {"lengths not_asked_for"}


@pytest.mark.parametrize("what", [{"auto_complete": True}, {**AT_ONCE, "strategy": Strategy.SINGLE}])
def test_what_needs_the_size_is_refused(world: World, what: dict[str, Any]) -> None:
    """Nobody could complete it by itself, and one PUT has a signed length."""
    assert {each.split()[1] for each in refused(lambda: opened(world, **what))} == {"needs_size"}


@pytest.mark.parametrize(("size", "found"), [(None, "missing"), (9, "not_signed"), (-1, "too_small")])
def test_complete_wants_the_size(world: World, size: int | None, found: str) -> None:
    """At most what was signed; a wrong answer changes nothing."""
    upload = opened(world)
    send(world, upload, FULL)
    assert refused(lambda: world.uploads.complete(OWNER, upload.id, size=size)) == {f"size {found}"}
    assert world.record(upload).status is Status.OPEN


def test_a_size_that_s3_contradicts_changes_nothing(world: World) -> None:
    """Parts missing, parts too many, a last part of another length: named, and the upload goes on."""
    upload = opened(world)
    send(world, upload, {**FULL, 3: 2})
    for size, error in ((8, PartsDiffer), (9, PartsDiffer)):
        with pytest.raises(error):
            world.uploads.complete(OWNER, upload.id, size=size)
    send(world, upload, {3: 4}, CONTENT + b"xy")
    world.uploads.sign_parts(OWNER, upload.id, [4], Form.URLS, {}, {4: 4})
    with pytest.raises(PartsMissing) as caught:
        world.uploads.complete(OWNER, upload.id, size=16)
    assert caught.value.missing == ((4, 4),)
    assert world.uploads.complete(OWNER, upload.id, size=12).status is Status.STORED


def test_a_window_needs_room(world: World) -> None:
    """The quota is asked before anybody gets a URL; what does not fit is not signed, the rest stays as it was."""
    tight = World(quota=Quota(10, 3), tenant_quota=AMPLE)
    upload = opened(tight)
    send(tight, upload, FULL)
    with pytest.raises(QuotaExceeded) as caught:
        tight.uploads.sign_parts(OWNER, upload.id, [3], Form.URLS, {}, {3: 4})
    assert (caught.value.used, caught.value.limit, caught.value.wanted) == (8, 10, 4)
    assert (tight.used(), tight.record(upload).size) == ((8, 1), 8)
    send(tight, upload, {3: 2})


def test_two_windows_at_once_are_counted_once_each(world: World) -> None:
    """Another request reserves in between: the second looks again, and counts what is new."""
    upload = opened(world)
    sign = world.uploads.sign_parts
    world.script.before("sessions.save", lambda: sign(OWNER, upload.id, [1, 2, 3], Form.URLS, {}, {1: 4, 2: 4, 3: 4}))
    sign(OWNER, upload.id, [1, 2], Form.URLS, {}, FULL)
    assert (world.record(upload).size, world.used()) == (12, (12, 1))


def test_signing_the_same_again_reserves_nothing(world: World) -> None:
    """A repeated request, or a part of an earlier window: no write at all."""
    upload = opened(world)
    send(world, upload, FULL)
    saves = world.script.calls.count("sessions.save")
    send(world, upload, {1: 4})
    assert (world.script.calls.count("sessions.save"), world.used()) == (saves, (8, 1))


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_its_end_gives_everything_back(world: World, end: str) -> None:
    """Also what was reserved after the one who ends it had read the record."""
    upload = opened(world)
    send(world, upload, FULL)
    more = {3: 4}
    if end == "expired":
        world.clock.pass_seconds(DAY)
    else:
        world.script.before(
            "sessions.save", lambda: world.uploads.sign_parts(OWNER, upload.id, [3], Form.URLS, {}, more)
        )
        world.uploads.abort(OWNER, upload.id)
    world.sweeper.sweep()
    assert world.record(upload).status in (Status.ABORTED, Status.EXPIRED)
    assert world.used() == (0, 0)


def test_its_status_says_what_is_known(world: World) -> None:
    """Bytes that arrived and parts that are missing of those signed; no percentage of an unknown whole."""
    upload = opened(world)
    send(world, upload, FULL)
    world.uploads.sign_parts(OWNER, upload.id, [3], Form.URLS, {}, {3: 4})
    seen = world.uploads.status(OWNER, upload.id)
    assert (seen.bytes_stored, seen.percentage, seen.seconds_left, seen.missing) == (8, None, None, ((3, 3),))


def test_a_lost_answer_of_the_reservation_is_harmless(world: World) -> None:
    """The write took effect, the client heard nothing and asks again: counted once."""

    def lost() -> None:
        raise Conflict(world.record(upload))

    upload = opened(world)
    world.script.after("sessions.save", lost)
    try:
        world.uploads.sign_parts(OWNER, upload.id, [1, 2], Form.URLS, {}, FULL)
    except PortwayError:
        send(world, upload, FULL)
    assert world.used() == (8, 1)
