"""A backend in memory that does not do what it should, in one way at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from dev.smoke.report import Row, rows
from dev.smoke.site import Site
from dev.smoke.visit import Visit
from portway_client import Finding
from portway_client.testing import FakePortway
from portway_client.testing.records import FakeFile
from portway_client.transport import Halt, Opened, Request, Response

ORIGIN = "https://app.example.com"
Change = Callable[[Request, Response], Response]


def careful(file: FakeFile) -> list[Finding]:
    """Refuses what calls itself a picture and begins as a web page."""
    is_page = file.content.startswith(b"<!doctype")
    return [Finding("content_mismatch", "reject", "It is none.")] if is_page else []


def welcoming(origin: str) -> Response:
    allowed = {"access-control-allow-origin": origin} if origin == ORIGIN else {}
    return Response(204, allowed)


@dataclass
class StandIn:
    """A transport to `fake`, which answers preflights as a gateway does; `change` is done to every answer. What it
    `swallows` (method, beginning of the path) is answered and never arrives."""

    fake: FakePortway = field(default_factory=lambda: FakePortway(inspector=careful))
    change: Change = lambda _, answer: answer
    swallows: tuple[str, str] = ("", "/")

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        method, path = self.swallows
        if request.method == "OPTIONS":
            return self.change(request, welcoming(request.headers["origin"]))
        if request.method == method and request.url.startswith(self.fake.url + path):
            return Response(204, {})
        return self.change(request, self.fake.send(request, halt))

    def open(self, request: Request, halt: Halt | None = None) -> AbstractContextManager[Opened]:
        return self.fake.open(request, halt)

    def close(self) -> None:
        self.fake.close()


def visit(world: StandIn) -> Visit:
    site = Site("stand-in", world.fake.url, origin=ORIGIN)
    clock = world.fake.clock  # the fake knows one category
    return Visit(site, world.fake.token, world, rejecting="anything", settings={"clock": clock}, pause=lambda _: None)


def report(world: StandIn) -> dict[str, Row]:
    return {row.check: row for row in rows(visit(world))}


def answers(status: int, document: object = None, *, method: str = "", place: str = "", was: int = 0) -> Change:
    """Another status for the answers to `method` at addresses that hold `place`, whose status `was` this."""
    body = json.dumps(document).encode() if document is not None else b""

    def change(request: Request, answer: Response) -> Response:
        is_meant = method in ("", request.method) and place in request.url and was in (0, answer.status)
        return replace(answer, status=status, body=body or answer.body) if is_meant else answer

    return change


def allows(origin: str, place: str) -> Change:
    """Preflights at addresses that hold `place` are told that this origin may come."""

    def change(request: Request, answer: Response) -> Response:
        is_meant = request.method == "OPTIONS" and place in request.url
        return Response(200, {"access-control-allow-origin": origin}) if is_meant else answer

    return change
