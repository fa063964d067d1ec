"""A bus that remembers what it was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from portway.consequences import Event
from portway.errors import Unavailable


@dataclass(slots=True)
class FakeAnnouncer:
    """A portway.ports.Announcer. `refusals` is how many of the next sends fail."""

    events: list[Event] = field(default_factory=list)
    refusals: int = 0

    def send(self, event: Event) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("The bus did not take the event.")
        self.events.append(event)

    def __deepcopy__(self, memo: object) -> Self:
        return type(self)(list(self.events), self.refusals)
