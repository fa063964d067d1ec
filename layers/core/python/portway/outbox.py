"""What is owed to the world is stored with the move that owes it, and sent afterwards: at least once, with one id."""

from __future__ import annotations

from dataclasses import dataclass

from portway.consequences import Event, announcement
from portway.errors import Unavailable
from portway.model import Upload
from portway.ports import Announcer, SessionStore
from portway.quotas import Room

PATIENCE_MS = 60_000
"""The sweeper leaves younger records to those who wrote them."""


@dataclass(frozen=True, slots=True)
class Outbox:
    sessions: SessionStore
    announcer: Announcer

    def add(self, upload: Upload, room: Room) -> None:
        """`sessions.add`, then the event that a new upload owes, in the same way, if it is open from the start."""
        self.sessions.add(upload, room)
        self._tell(announcement(None, upload))

    def save(self, before: Upload, after: Upload) -> Upload:
        """`sessions.save`, then the event that the move owes. A bus that is down costs nothing: the sweeper sends."""
        saved = self.sessions.save(before, after)
        self._tell(announcement(before, after))
        return saved

    def tell_and_save(self, before: Upload, after: Upload) -> Upload:
        """The event first, then the move, for one that the record owes already (CREATING): the move is the mark.

        What the bus did not take is owed like any other from then on. Conflict as `sessions.save`.
        """
        event = announcement(before, after)
        assert event is not None
        try:
            self.announcer.send(event)
        except Unavailable:
            return self.sessions.save(before, after)
        return self.sessions.save_told(before, after)

    def _tell(self, event: Event | None) -> None:
        if event is None:
            return
        try:
            self.announcer.send(event)
            self.sessions.sent(event)
        except Unavailable:
            return

    def resend(self, now: int, limit: int) -> int:
        """Send what nobody sent. Returns how many; Unavailable as soon as the bus is down."""
        events = self.sessions.unsent(now - PATIENCE_MS, limit)
        for event in events:
            self.announcer.send(event)
            self.sessions.sent(event)
        return len(events)
