"""The client of the chaos proof keeps the wire contract: pauses, Retry-After, new signatures, half answers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dev.client import Reply
from tests.faults.chaos.sender import FileChanged, Sender
from tests.faults.chaos.wire import GaveUp, Patience, Sent, Wire

OK = Reply(200, {}, {"fine": True})


@dataclass
class Scripted:
    """An API that answers from a list; an exception in it is raised."""

    answers: list[Reply | Exception]
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        self.asked.append((method, path, body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def wire(*answers: Reply | Exception) -> tuple[Wire, list[float]]:
    """A wire to these answers, and the pauses that it makes."""
    pauses: list[float] = []
    return Wire(Scripted(list(answers)), Patience(random.Random(1), pauses.append, tries=4)), pauses


@pytest.mark.parametrize(
    "broken",
    [
        ConnectionResetError(),
        TimeoutError(),
        ValueError("half of a document"),
        Reply(500, {}, {"message": "Internal Server Error"}),
        Reply(200, {}, b""),
        Reply(429, {}, {"code": "rate_limited"}),
    ],
    ids=["reset", "timeout", "half a document", "500", "200 without a document", "429"],
)
def test_what_is_no_answer_is_asked_again(broken: Reply | Exception) -> None:
    """After a pause; an answer whose document is missing is none, even if its first line says 200."""
    made, pauses = wire(broken, OK)
    assert made.ask("GET", "/v1/uploads/x") is OK
    assert (len(pauses), made.troubles) == (1, 1)


@pytest.mark.parametrize("status", [204, 403, 404, 409, 422])
def test_a_refusal_is_an_answer(status: int) -> None:
    """It is not repeated."""
    made, pauses = wire(Reply(status, {}, {"code": "some"} if status != 204 else b""))
    assert (made.ask("GET", "/v1/uploads/x").status, pauses) == (status, [])


def test_retry_after_is_the_least_pause() -> None:
    """However short the jitter would be."""
    made, pauses = wire(Reply(503, {"retry-after": "7"}, {}), OK)
    made.ask("GET", "/v1/uploads/x")
    assert 7 <= pauses[0] <= 7.1


def test_pauses_grow_are_random_and_bounded() -> None:
    """Full jitter: many clients that broke together do not come back together."""
    pauses: list[float] = []
    patience = Patience(random.Random(2), pauses.append)
    for attempt in range(100):
        patience.rest(attempt % 10)
    assert len(set(pauses)) == 100
    assert max(pauses) <= patience.most_seconds
    assert max(pauses[::10]) <= patience.first_seconds


def test_it_gives_up_clearly() -> None:
    """After so many tries the error says what was asked and what came last, without query or host."""
    made, _ = wire(*[ConnectionResetError()] * 4)
    with pytest.raises(GaveUp, match=r"^GET /v1/uploads: ConnectionResetError$"):
        made.ask("GET", "/v1/uploads?cursor=secret")


@dataclass
class Door(Wire):
    """A wire whose S3 answers from a list."""

    answers: list[int] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def put(self, part: Mapping[str, Any], content: bytes) -> Sent:
        self.urls.append(part["url"])
        return Sent(self.answers.pop(0))


def sending(path: Path, s3: list[int], *answers: Reply) -> tuple[Sender, Door, Scripted]:
    """A sender of `path` towards an S3 and an API that answer so."""
    api = Scripted(list(answers))
    door = Door(api, Patience(random.Random(1), lambda _: None, tries=4), answers=s3)
    return Sender(door, path, now=iter(range(100)).__next__), door, api


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "f.bin"
    made.write_bytes(b"hello")
    return made


CRC = "M3eFcAZSQlc="
"""CRC64NVME of b"hello"."""


def view(status: str = "initiated", **changes: Any) -> Reply:
    made = {"id": "u", "status": status, "size": 5, "part_size": 5 << 20, "part_count": 1, "missing": [[1, 1]]}
    return Reply(200, {}, {**made, "checksum": CRC, **changes})


def signed(url: str) -> Reply:
    return Reply(200, {}, {"parts": [{"number": 1, "length": 5, "url": url, "headers": {}}]})


def held(*rows: Mapping[str, Any]) -> Reply:
    return Reply(200, {}, {"parts": list(rows), "cursor": None})


NOTHING, PART = held(), held({"number": 1, "size": 5, "checksum": CRC})
END = (OK, Reply(200, {}, {}), view("completed"))
"""Progress is taken, complete is accepted, and it ends well."""


def test_an_expired_url_is_signed_again(path: Path) -> None:
    """403 means a new signature, not a new upload."""
    sender, door, _ = sending(path, [403, 200], view(), signed("old"), signed("new"), *END)
    assert sender.go_on("u")["status"] == "completed"
    assert door.urls == ["old", "new"]


def test_a_lost_answer_is_noticed(path: Path) -> None:
    """The connection broke, but S3 has the part, with our length and checksum: it is not sent again."""
    sender, door, _ = sending(path, [0], view(), signed("once"), PART, *END)
    assert sender.go_on("u")["status"] == "completed"
    assert door.urls == ["once"]
    assert len(sender.resumes) == 1


def test_a_part_that_did_not_arrive_is_sent_again(path: Path) -> None:
    """S3 was asked in between; the seconds until the bytes flowed again are noted."""
    sender, door, _ = sending(path, [0, 503, 200], view(), signed("url"), NOTHING, NOTHING, *END)
    sender.go_on("u")
    assert door.urls == ["url"] * 3
    assert len(sender.resumes) == 1


def test_missing_parts_at_complete_start_another_round(path: Path) -> None:
    """409 parts_missing is answered by sending them."""
    missing = Reply(409, {}, {"code": "parts_missing"})
    sender, door, _ = sending(
        path, [200, 200], view(), signed("a"), OK, missing, view(), signed("b"), *END, view("completed")
    )
    sender.go_on("u")
    assert door.urls == ["a", "b"]


def test_another_file_is_refused(path: Path) -> None:
    """Its checksum is not the declared one: nothing is signed, nothing sent."""
    sender, door, api = sending(path, [], view(checksum="AAAAAAAAAAA="))
    with pytest.raises(FileChanged):
        sender.go_on("u")
    assert (door.urls, len(api.asked)) == ([], 1)


def test_an_upload_that_has_ended_is_left_alone(path: Path) -> None:
    """Whoever comes after the end is told how it ended."""
    sender, _, api = sending(path, [], view("failed"), view("failed"))
    assert sender.go_on("u")["status"] == "failed"
    assert {method for method, _, _ in api.asked} == {"GET"}
