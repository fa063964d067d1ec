"""While an upload is open: signing its parts, and hearing how far it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.errors import Busy, Refused, Unavailable, WrongState
from portway.model import Report, Status, Upload, Word
from portway.signing import Form
from tests.fakes.clock import START
from tests.unit.world import CONTENT, DAY, HOUR, OWNER, World, disturbed, no_answer


def sign(world: World, upload: Upload, *numbers: int) -> None:
    world.uploads.sign_parts(OWNER, upload.id, numbers, Form.URLS, {})


def test_signed_parts_are_accepted_by_s3(world: World) -> None:
    """Any selection, in any order; what was sent once may be sent again."""
    upload = world.create()
    world.send(upload, [3, 1])
    world.send(upload, [1, 2])
    assert world.uploads.status(OWNER, upload.id).bytes_stored == len(CONTENT)


def test_signing_asks_neither_s3_nor_for_a_write(world: World) -> None:
    """One read, and the URLs are computed: a thousand windows cost no more."""
    upload = world.create()
    assert world.script.effects(lambda: sign(world, upload, 1)) == ["limiter.take", "sessions.get"]


def test_a_template_and_urls_open_the_same_parts(world: World) -> None:
    """The compact form expands to URLs that S3 takes."""
    upload = world.create()
    world.put(world.uploads.sign_parts(OWNER, upload.id, [1, 2, 3], Form.TEMPLATE, {}))
    assert world.uploads.status(OWNER, upload.id).missing == ()


def test_a_part_bound_to_its_checksum_takes_no_other_bytes(world: World) -> None:
    """S3 compares while the bytes arrive, and refuses the part."""
    upload = world.create()
    window = world.uploads.sign_parts(OWNER, upload.id, [1], Form.URLS, {1: "rosUhgp5mIg="})
    (batch,) = window.batches
    (url,) = batch.urls()
    answer = world.door.put(url, b"0123", batch.headers(batch.parts[0]), now=world.clock())
    assert (answer.status, answer.code) == (400, "BadDigest")


@pytest.mark.parametrize("numbers", [[], [0], [4], [1, 1]])
def test_parts_that_do_not_exist_are_not_signed(world: World, numbers: list[int]) -> None:
    """Refused with the numbers that do; see test_signing for every fault."""
    upload = world.create()
    with pytest.raises(Refused):
        sign(world, upload, *numbers)


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.OPEN}))
def test_only_an_open_upload_is_signed(world: World, status: Status) -> None:
    """Once it is completed, cancelled or expired, nobody gets another URL."""
    upload = world.create()
    world.sessions.uploads[upload.id] = replace(upload, status=status)
    with pytest.raises(WrongState) as caught:
        sign(world, upload, 1)
    assert caught.value.state == status


def test_signing_in_the_first_half_of_a_session_writes_nothing(world: World) -> None:
    """Renewal is cheap: at most two writes a day."""
    upload = world.create()
    world.clock.pass_seconds(DAY // 2)
    sign(world, upload, 1)
    assert world.record(upload) == upload


def test_signing_in_the_second_half_renews_the_session(world: World) -> None:
    """Whoever is still at it has a whole day again."""
    upload = world.create()
    now = world.clock.pass_seconds(DAY // 2 + 1)
    sign(world, upload, 1)
    assert world.record(upload).expires_at == world.record(upload).due_at == now + DAY * 1000


def test_the_seventh_day_is_the_last(world: World) -> None:
    """However diligently it is signed: past the hard end there is no upload, and no URL outlives it."""
    upload = world.create()
    for _ in range(13):
        world.clock.pass_seconds(DAY // 2 + 60)
        if world.clock() < START + 7 * DAY * 1000:
            sign(world, upload, 1)
    assert world.record(upload).expires_at == START + 7 * DAY * 1000
    world.clock.now = START + 7 * DAY * 1000 - 5000
    window = world.uploads.sign_parts(OWNER, upload.id, [1], Form.URLS, {})
    assert window.expires_at == world.record(upload).expires_at
    world.clock.pass_seconds(5)
    with pytest.raises(WrongState, match="expired"):
        sign(world, upload, 1)


def test_an_expired_upload_is_not_renewed(world: World) -> None:
    """The sweeper may come a little later; the client is told at once."""
    upload = world.create()
    world.clock.pass_seconds(DAY)
    with pytest.raises(WrongState) as caught:
        sign(world, upload, 1)
    assert caught.value.state == "EXPIRED"
    assert world.record(upload) == upload


def test_two_renewals_at_once_are_one(world: World) -> None:
    """Who comes second finds the session renewed and signs."""
    upload = world.create()
    now = world.clock.pass_seconds(DAY - HOUR)
    world.script.before("sessions.save", lambda: sign(world, upload, 1))
    sign(world, upload, 2)
    assert world.record(upload).expires_at == now + DAY * 1000


def test_signing_never_renews_an_upload_that_is_being_completed(world: World) -> None:
    """Its due time belongs to whoever completes it."""
    upload = world.sent()
    world.clock.pass_seconds(DAY - HOUR)
    world.script.before("sessions.save", lambda: world.sealing.seal(upload, None))
    with pytest.raises(WrongState):
        sign(world, upload, 1)
    assert world.record(upload).status is Status.COMPLETING


def test_a_record_that_never_stands_still_is_answered_busy(world: World) -> None:
    """The request gives up after some rounds instead of holding the line."""
    upload = world.create()
    world.clock.pass_seconds(DAY - HOUR)
    disturbed(world, upload)
    with pytest.raises(Busy):
        sign(world, upload, 1)


def test_a_report_is_kept_as_a_hint(world: World) -> None:
    """Bundles of ranges, in any order and repeated; the last five are kept for speed."""
    upload = world.create()
    for spans in ([(1, 1)], [(1, 2)], [(3, 3), (1, 1)]):
        world.clock.pass_seconds(1)
        upload = world.uploads.progress(OWNER, upload.id, spans).upload
    assert upload.reported == 0b1110
    assert upload.reports == (Report(START + 1000, 4), Report(START + 2000, 8), Report(START + 3000, 10))
    assert upload.word is Word.IN_PROGRESS
    for _ in range(5):
        upload = world.uploads.progress(OWNER, upload.id, [(1, 1)]).upload
    assert len(upload.reports) == 5


@pytest.mark.parametrize("spans", [[(0, 1)], [(1, 4)], [(2, 1)], [(-1, -1)], [(1, 2), (9, 9)]])
def test_a_report_of_impossible_parts_is_refused(world: World, spans: list[tuple[int, int]]) -> None:
    """Named with the range that exists; nothing is noted."""
    upload = world.create()
    with pytest.raises(Refused) as caught:
        world.uploads.progress(OWNER, upload.id, spans)
    assert (caught.value.faults[0].field, caught.value.faults[0].limit) == ("stored", [1, 3])
    assert world.record(upload) == upload


def test_two_reports_at_once_are_both_kept(world: World) -> None:
    """Parallel senders do not erase each other's parts."""
    upload = world.create()
    world.script.before("sessions.save", lambda: world.uploads.progress(OWNER, upload.id, [(1, 1)]))
    assert world.uploads.progress(OWNER, upload.id, [(3, 3)]).upload.reported == 0b1010


