"""From the event to the published or quarantined file, however late, early or often the event comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway import policy
from portway.errors import PartsChanged
from portway.model import Status
from portway.processing import ALARMING, Arrival, Outcome
from portway.verdicts import Finding, Reason, Severity
from tests.unit.world import CONTENT, INFECTED, OWNER, STRANGER, World

WARNING = Finding("content_mismatch", Severity.WARNING, "It is not what it says.")


def test_a_clean_file_is_published(world: World) -> None:
    """Its bytes lie under our key with our type and disposition; the bus is told; the place is free again."""
    upload = world.stored(name="Grüße.mp3")
    assert world.arrive(upload) is Outcome.PUBLISHED
    record = world.record(upload)
    assert record.published is not None
    assert record.published.key == policy.published_key(upload.tenant, upload.id)
    shown = world.objects.version(record.published.bucket, record.published.key, record.published.version_id)
    assert shown is not None
    assert (shown.data, shown.content_type) == (CONTENT, "audio/mpeg")
    assert (shown.disposition or "").startswith("inline; filename=")
    assert shown.cache_control == "private, max-age=60"
    assert world.told() == [f"{upload.id}#PUBLISHED#1"]
    assert world.used() == (10, 0)


def test_the_verdict_is_stored_before_the_copy(world: World) -> None:
    """Claim, measure, judge, and only then publish: a verdict that is not written down publishes nothing."""
    upload = world.stored()
    assert world.script.effects(lambda: world.arrive(upload)) == [
        "sessions.get",
        "sessions.save",
        "objects.head",
        "sessions.save",
        "objects.publish",
        "sessions.save",
        "announcer.send",
        "sessions.sent",
    ]


def test_a_rejected_file_is_kept_back(world: World) -> None:
    """Nothing is published; the bytes stay where only the processor reads, and stay counted."""
    world.objections = [INFECTED]
    upload = world.stored()
    assert world.arrive(upload) is Outcome.QUARANTINED
    record = world.record(upload)
    assert (record.status, record.reason) == (Status.QUARANTINED, Reason.REJECTED)
    assert record.verdict is not None
    assert record.verdict.findings == (INFECTED,)
    assert world.files_of(upload) == []
    assert world.objects.head(upload.key) is not None
    assert world.told() == [f"{upload.id}#QUARANTINED#1"]
    assert world.used() == (10, 0)


def test_a_type_in_doubt_is_published_as_mere_bytes(world: World) -> None:
    """A warning lets it through, but nobody repeats the claim."""
    world.objections = [WARNING]
    published = world.ended().published
    assert published is not None
    assert published.content_type == "application/octet-stream"


def test_an_event_that_comes_again_changes_nothing(world: World) -> None:
    """A duplicate after the end, published or quarantined: no second copy, no second event."""
    upload = world.ended()
    assert world.arrive(upload) is Outcome.DUPLICATE
    assert (len(world.files_of(upload)), len(world.told())) == (1, 1)
    world.objections = [INFECTED]
    rejected = world.ended()
    assert world.arrive(rejected) is Outcome.DUPLICATE


def test_an_event_before_our_own_write_finishes_the_complete(world: World) -> None:
    """S3 was faster than the record: the object is there, so the upload is stored, and processed at once."""
    upload = world.sent()
    outcomes: list[Outcome] = []
    world.script.after("objects.complete", lambda: outcomes.append(world.arrive(upload)))
    world.uploads.complete(OWNER, upload.id)
    assert outcomes == [Outcome.PUBLISHED]
    assert world.record(upload).status is Status.PUBLISHED


def test_an_event_that_is_too_early_is_dropped(world: World) -> None:
    """No object yet: the due time in the record drives the rest, nothing has to come back."""
    upload = world.sealed()
    assert world.arrive(upload) is Outcome.EARLY
    assert world.record(upload) == upload


@pytest.mark.parametrize("status", [Status.CREATING, Status.OPEN, Status.ABORTING, Status.ABORTED, Status.EXPIRED])
def test_an_event_that_cannot_be_is_an_alarm(world: World, status: Status) -> None:
    """There is an object although nobody completed: a person looks, the record stays as it is."""
    upload = replace(world.create(), status=status)
    world.sessions.uploads[upload.id] = upload
    assert world.arrive(upload) is Outcome.UNEXPECTED
    assert world.record(upload) == upload


@pytest.mark.parametrize("key", ["", "other", "in/0123456789abcdef/" + "0" * 26])
def test_an_unknown_key_is_an_alarm(world: World, key: str) -> None:
    """Somebody writes into the bucket past us."""
    assert world.processing.arrived(Arrival(key, "v1")) is Outcome.UNKNOWN_KEY


def test_the_key_of_another_tenant_is_an_unknown_key(world: World) -> None:
    """The id alone is not enough: the whole key must be the record's."""
    upload = world.stored()
    foreign = policy.incoming_key(STRANGER.tenant, upload.id)
    assert world.processing.arrived(Arrival(foreign, "v1")) is Outcome.UNKNOWN_KEY
    published = policy.published_key(upload.tenant, upload.id)
    assert world.processing.arrived(Arrival(published, "v1")) is Outcome.UNKNOWN_KEY
    assert world.record(upload).status is Status.STORED


