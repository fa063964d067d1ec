"""Giving up while a question is on its way: whatever the server made of it, no open upload is left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from clients.python.tests.storms import PART, Remembers, after_puts, as_large, client_of, content_of
from portway_client import AsyncClient, Cancelled, Client, NoState, Transfer
from portway_client.testing import FakePortway, Limits, Seen
from portway_client.transfers import Steered
from portway_client.transport import Halt, NoAnswer, Request, Response, Trouble

CONTENT = content_of(30 * PART)
S = TypeVar("S", bound=Steered)
is_late = pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "lost"])


class Hand:
    """What steers an upload from within its own requests, the first of which may come before `start` returns."""

    def __init__(self) -> None:
        self._holds = threading.Event()

    def on(self, upload: S) -> S:
        self._upload = upload
        self._holds.set()
        return upload

    def does(self, *acts: str) -> None:
        self._holds.wait(20)
        for act in acts:
            getattr(self._upload, act)()


class CutsOff(FakePortway):
    """`cuts` is the method whose next request `act` cuts off: before it arrived, or when it was carried out."""

    def __init__(self) -> None:
        super().__init__(limits=Limits(part_size=PART, min_part=1))
        self.cuts, self.arrives = "", False
        self.act: Callable[[], None] = lambda: None

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        if request.method != self.cuts:
            return super().send(request, halt)
        self.cuts = ""
        if self.arrives:
            super().send(request)
        self.act()
        raise NoAnswer(Trouble.HALTED, "cut off")

    @property
    def statuses(self) -> list[str]:
        return [str(upload.status) for upload in self.uploads.values()]


def cutting(method: str, arrives: bool) -> tuple[CutsOff, Hand]:
    fake, hand = CutsOff(), Hand()
    fake.cuts, fake.arrives, fake.act = method, arrives, lambda: hand.does("cancel")
    return fake, hand


@is_late
def test_what_is_cancelled_while_it_is_declared_is_not_left_open(arrives: bool) -> None:
    """The answer with the id was cut off: it is asked for again, and the server forgets the upload."""
    fake, hand = cutting("POST", arrives)
    with pytest.raises(Cancelled) as caught:
        hand.on(client_of(fake).start(CONTENT, name="f")).wait(20)
    assert fake.statuses == ["cancelled"]
    assert [caught.value.upload_id] == list(fake.uploads)


@is_late
async def test_the_same_by_a_task(arrives: bool) -> None:
    """Of an event loop: there is one flow, whoever drives it."""
    fake, hand = cutting("POST", arrives)
    async with AsyncClient(fake.url, fake.token, transport=fake, state=NoState()) as client:
        with pytest.raises(Cancelled):
            await hand.on(client.start(CONTENT, name="f"))
    assert fake.statuses == ["cancelled"]


def test_what_is_cancelled_before_it_is_declared_never_was() -> None:
    """Nothing is created only to be forgotten."""
    fake, hand = CutsOff(), Hand()
    transfer = client_of(fake).start(CONTENT, name="f", on_progress=lambda _: hand.does("cancel"))
    with pytest.raises(Cancelled):
        hand.on(transfer).wait(20)
    assert fake.requests == []


def test_impatience_does_not_cut_off_the_last_words() -> None:
    """Cancelled again, paused or detached while the server is told, it is told all the same."""
    fake, hand = CutsOff(), Hand()

    def look(seen: Seen) -> None:
        if seen.method == "PUT":
            hand.does("cancel")
        if seen.method == "DELETE":
            hand.does("cancel", "pause", "detach")

    fake.on_request = look
    with pytest.raises(Cancelled):
        hand.on(client_of(fake).start(CONTENT, name="f")).wait(20)
    assert fake.statuses == ["cancelled"]


@pytest.mark.parametrize("again", [Client.start, Client.start_resume], ids=["sent again", "resumed"])
def test_what_was_begun_before_is_forgotten_too(
    again: Callable[[Client, Path], Transfer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled while the server is asked how far it was: that upload is the one that is given up."""
    as_large(monkeypatch)
    fake, state, path, hand = CutsOff(), Remembers(), tmp_path / "film", Hand()
    path.write_bytes(CONTENT)
    after_puts(fake, 3, lambda: hand.does("detach"))
    with pytest.raises(Cancelled):
        hand.on(client_of(fake, state=state).start(path)).wait(20)
    assert fake.statuses == ["in_progress"]
    hand = Hand()
    fake.cuts, fake.act = "GET", lambda: hand.does("cancel")
    with pytest.raises(Cancelled):
        hand.on(again(client_of(fake, state=state), path)).wait(20)
    assert fake.statuses == ["cancelled"]
    assert not state.kept
