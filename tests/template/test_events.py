"""events/ holds what AWS really sends, and events/schemas what Portway really says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayProxyEventV2Model,
    S3EventNotificationEventBridgeModel,
    SqsModel,
)
from jsonschema import Draft202012Validator

from dev.invoke import ELSEWHERE, FUNCTIONS
from dev.transform import ROOT
from portway.consequences import EVENT_TYPES, Event, announcement
from portway.model import RETAINED, ChecksumAlgorithm, Derived, PublishedObject, Status, Step, StoredObject, Upload
from portway.verdicts import Finding, Reason, Risk, Severity, Verdict

EVENTS = ROOT / "events"
SCHEMAS = EVENTS / "schemas"
ID = "7ZK3M9Q2X4B6C8D0E1F5G7H9JA"
KEY = "822b33ad87c148a0/" + ID

MOMENT = 1_795_172_405_123

WARNED = Finding("extension_mismatch", Severity.WARNING, "Declare the real type.", "for operators")
JUDGED = Verdict(
    version_id="v1",
    policy_version="8f14e45fceea",
    reason=None,
    content_type="audio/wav",
    findings=(WARNED,),
    risk=Risk.MEDIUM,
    facts={"duration_ms": 180_000, "sample_rate": 44_100},
)

ENDINGS = [  # the last move, and why
    (Status.PROCESSING, Status.PUBLISHED, None),
    *(
        (Status.PROCESSING, Status.QUARANTINED, reason)
        for reason in (Reason.INFECTED, Reason.REJECTED, Reason.NOT_SCANNED, Reason.IN_REVIEW, Reason.ERROR)
    ),
    (Status.ABORTING, Status.ABORTED, Reason.CANCELLED),
    (Status.COMPLETING, Status.ABORTED, Reason.PARTS_CHANGED),
    (Status.EXPIRING, Status.EXPIRED, None),
    (Status.COMPLETING, Status.EXPIRED, Reason.UPLOAD_GONE),
]
SAID = [
    *ENDINGS,
    (None, Status.OPEN, None),
    (Status.CREATING, Status.ABORTING, None),
    (Status.COMPLETING, Status.STORED, None),
]
"""What is announced of moves; None is before the first write."""


def upload(status: Status) -> Upload:
    return Upload(
        id=ID, tenant="acme", owner="owner", status=status, name="Über den Wolken.wav", size=20_971_520,
        content_type="audio/wav", category="anything", policy_version="1", part_size=16 << 20, part_count=2,
        checksum_algorithm=ChecksumAlgorithm.CRC64NVME, key="in/" + KEY, request_hash="", created_at=0, expires_at=1,
        metadata={"course": "biology-1"}, lease=1, stored=StoredObject("v1", "etag-2", 20_971_520, "rosUhgp5mIg="),
    )  # fmt: skip


def moved(before: Status, after: Status, reason: Reason | None) -> Upload:
    changes: dict[str, Any] = {"reason": reason}
    if after is Status.PUBLISHED:
        changes["verdict"] = JUDGED
        changes["published"] = PublishedObject("portway-published", "files/" + KEY, "v2", "audio/wav")
    return upload(before).moved(after, MOMENT, **changes)


def said(before: Status | None, after: Status, reason: Reason | None) -> tuple[str, dict[str, Any]]:
    """What goes onto the bus for one move: detail-type and detail."""
    if before is None:
        new = upload(after)
        return heard(announcement(None, replace(new, history=(Step(after, MOMENT),))))
    return heard(announcement(upload(before), moved(before, after, reason)))


def heard(event: Event | None) -> tuple[str, dict[str, Any]]:
    assert event
    return event.type, {**json.loads(json.dumps(event.detail)), "event_id": event.id}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.v1.json").read_text("utf-8"))
    return loaded


def records(path: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["Records"]
    return loaded


@pytest.mark.parametrize(("before", "after", "reason"), SAID)
def test_what_portway_announces_is_what_its_schema_says(
    before: Status | None, after: Status, reason: Reason | None
) -> None:
    """A consumer that generated its types from the schema understands every event, and misses no field."""
    as_its_schema_says(*said(before, after, reason))


@pytest.mark.parametrize(("before", "after", "reason"), [each for each in ENDINGS if each[1] in RETAINED])
def test_a_removal_is_announced_as_its_schema_says(before: Status, after: Status, reason: Reason | None) -> None:
    """Whatever is kept can be removed: a published file with the place where it was, another without one."""
    kept = replace(moved(before, after, reason), removing_at=MOMENT)
    kind, detail = heard(announcement(kept, replace(kept, removed_at=MOMENT)))
    assert (kind, detail["file"] is None) == ("file.deleted", after is Status.QUARANTINED)
    as_its_schema_says(kind, detail)
    for other in set(EVENT_TYPES.values()) - {kind}:
        assert not Draft202012Validator(schema(other)).is_valid(detail), other


def test_results_are_announced_as_their_schema_says() -> None:
    """Once, when they are there, with what each of them is."""
    file = moved(Status.PROCESSING, Status.PUBLISHED, None)
    result = Derived("thumbnail-256.webp", f"files/{KEY}/thumbnail-256.webp", "image/webp", 900, {"width": 256})
    kind, detail = heard(announcement(file, replace(file, derived=(result,), derived_at=MOMENT + 5)))
    assert (kind, detail["event_id"], detail["at_ms"]) == ("file.derived", f"{ID}#DERIVED#1", MOMENT + 5)
    as_its_schema_says(kind, detail)
    for other in set(EVENT_TYPES.values()) - {kind}:
        assert not Draft202012Validator(schema(other)).is_valid(detail), other


def test_an_event_tells_no_details_of_findings() -> None:
    """What exactly was found is for operators: it would teach whoever tries again."""
    _, detail = said(Status.PROCESSING, Status.PUBLISHED, None)
    assert detail["verdict"]["findings"] == [
        {"code": "extension_mismatch", "severity": "warning", "words": "Declare the real type."}
    ]


def as_its_schema_says(kind: str, detail: dict[str, Any]) -> None:
    Draft202012Validator(schema(kind)).validate(detail)
    assert set(detail) == set(schema(kind)["properties"]) == set(schema(kind)["required"])
    if detail["file"]:
        assert set(detail["file"]) == set(schema(kind)["properties"]["file"]["properties"])


@pytest.mark.parametrize(("before", "after", "reason"), SAID)
def test_the_schema_of_another_event_does_not_fit(before: Status | None, after: Status, reason: Reason | None) -> None:
    """The schemas tell the events apart, so a consumer cannot take a quarantined file for a published one."""
    kind, detail = said(before, after, reason)
    for other in set(EVENT_TYPES.values()) - {kind}:
        assert not Draft202012Validator(schema(other)).is_valid(detail), other


def test_every_event_type_has_a_schema_and_no_schema_is_left_over() -> None:
    """events/schemas is complete, each file is a valid JSON Schema and carries its name."""
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{kind}.v1.json" for kind in EVENT_TYPES.values()}
    for kind in EVENT_TYPES.values():
        Draft202012Validator.check_schema(schema(kind))
        assert (schema(kind)["title"], schema(kind)["$id"]) == (kind, f"urn:portway:event:{kind}:v1")


def test_a_missing_or_wrong_field_is_noticed() -> None:
    """The schema refuses a detail without its id, with a wrong key or with another version of itself."""
    kind, detail = said(Status.PROCESSING, Status.PUBLISHED, None)
    judge = Draft202012Validator(schema(kind))
    assert not judge.is_valid({name: value for name, value in detail.items() if name != "event_id"})
    assert not judge.is_valid({**detail, "schema": 2})
    assert not judge.is_valid({**detail, "file": {**detail["file"], "key": "../" + KEY}})
    assert judge.is_valid({**detail, "added_later": True})


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_fixtures_are_named_after_their_function(path: Path) -> None:
    """events/<function>_<case>.json"""
    assert [name for name in (*FUNCTIONS, *ELSEWHERE) if path.stem.startswith(f"{name}_") and path.stem != f"{name}_"]


@pytest.mark.parametrize("path", sorted(EVENTS.glob("api_*.json")), ids=lambda path: path.stem)
def test_requests_have_the_shape_of_an_http_api(path: Path) -> None:
    """Payload 2.0: lower-case headers, claims that are strings, a length that is true, path and route that agree.

    Behind a route without authorizer there are no claims, and in its path no variables.
    """
    event = json.loads(path.read_text("utf-8"))
    APIGatewayProxyEventV2Model.model_validate(event)
    context = event["requestContext"]
    claims = context["authorizer"]["jwt"]["claims"] if "authorizer" in context else {}
    assert all(isinstance(value, str) for value in claims.values())
    assert event["routeKey"] == context["routeKey"]
    assert context["http"]["path"] == event["rawPath"]
    if claims:
        assert (event["routeKey"], event["rawPath"]) == ("ANY /v1/{proxy+}", "/v1/" + event["pathParameters"]["proxy"])
    else:
        assert event["routeKey"] == f"{context['http']['method']} {event['rawPath']}"
        assert "pathParameters" not in event
    assert all(name == name.lower() for name in event["headers"])
    if "body" in event:
        json.loads(event["body"])
        assert int(event["headers"]["content-length"]) == len(event["body"].encode())


@pytest.mark.parametrize(
    "path",
    [
        path
        for name in sorted({*FUNCTIONS, *ELSEWHERE} - {"api", "sweep"})
        for path in sorted(EVENTS.glob(f"{name}_*.json"))
    ],
    ids=lambda p: p.stem,
)
def test_messages_have_the_shape_of_a_queue(path: Path) -> None:
    """SQS batches with message ids of their own and true digests."""
    SqsModel.model_validate(json.loads(path.read_text("utf-8")))
    batch = records(path)
    assert len({record["messageId"] for record in batch}) == len(batch) <= 10
    for record in batch:
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()


STORED = sorted(set(EVENTS.glob("process_*.json")) - {EVENTS / "process_scan_result.json"})


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_files_are_told_as_s3_tells_them(path: Path) -> None:
    """EventBridge's own form: etag without quotes, key not encoded, a version; one body of the batch is poison."""
    bodies = [record["body"] for record in records(path)]
    events = [json.loads(body) for body in bodies if body.startswith("{")]
    assert len(bodies) - len(events) == (path.stem == "process_batch")
    for event in events:
        S3EventNotificationEventBridgeModel.model_validate(event)
        assert event["detail"]["object"]["etag"].count('"') == 0
        assert event["detail"]["object"]["version-id"]
        assert event["detail"]["object"]["key"].startswith("in/")


