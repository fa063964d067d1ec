"""A published file: where it is, a URL to read it, its removal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from portway import policy
from portway.errors import Busy, Gone, PartsChanged, Unavailable, WrongState
from portway.files import MOST_THROUGH
from portway.model import Status, Upload
from portway.ports import Headers
from tests.fakes.clock import START
from tests.unit.world import CONTENT, CREDENTIALS, DAY, HOUR, INFECTED, OWNER, World, disturbed, no_answer


def removed(world: World, upload: Upload) -> bool:
    """No version anywhere, no byte counted, and the record says when."""
    record = world.record(upload)
    held = [version for versions in world.objects.versions.values() for version in versions]
    return bool(record.removed_at) and held == [] and world.used() == (0, 0)


def test_a_published_file_can_be_downloaded_by_its_link(world: World) -> None:
    """The URL serves exactly the published bytes, with our type and the file's own name."""
    upload = world.ended(name="Grüße.mp3")
    link = world.files.link(OWNER, upload.id)
    answer = world.door.get(link.url, now=world.clock())
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["content-disposition"] == (
        "inline; filename=\"Gr__e.mp3\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.mp3"
    )


def test_a_link_names_one_version(world: World) -> None:
    """Whatever happens to the key later, this URL serves what was inspected."""
    upload = world.ended()
    assert upload.published is not None
    query = parse_qs(urlsplit(world.files.link(OWNER, upload.id).url).query)
    assert query["versionId"] == [upload.published.version_id]
    assert query["response-content-type"] == ["audio/mpeg"]


def through(world: World) -> World:
    """The same world with a CDN in front of published files."""
    world.files = replace(world.files, place=replace(world.files.place, through="files.example.com"))
    return world


def test_a_link_leads_through_the_host_that_stands_before_the_bucket(world: World) -> None:
    """Which hands path and query on as they are: the bucket gets exactly what was signed for it."""
    upload = through(world).ended()
    link, host = world.files.link(OWNER, upload.id), world.files.place.host
    assert urlsplit(link.url).netloc == "files.example.com"
    assert link.url.startswith("https://")
    handed_on = link.url.replace("files.example.com", host, 1)
    assert world.door.get(handed_on, now=world.clock()).body == CONTENT
    changed = handed_on.replace("audio%2Fmpeg", "text%2Fhtml")
    assert changed != handed_on
    assert world.door.get(changed, now=world.clock()).status == 403


def test_a_file_that_a_cdn_does_not_hand_on_is_read_from_the_bucket(world: World) -> None:
    """Beyond the largest answer of CloudFront."""
    upload = through(world).ended()
    for size, host in ((MOST_THROUGH, "files.example.com"), (MOST_THROUGH + 1, world.files.place.host)):
        world.sessions.uploads[upload.id] = replace(world.record(upload), size=size)
        assert urlsplit(world.files.link(OWNER, upload.id).url).netloc == host


@pytest.mark.parametrize(("credentials_seconds", "life"), [(None, 900), (600, 540), (10_000, 900)])
def test_a_link_says_when_it_ends(world: World, credentials_seconds: int | None, life: int) -> None:
    """After fifteen minutes, or with the credentials that signed it."""
    upload = world.ended()
    ends = credentials_seconds and START + credentials_seconds * 1000
    world.credentials = replace(CREDENTIALS, expires_at=ends)
    link = world.files.link(OWNER, upload.id)
    assert (link.expires_at, link.server_time) == (START + life * 1000, START)
    assert world.door.get(link.url, now=link.expires_at - 1000).status == 200
    assert world.door.get(link.url, now=link.expires_at + 1000).status == 403


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PUBLISHED}))
def test_what_is_not_published_has_no_link(world: World, status: Status) -> None:
    """Not yet, or never: the status of the upload says which. A quarantined file is read by nobody."""
    upload = replace(world.create(), status=status)
    world.sessions.uploads[upload.id] = upload
    for use in (world.files.published, world.files.link):
        with pytest.raises(WrongState) as caught:
            use(OWNER, upload.id)
        assert caught.value.state == status


@pytest.mark.parametrize("is_rejected", [False, True])
def test_a_deleted_file_is_gone_everywhere(world: World, is_rejected: bool) -> None:
    """Both buckets, every version, and its bytes come back to the owner; a quarantined file can be deleted, too."""
    world.objections = [INFECTED] if is_rejected else []
    upload = world.ended()
    assert world.files.delete(OWNER, upload.id).removed_at == START
    assert removed(world, upload)
    with pytest.raises(Gone):
        world.files.published(OWNER, upload.id)
    with pytest.raises(Gone):
        world.files.link(OWNER, upload.id)


def test_deleting_again_changes_nothing(world: World) -> None:
    """The same answer, quota given back once, nothing told twice."""
    upload = world.ended()
    told = world.told()
    first = world.files.delete(OWNER, upload.id)
    assert world.script.effects(lambda: world.files.delete(OWNER, upload.id)) == ["sessions.get"]
    assert world.record(upload) == first
    assert world.used() == (0, 0)
    assert world.told() == told


