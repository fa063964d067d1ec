"""A bus that remembers what it was given, and takes nothing that its schema does not allow."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from jsonschema import Draft202012Validator

from portway.consequences import Event
from portway.errors import Unavailable

SCHEMAS = Path(__file__).resolve().parents[2] / "events/schemas"


@dataclass(slots=True)
class FakeAnnouncer:
    """A portway.ports.Announcer. `refusals` is how many of the next sends fail."""

    events: list[Event] = field(default_factory=list)
    refusals: int = 0

    def send(self, event: Event) -> None:
        judge(event.type, json.dumps({**event.detail, "event_id": event.id}))
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("The bus did not take the event.")
        self.events.append(event)

    def __deepcopy__(self, memo: object) -> Self:
        return type(self)(list(self.events), self.refusals)


@cache
def schema_of(kind: str) -> Draft202012Validator:
    """What consumers are promised about events of this type."""
    return Draft202012Validator(json.loads((SCHEMAS / f"{kind}.v1.json").read_text("utf-8")))


@cache
def judge(kind: str, detail: str) -> None:
    """ValidationError when this is no such event. The same one comes often where all lives are tried."""
    schema_of(kind).validate(json.loads(detail))