def test_a_report_that_nobody_has_room_for_is_dropped(world: World) -> None:
    """Others write all the time: a hint is not worth an error."""
    upload = world.create()
    disturbed(world, upload)
    assert world.uploads.progress(OWNER, upload.id, [(1, 1)]).upload.reported == 0


def test_a_report_changes_nothing_that_s3_decides(world: World) -> None:
    """A client that claims everything has uploaded nothing."""
    upload = world.create()
    world.uploads.progress(OWNER, upload.id, [(1, 3)])
    assert world.uploads.status(OWNER, upload.id).bytes_stored == 0
    assert world.record(upload).status is Status.OPEN


def test_a_report_after_the_end_is_ignored(world: World) -> None:
    """The last bundle may arrive late; the answer is the upload as it is."""
    upload = world.stored()
    assert world.uploads.progress(OWNER, upload.id, [(1, 3)]).upload == world.record(upload) == upload


def test_the_last_report_completes_an_upload_that_wants_it(world: World) -> None:
    """No second request: S3 is asked, and if everything is there the file is stored."""
    upload = world.sent(auto_complete=True)
    early = world.uploads.progress(OWNER, upload.id, [(1, 2)])
    assert (early.upload.status, early.missing) == (Status.OPEN, None)
    last = world.uploads.progress(OWNER, upload.id, [(3, 3)])
    assert (last.upload.status, last.missing) == (Status.STORED, ())


def test_a_wrong_report_completes_nothing(world: World) -> None:
    """S3 misses a part: the upload stays open, the answer names the part, and the client goes on."""
    upload = world.send(world.create(auto_complete=True), [1, 2])
    wrong = world.uploads.progress(OWNER, upload.id, [(1, 3)])
    assert (wrong.upload.status, wrong.missing) == (Status.OPEN, ((3, 3),))
    world.send(upload, [3])
    assert world.uploads.progress(OWNER, upload.id, [(1, 3)]).upload.status is Status.STORED


def test_a_report_does_not_hide_that_s3_is_still_at_it(world: World) -> None:
    """Unavailable, as from complete: the event or the sweeper finishes."""
    upload = world.sent(auto_complete=True)
    world.script.before("objects.complete", no_answer)
    with pytest.raises(Unavailable):
        world.uploads.progress(OWNER, upload.id, [(1, 3)])
    assert world.record(upload).status is Status.COMPLETING


def test_a_lost_race_for_the_completion_is_no_error(world: World) -> None:
    """Cancelled between the report and its completion: the report was a hint, and is answered."""
    upload = world.sent(auto_complete=True)
    world.script.before("objects.list_parts", lambda: world.uploads.abort(OWNER, upload.id))
    assert world.uploads.progress(OWNER, upload.id, [(1, 3)]).missing is None
    assert world.record(upload).status is Status.ABORTED