def test_the_intent_is_written_before_a_byte_is_deleted(world: World) -> None:
    """From then on nobody gets a link, and the sweeper finishes what stops half way."""
    upload = world.ended()
    calls = world.script.effects(lambda: world.files.delete(OWNER, upload.id))
    assert calls[:2] == ["sessions.get", "sessions.save"]
    assert set(calls[2:4]) == {"objects.delete", "objects.unpublish"}
    assert calls[4:] == ["sessions.save", "announcer.send", "sessions.sent"]


def test_a_removed_file_does_not_come_back(world: World) -> None:
    """A worker that was paused before its copy wakes up after the removal: there is nothing left to copy."""
    upload = world.stored()

    def finish_and_remove() -> None:
        world.clock.pass_seconds(HOUR)
        world.processing.resume(world.record(upload))
        world.files.delete(OWNER, upload.id)

    world.script.before("objects.publish", finish_and_remove)
    with pytest.raises(PartsChanged):
        world.arrive(upload)
    assert removed(world, upload)


def test_a_copy_in_the_middle_of_a_removal_is_not_overlooked(world: World) -> None:
    """The source goes before the copies: whoever still copied it in time has made what is removed next."""
    upload = world.ended()
    assert upload.stored is not None
    stored, to_key = upload.stored, policy.published_key(upload.tenant, upload.id)

    def copy_late() -> None:
        with suppress(PartsChanged):
            world.objects.publish(upload.key, stored, to_key, Headers("a/b", "inline", "private"))

    world.script.after("objects.unpublish", copy_late)
    world.files.delete(OWNER, upload.id)
    assert removed(world, upload)


@pytest.mark.parametrize(
    ("moment", "nth"),
    [("sessions.save", 1), ("objects.unpublish", 1), ("objects.delete", 1), ("sessions.save", 2)],
)
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_removal_that_stopped_is_finished_by_its_repeat(world: World, moment: str, nth: int, side: str) -> None:
    """No answer at any call: the next DELETE ends it."""
    upload = world.ended()
    getattr(world.script, side)(moment, no_answer, nth)
    with pytest.raises(Unavailable):
        world.files.delete(OWNER, upload.id)
    world.files.delete(OWNER, upload.id)
    assert removed(world, upload)


def test_a_removal_that_stopped_is_finished_by_the_sweeper(world: World) -> None:
    """Also when the client never comes back."""
    upload = world.ended()
    world.script.before("objects.unpublish", no_answer)
    with pytest.raises(Unavailable):
        world.files.delete(OWNER, upload.id)
    with pytest.raises(Gone):
        world.files.link(OWNER, upload.id)
    world.clock.pass_seconds(60)
    world.sweeper.sweep()
    assert removed(world, upload)


@pytest.mark.parametrize("moment", ["sessions.save", "objects.unpublish", "objects.delete"])
def test_two_removals_at_once_are_one(world: World, moment: str) -> None:
    """Both are told the same; the quota comes back once."""
    upload = world.ended()
    world.script.before(moment, lambda: world.files.delete(OWNER, upload.id))
    assert world.files.delete(OWNER, upload.id).removed_at
    assert removed(world, upload)


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PUBLISHED, Status.QUARANTINED}))
def test_what_is_no_file_yet_cannot_be_deleted(world: World, status: Status) -> None:
    """An upload is cancelled instead; nothing is touched."""
    upload = replace(world.sent(), status=status)
    world.sessions.uploads[upload.id] = upload
    with pytest.raises(WrongState, match="Cancel the upload"):
        world.files.delete(OWNER, upload.id)
    assert world.record(upload) == upload


def test_a_record_that_never_stands_still_is_answered_busy(world: World) -> None:
    """The request gives up after some rounds; repeating it is fine."""
    upload = world.ended()
    disturbed(world, upload)
    with pytest.raises(Busy):
        world.files.delete(OWNER, upload.id)


def test_a_record_that_stands_still_at_last_is_removed(world: World) -> None:
    """Two disturbances are everyday life."""
    upload = world.ended()
    disturbed(world, upload, 2)
    world.files.delete(OWNER, upload.id)
    assert removed(world, upload)


def test_a_removed_file_leaves_a_last_look(world: World) -> None:
    """An hour later the sweeper looks once more for what came late, and then nothing is due any more."""
    upload = world.ended()
    world.files.delete(OWNER, upload.id)
    world.objects.start(upload.key, "a/b", upload.checksum_algorithm, upload.id)
    world.clock.pass_seconds(HOUR)
    world.sweeper.sweep()
    assert world.objects.uploads == {}
    assert world.record(upload).due_at is None
    world.clock.pass_seconds(DAY)
    assert world.sweeper.sweep().swept == 0
