"""The wire contract under a bad network: every request is repeated until there is a real answer, with pauses."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from dev.client import Reply

RETRIED = {429, 500, 502, 503, 504}
BROKEN = (OSError, http.client.HTTPException, ValueError)
"""What a broken connection looks like; half of a JSON document is a ValueError."""


class GaveUp(Exception):
    """No good answer, however often it was asked. The message says to what, and what came last."""


class Asks(Protocol):
    """One request, one answer: dev.client.Api."""

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Whatever comes back. Raises BROKEN."""
        ...


@dataclass(frozen=True)
class Patience:
    """Full jitter: a random pause, at most `first_seconds` and twice as much each time; never less than Retry-After."""

    chance: random.Random = field(default_factory=random.Random)
    sleep: Callable[[float], None] = time.sleep
    tries: int = 12
    first_seconds: float = 0.1
    most_seconds: float = 2.0

    def rest(self, attempt: int, retry_after: str | None = None) -> None:
        """Before try `attempt` + 1; attempts count from 0."""
        asked = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
        self.sleep(asked + self.chance.uniform(0, min(self.most_seconds, self.first_seconds * 2**attempt)))


@dataclass(frozen=True, slots=True)
class Sent:
    """S3's answer to a part; status 0 when there was none."""

    status: int
    retry_after: str | None = None


@dataclass
class Wire:
    """The API and S3, as one client sees them. `requests` and `troubles` are counted."""

    api: Asks
    patience: Patience
    on_request: Callable[[], None] = lambda: None
    seconds: float = 60.0
    requests: int = 0
    troubles: int = 0

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """The first real answer, also a refusal. GaveUp when there is none."""
        last = ""
        for attempt in range(self.patience.tries):
            reply, last = self._once(method, path, body, headers)
            if reply and reply.status not in RETRIED:
                return reply
            self.troubles += 1
            self.patience.rest(attempt, reply.headers.get("retry-after") if reply else None)
        raise GaveUp(f"{method} {path.partition('?')[0]}: {last}")

    def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None) -> tuple[Reply | None, str]:
        """An answer whose end is missing is none, even if its first line says 200."""
        self._count()
        try:
            reply = self.api.call(method, path, body, headers)
        except BROKEN as error:
            return None, type(error).__name__
        if reply.status != 204 and not isinstance(reply.document, dict):
            return None, f"{reply.status} without its document"
        return reply, str(reply.status)

    def put(self, part: Mapping[str, Any], content: bytes) -> Sent:
        """One try to send a part to its URL."""
        self._count()
        place = urlsplit(part["url"])
        try:
            with closing(http.client.HTTPConnection(place.netloc, timeout=self.seconds)) as link:
                link.request("PUT", f"{place.path}?{place.query}", content, dict(part["headers"]))
                answer = link.getresponse()
                return Sent(answer.status, answer.getheader("retry-after"))
        except BROKEN:
            return Sent(0)

    def get(self, url: str) -> tuple[int, bytes]:
        """Status and whole body behind a signed URL; GaveUp when they do not come whole."""
        place = urlsplit(url)
        for attempt in range(self.patience.tries):
            self._count()
            try:
                with closing(http.client.HTTPConnection(place.netloc, timeout=self.seconds)) as link:
                    link.request("GET", f"{place.path}?{place.query}")
                    answer = link.getresponse()
                    content = answer.read()
                    if answer.status not in RETRIED and answer.getheader("content-length") == str(len(content)):
                        return answer.status, content
            except BROKEN:
                pass
            self.troubles += 1
            self.patience.rest(attempt)
        raise GaveUp("a download")

    def _count(self) -> None:
        self.requests += 1
        self.on_request()
