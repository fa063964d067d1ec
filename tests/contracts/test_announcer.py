"""What every Announcer promises, and what reaches a queue behind a rule of the bus."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.session import Session
from moto import mock_aws

from portway.aws import clients
from portway.aws.eventbridge import BusAnnouncer
from portway.consequences import Event, announcement
from portway.errors import Unavailable
from portway.model import Status
from portway.ports import Announcer
from tests.conftest import REGION
from tests.fakes.announcer import FakeAnnouncer
from tests.fakes.uploads import an_upload

BUS = "portway-test"
UPLOAD = an_upload(name="Grüße.wav", size=0, status=Status.OPEN)
EVENT = cast(Event, announcement(None, UPLOAD))


@dataclass(frozen=True)
class AnnouncerBackend:
    """An announcer, one over a bus that takes nothing, and what has arrived so far as (type, event id)."""

    announcer: Announcer
    broken: Announcer
    arrived: Callable[[], list[tuple[str, str]]]


class Answering:
    """An EventBridge client that gives one answer."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer

    def put_events(self, **_: Any) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answering(answer: dict[str, Any] | Exception) -> BusAnnouncer:
    client: Any = Answering(answer)
    return BusAnnouncer(client, BUS)


def listening_queue(session: Session) -> tuple[Any, str]:
    """An SQS client and the URL of a queue that gets whatever Portway says on the bus."""
    sqs: Any = session.create_client("sqs", region_name=REGION)
    events: Any = session.create_client("events", region_name=REGION)
    url = sqs.create_queue(QueueName="all")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["portway"]}))
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    return sqs, url


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


@pytest.fixture(params=["fake", "moto"])
def bus(request: pytest.FixtureRequest) -> Iterator[AnnouncerBackend]:
    if request.param == "fake":
        fake = FakeAnnouncer()
        yield AnnouncerBackend(fake, FakeAnnouncer(refusals=1), lambda: [(e.type, e.id) for e in fake.events])
        return
    with mock_aws():
        session = Session()
        sqs, url = listening_queue(session)
        failed = answering({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]})

        def arrived() -> list[tuple[str, str]]:
            return [(body["detail-type"], body["detail"]["event_id"]) for body in received(sqs, url)]

        yield AnnouncerBackend(
            BusAnnouncer(clients.events_client(session, REGION, is_waited_for=True), BUS), failed, arrived
        )


def test_an_event_arrives_under_its_own_id(bus: AnnouncerBackend) -> None:
    """Whoever listens gets type and id; sent twice it arrives twice with the same id, so repeats can be dropped."""
    bus.announcer.send(EVENT)
    bus.announcer.send(EVENT)
    assert bus.arrived() == [("upload.created", f"{UPLOAD.id}#CREATING#0")] * 2


def test_a_refused_event_is_not_taken_for_sent(bus: AnnouncerBackend) -> None:
    """A bus that took nothing says so, and the outbox keeps the event."""
    with pytest.raises(Unavailable):
        bus.broken.send(EVENT)


def test_the_detail_is_the_event_and_its_id() -> None:
    """Consumers read the detail as it was recorded, under source `portway`, with the time of the move."""
    with mock_aws():
        session = Session()
        sqs, url = listening_queue(session)
        BusAnnouncer(clients.events_client(session, REGION, is_waited_for=True), BUS).send(EVENT)
        (body,) = received(sqs, url)
    assert body["source"] == "portway"
    assert body["detail"] == {**EVENT.detail, "event_id": EVENT.id}
    assert body["time"].startswith("2026-01-01T00:00:00")


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "InternalException", "Message": ""}}, "PutEvents"),
        ConnectTimeoutError(endpoint_url="https://events"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_bus_that_does_not_answer_decides_nothing(error: Exception) -> None:
    """Errors of the SDK stay inside."""
    with pytest.raises(Unavailable) as unavailable:
        answering(error).send(EVENT)
    assert unavailable.value.__cause__ is error
