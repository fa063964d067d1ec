"""Who sees which uploads, and what they look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portway.errors import NotFound, Refused
from portway.model import Principal, Status, Word
from portway.ports import PartPage
from portway.signing import Form
from tests.unit.world import COLLEAGUE, CONTENT, OWNER, STRANGER, World

USES: dict[str, Callable[[World, Principal, str], Any]] = {
    "owned": lambda world, who, upload_id: world.uploads.owned(who, upload_id),
    "status": lambda world, who, upload_id: world.uploads.status(who, upload_id),
    "stored": lambda world, who, upload_id: world.uploads.stored(who, upload_id, 0, 10),
    "sign": lambda world, who, upload_id: world.uploads.sign_parts(who, upload_id, [1], Form.URLS, {}),
    "progress": lambda world, who, upload_id: world.uploads.progress(who, upload_id, [(1, 1)]),
    "complete": lambda world, who, upload_id: world.uploads.complete(who, upload_id),
    "abort": lambda world, who, upload_id: world.uploads.abort(who, upload_id),
    "published": lambda world, who, upload_id: world.files.published(who, upload_id),
    "link": lambda world, who, upload_id: world.files.link(who, upload_id),
    "delete": lambda world, who, upload_id: world.files.delete(who, upload_id),
}
UNKNOWN = "Z" * 26


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "who", [COLLEAGUE, STRANGER, Principal("acme", "operator", is_operator=True), Principal("globex", "owner")]
)
def test_anothers_upload_is_answered_like_an_unknown_one(world: World, use: str, who: Principal) -> None:
    """Colleague, stranger and operator learn nothing, change nothing, and cost the same single read."""
    upload = world.sent()

    def answer(principal: Principal, upload_id: str) -> tuple[type[Exception], str, list[str]]:
        del world.script.calls[:]
        with pytest.raises(NotFound) as caught:
            USES[use](world, principal, upload_id)
        return type(caught.value), str(caught.value), world.script.calls[:]

    assert answer(who, upload.id) == answer(OWNER, UNKNOWN)
    assert world.record(upload) == upload


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("upload_id", ["", "x", "../" + "0" * 23, "0" * 26 + "\n", "o" * 26])
def test_what_cannot_be_an_id_is_not_looked_up(world: World, use: str, upload_id: str) -> None:
    """The same answer, and neither record nor S3 is asked; guessing is counted where what is asked for is metered."""
    with pytest.raises(NotFound):
        USES[use](world, OWNER, upload_id)
    assert set(world.script.calls) <= {"limiter.take"}


def test_the_status_of_an_open_upload_is_what_s3_holds(world: World) -> None:
    """After a reload, days later or on another device: bytes, percentage, and what is still to be sent."""
    upload = world.create()
    assert world.uploads.status(OWNER, upload.id).word is Word.INITIATED
    world.send(upload, [1, 3])
    seen = world.uploads.status(OWNER, upload.id)
    assert (seen.word, seen.bytes_stored, seen.percentage, seen.missing) == (Word.IN_PROGRESS, 6, 60.0, ((2, 2),))


def test_a_status_knows_speed_and_time_left(world: World) -> None:
    """From the times of the parts in S3, without any report."""
    upload = world.create()
    for number in (1, 2):
        world.clock.pass_seconds(2)
        world.send(upload, [number])
    seen = world.uploads.status(OWNER, upload.id)
    assert (seen.speed, seen.seconds_left) == (2, 1)


def test_the_status_of_a_finished_upload_asks_nobody(world: World) -> None:
    """One read of the record."""
    upload = world.ended()
    assert world.script.effects(lambda: world.uploads.status(OWNER, upload.id)) == ["sessions.get"]
    assert world.uploads.status(OWNER, upload.id).word is Word.COMPLETED


def test_a_status_in_the_moment_of_completion_is_right(world: World) -> None:
    """S3 no longer knows the upload: the record is read again."""
    upload = world.sent()
    world.script.before("objects.list_parts", lambda: world.uploads.complete(OWNER, upload.id))
    seen = world.uploads.status(OWNER, upload.id)
    assert (seen.word, seen.bytes_stored, seen.missing) == (Word.PROCESSING, 10, ())


def test_a_status_does_not_fail_when_s3_lost_the_parts(world: World) -> None:
    """Nothing is stored, and everything is missing."""
    upload = world.sent()
    world.objects.uploads.clear()
    seen = world.uploads.status(OWNER, upload.id)
    assert (seen.bytes_stored, seen.missing) == (0, ((1, 3),))


def test_stored_parts_come_in_pages(world: World) -> None:
    """What S3 has of an open upload, by number."""
    upload = world.sent()
    page = world.uploads.stored(OWNER, upload.id, 0, 2)
    assert ([part.number for part in page.parts], page.more_after) == ([1, 2], 2)
    rest = world.uploads.stored(OWNER, upload.id, 2, 2)
    assert ([(part.number, part.size) for part in rest.parts], rest.more_after) == ([(3, 2)], None)


def test_the_parts_of_a_file_stay_known(world: World) -> None:
    """After complete they come from the manifest, in the same pages."""
    upload = world.stored()
    page = world.uploads.stored(OWNER, upload.id, 1, 1)
    assert ([part.number for part in page.parts], page.more_after) == ([2], 2)
    assert world.uploads.stored(OWNER, upload.id, 2, 1).more_after is None
    assert sum(part.size for part in world.uploads.stored(OWNER, upload.id, 0, 100).parts) == len(CONTENT)


@pytest.mark.parametrize("end", ["abort", "lose"])
def test_an_upload_without_parts_has_an_empty_page(world: World, end: str) -> None:
    """Cancelled, or lost by S3: no error, no parts."""
    upload = world.sent()
    if end == "abort":
        world.uploads.abort(OWNER, upload.id)
    else:
        world.objects.uploads.clear()
    assert world.uploads.stored(OWNER, upload.id, 0, 10) == PartPage(())


def test_a_list_holds_ones_own_uploads_newest_first(world: World) -> None:
    """Page by page to the end; nobody else's are in it."""
    mine = []
    for _ in range(3):
        mine.append(world.create().id)
        world.create(COLLEAGUE)
        world.clock.pass_seconds(1)
    seen, cursor = [], None
    while True:
        page = world.uploads.listed(OWNER, None, cursor, 2)
        seen += [upload.id for upload in page.uploads]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == mine[::-1]


def test_a_list_can_be_narrowed_to_a_status(world: World) -> None:
    """By the public word."""
    cancelled, stored, _ = world.create(), world.stored(), world.create()
    world.uploads.abort(OWNER, cancelled.id)

    def ids(word: Word) -> list[str]:
        return [upload.id for upload in world.uploads.listed(OWNER, word, None, 100).uploads]

    assert ids(Word.CANCELLED) == [cancelled.id]
    assert ids(Word.PROCESSING) == [stored.id]
    assert ids(Word.COMPLETED) == []


def test_a_foreign_cursor_is_refused(world: World) -> None:
    """A cursor is opaque; one that is not ours is a fault of the request."""
    with pytest.raises(Refused):
        world.uploads.listed(OWNER, None, "not ours", 10)


def test_the_history_tells_the_whole_way(world: World) -> None:
    """Each state with its time, in order."""
    upload = world.ended()
    assert [step.status for step in upload.history] == [
        Status.CREATING,
        Status.OPEN,
        Status.COMPLETING,
        Status.STORED,
        Status.PROCESSING,
        Status.PUBLISHED,
    ]
