"""Events that cannot be relied on, and an ear for what Portway tells the world."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.stack.shuffler import Entry, Shuffler

CREATED = "upload.created"
COUNTED = {CREATED, "file.published", "file.quarantined", "upload.failed", "upload.expired"}
"""The beginning and the ends: what a consumer would count."""
HELD = 5
"""So many late events are let go together, in reverse order."""


class Unreliable(Shuffler):
    """Object events are dropped, doubled, or come late and in reverse, by the upload they are about."""

    def __init__(self, seed: int, dropped: float = 0.15, doubled: float = 0.25, late: float = 0.35) -> None:
        super().__init__()
        self.done: Counter[str] = Counter()
        self._seed, self._late = seed, list[Entry]()
        self._bounds = (("dropped", dropped), ("doubled", dropped + doubled), ("late", dropped + doubled + late))

    def put_events(self, headers: dict[str, str], entries: list[Entry]) -> None:
        """What the S3 endpoint sends."""
        passed: list[Entry] = []
        with self._changed:
            self._headers = headers
            for entry in entries:
                fate = self._fate(entry)
                self.done[fate] += 1
                passed += [entry] * {"dropped": 0, "late": 0, "doubled": 2, "passed": 1}[fate]
                self._late += [entry] if fate == "late" else []
            if len(self._late) >= HELD:
                passed += reversed(self._late)
                self._late = []
        self.send(passed)

    def flush(self) -> None:
        """Let the last late ones go, twice each."""
        with self._changed:
            late, self._late = self._late, []
        self.send(late + late)

    def _fate(self, entry: Entry) -> str:
        number = random.Random(f"{self._seed} {json.loads(entry['Detail'])['object']['key']}").random()
        return next((fate for fate, bound in self._bounds if number < bound), "passed")


class Ear:
    """A queue behind the bus that gets everything Portway says."""

    def __init__(self, events: Any, sqs: Any, bus: str) -> None:
        self._sqs = sqs
        self._url = sqs.create_queue(QueueName="chaos-ear")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="chaos-ear", EventBusName=bus, EventPattern=json.dumps({"source": ["portway"]}))
        events.put_targets(Rule="chaos-ear", EventBusName=bus, Targets=[{"Id": "ear", "Arn": arn}])

    def heard(self) -> dict[str, Counter[tuple[str, str]]]:
        """By upload: how often its beginning and each end were heard, as (event id, type). Empties the queue."""
        found: dict[str, Counter[tuple[str, str]]] = {}
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                event: Mapping[str, Any] = json.loads(message["Body"])
                if event["detail-type"] in COUNTED:
                    heard = found.setdefault(event["detail"]["id"], Counter())
                    heard[event["detail"]["event_id"], event["detail-type"]] += 1
        return found
