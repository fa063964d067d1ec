"""What is owed to the world is stored with the move that owes it, and sent afterwards: at least once, with one id."""

from __future__ import annotations

from dataclasses import dataclass

from portway.consequences import announcement
from portway.errors import Unavailable
from portway.model import Upload
from portway.ports import Announcer, SessionStore

PATIENCE_MS = 60_000
"""The sweeper leaves younger records to those who wrote them."""


@dataclass(frozen=True, slots=True)
class Outbox:
    sessions: SessionStore
    announcer: Announcer

    def save(self, before: Upload, after: Upload) -> Upload:
        """`sessions.save`, then the event that the move owes. A bus that is down costs nothing: the sweeper sends."""
        saved = self.sessions.save(before, after)
        event = announcement(before, after)
        if event:
            try:
                self.announcer.send(event)
                self.sessions.sent(event)
            except Unavailable:
                return saved
        return saved

    def resend(self, now: int, limit: int) -> int:
        """Send what nobody sent. Returns how many; Unavailable as soon as the bus is down."""
        events = self.sessions.unsent(now - PATIENCE_MS, limit)
        for event in events:
            self.announcer.send(event)
            self.sessions.sent(event)
        return len(events)
