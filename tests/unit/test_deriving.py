"""What is made of published files: once, beside them, and never to the harm of the file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from portway.derivers import told
from portway.deriving import Derivation
from portway.errors import Busy, NotFound, Unavailable
from portway.model import Derived, Upload
from portway.results import Made, NotMade, Source
from tests.unit.world import CONTENT, OWNER, Killed, World, disturbed, killed, no_answer


def double(source: Source) -> list[Made]:
    """The file twice."""
    path = source.folder / "double.txt"
    path.write_bytes(source.path.read_bytes() * 2)
    return [Made("double.txt", path, "text/plain", {"times": 2})]


def nothing(source: Source) -> list[Made]:
    return []


def unreadable(source: Source) -> list[Made]:
    raise NotMade("no picture")


def broken(source: Source) -> list[Made]:
    raise ZeroDivisionError


@pytest.fixture
def published(world: World) -> Upload:
    world.makers = {"facts": double}
    return world.ended()


def test_results_lie_beside_the_file_and_in_the_record(world: World, published: Upload) -> None:
    """With name, type, size and facts; the bytes are those that were made of the published version."""
    assert world.deriving.published(published.id) is Derivation.MADE
    file = published.published
    assert file is not None
    key = f"{file.key}/double.txt"
    assert world.record(published).derived == (Derived("double.txt", key, "text/plain", 20, {"times": 2}),)
    (version,) = world.objects.versions[file.bucket, key]
    assert (version.data, version.content_type) == (CONTENT * 2, "text/plain")
    assert version.disposition is not None
    assert version.disposition.startswith('attachment; filename="song.mp3.double.txt"')


def test_results_hold_no_facts_that_are_for_operators(world: World, published: Upload) -> None:
    """Whoever may read a file may read its results: makers get the facts that the owner is shown, and no others."""
    assert published.verdict is not None
    learnt = {"pages": 3, "malware_scan": "clean", "profiles": ["student"], "has_exif": True}
    world.sessions.uploads[published.id] = replace(published, verdict=replace(published.verdict, facts=learnt))
    world.makers = {"facts": told.facts}
    world.deriving.published(published.id)
    file = published.published
    assert file is not None
    (version,) = world.objects.versions[file.bucket, f"{file.key}/facts.json"]
    assert json.loads(version.data).keys() == {"size", "content_type", "pages"}


def test_results_are_announced_once(world: World, published: Upload) -> None:
    """As an event of their own, with an id that repeats share; a second delivery does nothing."""
    world.deriving.published(published.id)
    assert world.deriving.published(published.id) is Derivation.DUPLICATE
    (event,) = (each for each in world.announcer.events if each.type == "file.derived")
    assert event.id == f"{published.id}#DERIVED#{published.lease}"
    assert [each["name"] for each in event.detail["results"]] == ["double.txt"]


def test_the_policy_says_what_is_made(world: World, published: Upload) -> None:
    """A maker that no category asks for is not asked, and a file of which nothing is made costs one read."""
    world.makers = {"thumbnails": double}
    assert world.script.effects(lambda: world.deriving.published(published.id)) == ["sessions.get"]
    assert world.deriving.published(published.id) is Derivation.NOTHING


def test_what_cannot_be_made_takes_nothing_else_with_it(world: World, published: Upload) -> None:
    """A file that a library cannot read, or a bug in a maker: a line in the attempts, and the rest is made."""
    world.makers = {"gzip": unreadable, "facts": broken}
    world.deriving.published(published.id)
    record = world.record(published)
    assert [(each.action, each.code) for each in record.attempts] == [
        ("derive gzip", "not_made"),
        ("derive facts", "failed"),
    ]
    assert record.derived == ()
    assert record.derived_at
    assert [type(bug) for bug in world.bugs] == [ZeroDivisionError]


def test_nothing_gained_is_a_result_too(world: World, published: Upload) -> None:
    """The record says when it was looked at, so that nobody waits for more."""
    world.makers = {"gzip": nothing}
    assert world.deriving.published(published.id) is Derivation.MADE
    assert world.record(published).derived_at


def test_a_removed_file_gets_no_results(world: World, published: Upload) -> None:
    """Not when the event comes late, nor for an upload that nobody knows."""
    world.files.delete(OWNER, published.id)
    assert world.deriving.published(published.id) is Derivation.TOO_LATE
    assert world.deriving.published("0" * 26) is Derivation.TOO_LATE


def test_a_removal_in_the_middle_takes_the_results_with_it(world: World, published: Upload) -> None:
    """What was put after the removal is gone after its last look, an hour later."""
    world.script.before("results.put", lambda: world.files.delete(OWNER, published.id))
    assert world.deriving.published(published.id) is Derivation.TOO_LATE
    assert world.record(published).derived == ()
    world.clock.now = world.record(published).due_at or 0
    world.sweeper.sweep()
    assert [place for place in world.objects.versions if place[0] == world.objects.published] == []


def test_two_workers_tell_of_the_same_results_once(world: World, published: Upload) -> None:
    """The second finds them in the record; both put the same under the same keys."""
    world.script.before("sessions.save", lambda: world.deriving.published(published.id))
    world.script.before("results.put", lambda: world.clock.pass_seconds(1), nth=2)
    assert world.deriving.published(published.id) is Derivation.DUPLICATE
    assert len([each for each in world.announcer.events if each.type == "file.derived"]) == 1


def test_another_write_in_between_is_no_harm(world: World, published: Upload) -> None:
    """The sweeper's last look moves the record on: the results go into what it left. Again and again: Busy."""
    disturbed(world, published, times=2)
    assert world.deriving.published(published.id) is Derivation.MADE
    other = world.ended()
    disturbed(world, other)
    with pytest.raises(Busy):
        world.deriving.published(other.id)


@pytest.mark.parametrize("call", ["sessions.get", "results.fetch", "results.put", "sessions.save"])
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("what", [no_answer, killed])
def test_whoever_dies_in_the_middle_is_followed_by_another(
    world: World, published: Upload, call: str, side: str, what: object
) -> None:
    """The message comes again, and ends with the same results under the same keys."""
    getattr(world.script, side)(call, what)
    with pytest.raises((Unavailable, Killed)):
        world.deriving.published(published.id)
    world.deriving.published(published.id)
    assert [each.name for each in world.record(published).derived] == ["double.txt"]


def test_a_result_has_a_link_of_its_own(world: World, published: Upload) -> None:
    """Signed with our type and disposition. A name that was not made is not found."""
    world.deriving.published(published.id)
    url = world.files.link(OWNER, published.id, "double.txt").url
    assert f"{published.id}/double.txt?" in url
    assert "versionId" not in url
    assert "response-content-type=text%2Fplain" in url
    with pytest.raises(NotFound):
        world.files.link(OWNER, published.id, "../double.txt")
