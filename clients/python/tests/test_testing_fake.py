"""The fake that users' tests run on: faults, clock, inspectors and the log of requests. (What it answers is compared
with the running stack in tests/stack/test_client_fake.py.)"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portway_client import wire
from portway_client.errors import Finding
from portway_client.testing import (
    CORRUPT,
    LATE,
    LOST,
    RESET,
    SLOW_DOWN,
    UNREACHABLE,
    FakePortway,
    Limits,
    SimulatedClock,
    answered,
    storm,
)
from portway_client.transport import Halt, NoAnswer, Request, Response, Trouble

SMALL = Limits(part_size=4, min_part=1)
DECLARED = {"name": "f", "size": 10, "content_type": "x/y", "strategy": "multipart"}


@dataclass
class Pieces:
    """A body in pieces; `halt` is set after the first."""

    content: bytes
    halt: Halt | None = None

    @property
    def length(self) -> int:
        return len(self.content)

    def pieces(self) -> Iterator[bytes]:
        for at in range(len(self.content)):
            yield self.content[at : at + 1]
            if self.halt:
                self.halt.set()


def ask(fake: FakePortway, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {fake.token}", "Content-Type": "application/json"}
    data = b"" if body is None else json.dumps(body).encode()
    answer = fake.send(Request(method, fake.url + path, headers, data))
    return answer.status, json.loads(answer.body) if answer.body else None


def put(fake: FakePortway, part: Any, content: bytes) -> Response:
    return fake.send(Request("PUT", part["url"], part["headers"], Pieces(content)))


def sent(fake: FakePortway, content: bytes = b"0123456789") -> str:
    """A whole file in parts; its upload's id."""
    _, made = ask(fake, "POST", "/v1/uploads", {**DECLARED, "size": len(content)})
    for part in made["signed"]["parts"]:
        assert put(fake, part, content[4 * (part["number"] - 1) :][: part["length"]]).status == 200
    assert ask(fake, "POST", f"/v1/uploads/{made['id']}/complete", {"size": len(content)})[0] in (200, 202)
    return str(made["id"])


def test_a_file_that_was_sent_can_be_looked_at_and_its_requests_too() -> None:
    """What a user's test asserts on: contents by name, uploads by id, how often each part was taken."""
    fake = FakePortway(limits=SMALL)
    upload_id = sent(fake)
    assert fake.files["f"].content == b"0123456789"
    assert str(fake.uploads[upload_id].status) == "completed"
    assert fake.puts == {(upload_id, 1): 1, (upload_id, 2): 1, (upload_id, 3): 1}
    assert [seen.outcome for seen in fake.requests] == [201, 200, 200, 200, 200]
    assert "token" not in repr(fake) + repr(fake.requests)


@pytest.mark.parametrize(
    ("severity", "code", "status", "reason"),
    [
        ("reject", "macro", "failed", "rejected"),
        ("reject", "infected", "failed", "infected"),
        ("review", "odd", "failed", "in_review"),
        ("warning", "odd", "completed", None),
    ],
)
def test_an_inspector_of_your_own_decides(severity: str, code: str, status: str, reason: str | None) -> None:
    """Rejected, infected, left to an operator, or published with a warning."""
    fake = FakePortway(limits=SMALL, inspector=lambda file: [Finding(code, severity, f"{len(file.content)} bytes")])
    _, found = ask(fake, "GET", f"/v1/uploads/{sent(fake)}")
    assert (found["status"], found["reason"]) == (status, reason)
    assert found["findings"] == [{"code": code, "severity": severity, "words": "10 bytes"}]


def test_a_file_that_nobody_could_inspect_is_tried_again() -> None:
    """An inspector that raises: `error`, and retry has the same bytes inspected once more."""
    answers: list[Any] = [RuntimeError("no scanner"), ()]

    def inspector(_: object) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    fake = FakePortway(limits=SMALL, inspector=inspector)
    at = f"/v1/uploads/{sent(fake)}"
    assert ask(fake, "GET", at)[1]["reason"] == "error"
    assert ask(fake, "POST", f"{at}/retry")[0] == 202
    assert ask(fake, "GET", at)[1]["status"] == "completed"


class Hurries(SimulatedClock):
    """Each look at it takes a second, as when other threads move it on meanwhile."""

    def now(self) -> float:
        self.advance(1)
        return super().now()


@pytest.mark.parametrize("form", ["template", "urls"])
def test_time_that_passes_while_it_signs_does_no_harm(form: str) -> None:
    """What is signed together is good together, and lives as long as is said."""
    fake = FakePortway(limits=SMALL, clock=Hurries())
    _, made = ask(fake, "POST", "/v1/uploads", {**DECLARED, "window": 0})
    _, signed = ask(fake, "POST", f"/v1/uploads/{made['id']}/parts", {"numbers": [1, 2, 3], "form": form})
    assert wire.lifetime(signed) == SMALL.url_seconds
    parts = [{"url": part.url, "headers": part.headers} for part in wire.signed(signed, 0, {1: 4, 2: 4, 3: 2}, {})]
    assert [put(fake, part, b"0123").status for part in parts[:2]] == [200, 200]


