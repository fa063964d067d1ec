"""AWS at the other end of a wire that answers at once: what the real stores answered in a story, answered again.

A story is played once by the functions themselves on the strict S3 endpoint and moto. Later a process that is measured
makes the same calls, and has the same answers byte for byte, without waiting for anybody.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from unittest import mock

from botocore.session import Session

from bench.cost.meter import Meter
from bench.cost.site import Site
from tests.functions.deployed import Context

NOT_AGAIN = {"connection", "content-length", "date", "server", "transfer-encoding"}
"""Headers that the one who answers again sets himself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a store sent. `length` is that of the body, also where none is sent (HEAD)."""

    operation: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def length(self) -> str:
        told = {name.lower(): value for name, value in self.headers.items()}
        return told.get("content-length", "0") if self.operation.startswith("Head") else str(len(self.body))


@dataclass(frozen=True, slots=True)
class Story:
    """One invocation: the event, and what AWS answered, in order."""

    event: Any
    answers: list[Answer] = field(default_factory=list)

    def named(self, *operations: str) -> list[Answer]:
        """The answers of these operations, in this order."""
        known = {each.operation: each for each in self.answers}
        return [known[name] for name in operations]


class Recorder:
    """Notes what the clients of a site are answered. `stories` has the last invocation of each name."""

    def __init__(self) -> None:
        self.stories: dict[str, Story] = {}
        self._heard: list[Answer] = []

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Sessions that a site makes inside are listened to."""
        made = Meter.session

        def session(meter: Meter) -> Session:
            found = made(meter)
            found.get_component("event_emitter").register_first("before-parse", self._note)
            return found

        with mock.patch.object(Meter, "session", session):
            yield

    def keep(self, name: str, under: str) -> None:
        """The last invocation of this function, under a name of its own."""
        self.stories[under] = self.stories[name]

    def tell(self, name: str, module: Any, event: Any) -> None:
        """Have a function handle an event, and keep that under a name."""
        story = self.stories[name] = Story(event)
        self._heard = story.answers
        module.handler(event, Context())

    @contextmanager
    def listening(self, site: Site) -> Iterator[None]:
        """What the site invokes inside is kept under the function's name."""
        invoke = site.invoke

        def invoked(name: str, module: Any, about: Any, size: int = 0) -> Any:
            story = self.stories[name] = Story(about)
            self._heard = story.answers
            return invoke(name, module, about, size)

        with mock.patch.object(site, "invoke", invoked):
            yield

    def _note(self, operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
        body = response_dict["body"]
        if operation_model.has_streaming_output:
            body = body.read()
            response_dict["body"] = io.BytesIO(body)
        headers = {name: str(value) for name, value in response_dict["headers"].items()}
        self._heard.append(Answer(operation_model.name, response_dict["status_code"], headers, body))


class Stub(ThreadingHTTPServer):
    """Gives the answers of one story, in order, whatever it is asked. `url` is where."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Again)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.left: list[Answer] = []

    def play(self, answers: Sequence[Answer]) -> None:
        self.left = list(answers)

    @contextmanager
    def running(self) -> Iterator[Stub]:
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Again(BaseHTTPRequestHandler):
    """One connection. Everything is written at once: two small writes would wait for each other (Nagle)."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Stub

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.server.left:
            self.send_error(501, "the story has no further call")
            return
        told = self.server.left.pop(0)
        self.send_response(told.status)
        for name, value in told.headers.items():
            if name.lower() not in NOT_AGAIN:
                self.send_header(name, value)
        self.send_header("Content-Length", told.length)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else told.body)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


for verb in ("GET", "HEAD", "PUT", "POST", "DELETE"):
    setattr(_Again, f"do_{verb}", _Again.answer)
