"""Announcer on an EventBridge bus. Shapes of the events: events/schemas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from portway.aws.answers import answers
from portway.consequences import Event
from portway.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "portway"


class BusAnnouncer:
    """The contract is portway.ports.Announcer. The detail holds the event's id: EventBridge's own changes each time."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client, self._bus = client, bus

    def send(self, event: Event) -> None:
        with answers():
            answer = self._client.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": event.type,
                        "Detail": json.dumps({**event.detail, "event_id": event.id}),
                        "EventBusName": self._bus,
                        "Time": datetime.fromtimestamp(event.at / 1000, UTC),
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            raise Unavailable(f"PutEvents: {answer['Entries'][0].get('ErrorCode', 'unknown')}")