def test_another_version_is_left_alone(world: World) -> None:
    """A late write is no second file: the recorded version counts."""
    upload = world.stored()
    assert world.processing.arrived(Arrival(upload.key, "another")) is Outcome.LATE_VERSION
    assert world.record(upload).status is Status.STORED
    assert world.processing.arrived(Arrival(upload.key, None)) is Outcome.PUBLISHED


def test_alarms_are_those_that_ask_for_a_person() -> None:
    """Duplicates, early events and lost races are everyday life."""
    assert set(ALARMING) == {Outcome.UNKNOWN_KEY, Outcome.UNEXPECTED, Outcome.LATE_VERSION}


def test_a_stray_object_is_an_alarm(world: World) -> None:
    """An object under our key that our upload did not make is neither adopted nor published."""
    upload = world.sealed()
    foreign = world.objects.start(upload.key, "x/y", upload.checksum_algorithm, "another")
    part = world.objects.upload_part(upload.key, foreign, 1, CONTENT)
    world.objects.complete(upload.key, foreign, [part], 10, upload.checksum_algorithm, None)
    assert world.arrive(upload) is Outcome.UNEXPECTED
    assert world.record(upload) == upload


def test_two_events_at_once_are_one_worker(world: World) -> None:
    """While one holds the lease, the other leaves."""
    upload = world.stored()
    outcomes: list[Outcome] = []
    world.script.before("objects.head", lambda: outcomes.append(world.arrive(upload)))
    assert world.arrive(upload) is Outcome.PUBLISHED
    assert outcomes == [Outcome.LEASED]


def test_two_claims_at_once_are_one_worker(world: World) -> None:
    """Both read the stored upload; one write wins, the other worker stops before it did anything."""
    upload = world.stored()
    outcomes: list[Outcome] = []
    world.script.before("sessions.save", lambda: outcomes.append(world.arrive(upload)))
    assert world.arrive(upload) is Outcome.DUPLICATE
    assert outcomes == [Outcome.PUBLISHED]
    assert len(world.files_of(upload)) == 1


def test_a_size_that_s3_measures_otherwise_is_told_to_the_inspectors(world: World) -> None:
    """The view holds what S3 says of this version, not what was declared."""
    upload = world.stored()
    place = (world.objects.incoming, upload.key)
    (version,) = world.objects.versions[place]
    assert upload.stored is not None
    world.objects.versions[place] = (replace(version, stored=replace(version.stored, size=9)),)
    world.arrive(upload)
    assert world.seen[-1].size == 9


def test_an_object_that_vanished_publishes_nothing(world: World) -> None:
    """Somebody deleted the version: the message comes back, and the upload is not declared published."""
    upload = world.stored()
    assert upload.stored is not None
    world.script.before("objects.publish", lambda: world.objects.versions.clear())
    with pytest.raises(PartsChanged):
        world.arrive(upload)
    assert world.record(upload).status is Status.PROCESSING


def test_an_object_that_vanished_ends_its_file(world: World) -> None:
    """S3 says that there is no such version: nothing to wait for. Nobody says anything about bytes that nobody saw."""
    upload = world.stored()
    world.objects.versions.clear()
    assert world.arrive(upload) is Outcome.QUARANTINED
    record = world.record(upload)
    assert record.verdict is not None
    assert (record.reason, record.verdict.findings[0].code, world.seen) == (Reason.ERROR, "object_gone", [])
    assert world.used() == (10, 0)


def test_a_category_that_was_removed_is_inspected_strictly(world: World) -> None:
    """The policy no longer knows it: what contradicts itself is rejected, and what it left out of a file or had checked
    by others nobody knows, so that an operator decides."""
    upload = world.stored()
    world.sessions.uploads[upload.id] = replace(upload, category="gone")
    world.arrive(upload)
    assert world.seen[-1].on_mismatch is Severity.REJECT
    assert (world.record(upload).reason, world.record(upload).published) == (Reason.IN_REVIEW, None)


def test_nothing_else_is_resumed(world: World) -> None:
    """Only what is stored, or whose lease ended."""
    for upload in (world.create(), world.sealed(), world.ended()):
        world.clock.pass_seconds(1)
        assert world.processing.resume(upload) is Outcome.LEASED
        assert world.record(upload) == upload