def test_a_dead_letter_is_the_message_as_it_was_with_the_queue_that_it_came_from() -> None:
    """SQS moves the body unchanged; only the attributes tell."""
    dead, poison = records(EVENTS / "dead_letter_batch.json")
    (stored,) = records(EVENTS / "process_object_created.json")
    assert (dead["body"], poison["body"]) == (stored["body"], "not an event")
    assert dead["attributes"]["DeadLetterQueueSourceArn"] == stored["eventSourceARN"]


def test_a_duplicate_is_the_same_event_in_another_message() -> None:
    """What at-least-once delivery looks like."""
    first, second = records(EVENTS / "process_duplicate.json")
    assert first["body"] == second["body"]
    assert first["messageId"] != second["messageId"]


def test_a_late_version_is_another_version_of_the_same_key() -> None:
    """What a write after the end of an upload looks like."""
    (stored,) = records(EVENTS / "process_object_created.json")
    (late,) = records(EVENTS / "process_late_version.json")
    stored_object, late_object = (json.loads(record["body"])["detail"]["object"] for record in (stored, late))
    assert stored_object["key"] == late_object["key"]
    assert stored_object["version-id"] != late_object["version-id"]


def test_the_consumers_fixtures_say_what_portway_would_say() -> None:
    """The example consumer is tested with real announcements."""
    (record,) = records(EVENTS / "consumer_file_published.json")
    event = json.loads(record["body"])
    kind, detail = said(Status.PROCESSING, Status.PUBLISHED, None)
    assert (event["source"], event["detail-type"]) == ("portway", kind)
    version = event["detail"]["file"]["version_id"]
    assert event["detail"] == {**detail, "file": {**detail["file"], "version_id": version}}