def test_time_passes_on_its_clock_only() -> None:
    """Completing and inspecting take what they are said to take, URLs and uploads end when their time is over."""
    fake = FakePortway(limits=SMALL, complete_seconds=3, inspect_seconds=4)
    at = f"/v1/uploads/{sent(fake)}"
    words = []
    for _ in range(3):
        words.append(ask(fake, "GET", at)[1]["status"])
        fake.clock.advance(3.5)
    assert words == ["completing", "processing", "completed"]
    _, made = ask(fake, "POST", "/v1/uploads", DECLARED)
    fake.clock.advance(901)
    answer = put(fake, made["signed"]["parts"][0], b"0123")
    assert (answer.status, b"Request has expired" in answer.body) == (403, True)
    fake.clock.advance(86_400)
    assert ask(fake, "GET", f"/v1/uploads/{made['id']}")[1]["status"] == "expired"


def test_a_strike_says_what_becomes_of_a_request() -> None:
    """Before or after its effect, with or without an answer; each rule only as often as it was said."""
    fake = FakePortway(limits=SMALL)
    _, made = ask(fake, "POST", "/v1/uploads", DECLARED)
    part = made["signed"]["parts"][0]
    troubles = {RESET: Trouble.BROKEN, LOST: Trouble.BROKEN, LATE: Trouble.TIMEOUT, UNREACHABLE: Trouble.CONNECT}
    for number, (strike, trouble) in enumerate(troubles.items()):
        fake.strike(strike, method="PUT", part=1)
        with pytest.raises(NoAnswer) as caught:
            put(fake, part, b"0123")
        assert caught.value.trouble is trouble
        assert len(fake.uploads[made["id"]].parts) == (number > 0)
    fake.strike(SLOW_DOWN, place="s3")
    assert put(fake, part, b"0123").status == 503
    fake.strike(answered(429, "rate_limited", 7), path="/parts$", after=1)
    statuses = [ask(fake, "POST", f"/v1/uploads/{made['id']}/parts", {"numbers": [1]})[0] for _ in range(3)]
    assert statuses == [200, 429, 200]


def test_corrupted_bytes_are_found_where_a_checksum_was_given() -> None:
    """A part whose checksum is in its URL is refused; without one the bytes are S3's, as they came."""
    fake = FakePortway(limits=SMALL)
    _, made = ask(fake, "POST", "/v1/uploads", DECLARED)
    part = made["signed"]["parts"][0]
    fake.strike(CORRUPT, times=2, method="PUT")
    assert put(fake, part, b"0123").status == 200
    shown = fake.uploads[made["id"]].parts[1]
    assert shown.content == b"0133"
    body = {"numbers": [1], "checksums": {"1": shown.checksum}}
    _, signed = ask(fake, "POST", f"/v1/uploads/{made['id']}/parts", body)
    answer = put(fake, signed["parts"][0], b"0133")
    assert (answer.status, b"BadDigest" in answer.body) == (400, True)


def test_offline_ends_when_it_was_said_to() -> None:
    """Nothing can be reached until its time is over on the clock, or until it is called off."""
    fake = FakePortway()
    fake.offline(60)
    with pytest.raises(NoAnswer) as caught:
        ask(fake, "GET", "/v1/uploads")
    assert caught.value.trouble is Trouble.CONNECT
    fake.clock.advance(60)
    assert ask(fake, "GET", "/v1/uploads")[0] == 200
    fake.offline()
    fake.offline(0)
    assert ask(fake, "GET", "/v1/uploads")[0] == 200


def test_a_storm_breaks_the_same_requests_for_the_same_seed() -> None:
    """So that a failure can be told by its seed."""

    def outcomes(seed: int) -> list[object]:
        fake = FakePortway()
        fake.faults = storm(seed, 0.7)
        for _ in range(40):
            try:
                ask(fake, "GET", "/v1/uploads")
            except NoAnswer:
                continue
        return [seen.outcome for seen in fake.requests]

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert len(set(map(str, outcomes(1)))) > 3


def test_a_halt_ends_a_request_in_the_middle_of_its_body() -> None:
    """As with the true transport: what was halted has no answer, and S3 has nothing of it."""
    fake, halt = FakePortway(limits=SMALL), Halt()
    _, made = ask(fake, "POST", "/v1/uploads", DECLARED)
    part = made["signed"]["parts"][0]
    with pytest.raises(NoAnswer) as caught:
        fake.send(Request("PUT", part["url"], part["headers"], Pieces(b"0123", halt)), halt)
    assert caught.value.trouble is Trouble.HALTED
    assert fake.uploads[made["id"]].parts == {}


def test_a_download_breaks_in_its_middle_and_goes_on_by_ranges() -> None:
    """What loses an answer lets half of it through; a range gives the rest."""
    fake = FakePortway(limits=SMALL)
    _, link = ask(fake, "GET", f"/v1/files/{sent(fake)}/url")
    fake.strike(LOST, method="GET", place="s3")
    got = bytearray()

    def read(**headers: str) -> int:
        with fake.open(Request("GET", link["url"], headers)) as opened:
            for piece in opened.pieces:
                got.extend(piece)
            return opened.status

    with pytest.raises(NoAnswer):
        read()
    assert got == b"01234"
    assert read(Range="bytes=5-") == 206
    assert got == b"0123456789"


def test_tokens_end_when_they_are_taken_away() -> None:
    """The gateway's 401, which is no problem document; another token opens the door again."""
    fake = FakePortway()
    fake.tokens.clear()
    assert ask(fake, "GET", "/v1/uploads") == (401, {"message": "Unauthorized"})
    fake.token = fake.token_of("owner")
    assert ask(fake, "GET", "/v1/uploads")[0] == 200


def test_the_example_of_the_readme_runs() -> None:
    """What it says about testing one's own code is so."""
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    example = text.partition("```python\n")[2].partition("```")[0]
    found: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), found)
    found["client"].upload(b"again", name="later.txt")
    assert found["fake"].files["later.txt"].content == b"again"
