"""One upload from its declaration to the published file: what is asked, how often, and what comes out."""

from __future__ import annotations

import io
from collections import deque
from pathlib import Path

import pytest

from clients.python.tests.fakes import PART, asked, client_of, fake_portway, file_of, parts_sent
from portway_client import (
    Cancelled,
    ChecksumMismatch,
    Expired,
    FileChanged,
    Finding,
    PartRefused,
    Phase,
    Progress,
    Rejected,
    Unavailable,
    WaitedTooLong,
)
from portway_client.asking import Patience
from portway_client.control import Control
from portway_client.model import SignedPart
from portway_client.pace import Pace
from portway_client.plan import Plan
from portway_client.sending import Sending
from portway_client.testing import (
    CORRUPT,
    EXPIRED_TOKEN,
    LOST,
    RESET,
    SKEWED,
    SLOW_DOWN,
    STALLED,
    FakePortway,
    answered,
)

TEN_PARTS = 10 * PART - 3
PUTS = {"place": "s3", "method": "PUT"}


def sent(fake: FakePortway, folder: Path, size: int = TEN_PARTS) -> None:
    """A file goes through, whatever the fake does to it."""
    path = file_of(folder, size)
    client_of(fake).upload(path)
    assert fake.files[path.name].content == path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART, 100 * PART + 1])
def test_what_is_published_is_the_file(tmp_path: Path, size: int) -> None:
    """Every byte, from no part at all to many."""
    sent(fake_portway(), tmp_path, size)


def test_a_small_file_takes_three_requests_and_a_look(tmp_path: Path) -> None:
    """Create with the checksum, one PUT of the whole object, then the status until it is published, and the file."""
    fake = fake_portway()
    sent(fake, tmp_path, PART)
    assert [(seen.place, seen.method) for seen in fake.requests] == [
        ("api", "POST"),
        ("s3", "PUT"),
        ("api", "GET"),
        ("api", "GET"),
    ]


def test_bytes_are_bound_before_they_are_sent() -> None:
    """Where checksums are known before signing, S3 takes no others: a bit that turned is refused, and sent again."""
    fake = fake_portway()
    fake.strike(CORRUPT, part=4, **PUTS)
    content = bytes(range(5 * PART))
    client_of(fake).upload(content, name="bytes")
    assert fake.files["bytes"].content == content
    assert [seen.outcome for seen in fake.requests if seen.part == 4] == [400, 200]


@pytest.mark.parametrize("size", [3 * PART, 200 * PART - 1])
def test_another_algorithm_is_bound_also_for_large_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """S3 answers the checksum of a part by itself for crc64nvme only; with crc32c a bit that turned is refused."""
    monkeypatch.setattr("portway_client.flow.ONE_PUT", -1)
    fake, path = fake_portway(), file_of(tmp_path, size)
    fake.strike(CORRUPT, part=2, **PUTS)
    client_of(fake, checksum="crc32c").upload(path)
    assert fake.files[path.name].content == path.read_bytes()
    assert [seen.outcome for seen in fake.requests if seen.part == 2] == [400, 200]


def test_parts_are_signed_in_windows(tmp_path: Path) -> None:
    """Five hundred parts take dozens of signing requests, not five hundred. How few depends on how threads take turns:
    whoever waits lets the fake's time pass, and what was signed may be over then."""
    fake = fake_portway()
    sent(fake, tmp_path, 500 * PART)
    assert 1 <= asked(fake, "POST", "/parts") <= 100
    assert sorted(parts_sent(fake)) == list(range(1, 501))


def test_urls_that_ended_while_nobody_sent_are_signed_again_together(tmp_path: Path) -> None:
    """After an hour without network all signed parts are over; a few requests sign them anew, not one for each part."""
    fake, path = fake_portway(), file_of(tmp_path, 60 * PART)
    fake.on_request = lambda seen: fake.offline(3600) if seen.part == 3 and fake.clock.now() < 1 else None
    client_of(fake, parallel=1).upload(path)
    assert fake.files[path.name].content == path.read_bytes()
    assert 403 not in {seen.outcome for seen in fake.requests}
    assert asked(fake, "POST", "/parts") <= 12


@pytest.mark.parametrize("strike", [RESET, LOST, STALLED, SLOW_DOWN, EXPIRED_TOKEN, SKEWED, CORRUPT, answered(500)])
def test_a_part_that_did_not_arrive_is_sent_again(tmp_path: Path, strike: object) -> None:
    """Whatever happened to it, three times in a row."""
    fake = fake_portway()
    fake.strike(strike, times=3, part=2, **PUTS)  # type: ignore[arg-type]
    sent(fake, tmp_path)


def test_a_part_that_never_arrives_is_an_error(tmp_path: Path) -> None:
    """Four times in a row with nothing else getting through is the end; what was sent is kept for a resume."""
    fake = fake_portway()
    fake.strike(RESET, times=99, **PUTS)
    with pytest.raises(Unavailable, match="Part 1") as caught:
        client_of(fake, parallel=1).upload(file_of(tmp_path, TEN_PARTS))
    assert fake.uploads[str(caught.value.upload_id)].state == "OPEN"


def test_one_part_may_fail_longer_while_others_get_through(tmp_path: Path) -> None:
    """A row of failures ends when anything gets through; but one part has its own, longer budget."""
    fake = fake_portway()
    fake.strike(RESET, times=999, part=1, **PUTS)
    with pytest.raises(Unavailable, match="Part 1"):
        client_of(fake).upload(file_of(tmp_path, 200 * PART))
    assert 4 <= parts_sent(fake).count(1) <= 13


def test_new_urls_that_are_refused_are_an_error(tmp_path: Path) -> None:
    """A proxy that changes requests makes every signature wrong; the error says where to look."""
    fake = fake_portway()
    fake.strike(answered(403, "SignatureDoesNotMatch"), times=99, **PUTS)
    with pytest.raises(PartRefused, match="portway doctor"):
        client_of(fake).upload(file_of(tmp_path, TEN_PARTS))


def test_bytes_that_always_turn_are_an_error() -> None:
    """Memory or a network that changes bytes is named."""
    fake = fake_portway()
    fake.strike(CORRUPT, times=999, part=2, **PUTS)
    with pytest.raises(ChecksumMismatch):
        client_of(fake).upload(bytes(3 * PART))


def test_parts_that_s3_lost_are_sent_again(tmp_path: Path) -> None:
    """Complete names what is missing; only that is sent."""
    fake = fake_portway()

    def lose(seen: object) -> None:
        upload = next(iter(fake.world.uploads.values()), None)
        if upload and getattr(seen, "path", "").endswith("/complete") and len(parts_sent(fake)) == 10:
            upload.parts.pop(3)

    fake.on_request = lose
    sent(fake, tmp_path)
    assert sorted(parts_sent(fake)) == sorted([*range(1, 11), 3])


def test_a_stream_needs_no_length() -> None:
    """An iterator of any pieces, read once and in order; its size is said at the end."""
    fake = fake_portway()
    pieces = [bytes([number]) * (number % 5) for number in range(60)]
    client_of(fake).upload(iter(pieces), name="stream.bin")
    assert fake.files["stream.bin"].content == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, PART, 2 * PART, 2 * PART + 1])
def test_a_file_object_is_read_to_its_end(size: int) -> None:
    """Also when it ends where a part does, or has nothing in it."""
    fake = fake_portway()
    client_of(fake).upload(io.BytesIO(bytes(range(size))), name="stream.bin")
    assert fake.files["stream.bin"].content == bytes(range(size))


def test_a_file_that_changes_meanwhile_is_not_published(tmp_path: Path) -> None:
    """Its time or size changed while it was sent: FileChanged, and the server forgets the upload."""
    fake, path = fake_portway(), file_of(tmp_path, TEN_PARTS)
    fake.on_request = lambda seen: path.write_bytes(b"x" * TEN_PARTS) and None if seen.part == 5 else None
    with pytest.raises(FileChanged):
        client_of(fake).upload(path)
    assert [upload.state for upload in fake.uploads.values()] == ["ABORTED"]


def test_a_rejected_file_says_why() -> None:
    """The findings are the exception's, in words."""
    found = Finding("eicar", "reject", "It holds malware.")
    fake = fake_portway(inspector=lambda _: [found])
    with pytest.raises(Rejected, match="It holds malware") as caught:
        client_of(fake).upload(b"evil")
    assert caught.value.findings == (found,)


def test_a_file_in_review_is_told_apart() -> None:
    """`reason` is in_review: an operator may still release it."""
    fake = fake_portway(inspector=lambda _: [Finding("macro", "review", "It holds a macro.")])
    with pytest.raises(Rejected, match="operator") as caught:
        client_of(fake).upload(b"odd")
    assert caught.value.reason == "in_review"


def test_an_upload_that_ended_elsewhere_says_how(tmp_path: Path) -> None:
    """Cancelled by another device in the middle: that is the error, whatever S3 answered to our parts."""
    fake = fake_portway()
    other = client_of(fake)

    def cancel(seen: object) -> None:
        if getattr(seen, "part", 0) == 5 and all(upload.state == "OPEN" for upload in fake.uploads.values()):
            other.cancel(next(iter(fake.uploads)))

    fake.on_request = cancel
    with pytest.raises((Cancelled, Expired)):
        client_of(fake).upload(file_of(tmp_path, TEN_PARTS))


def test_waiting_for_inspection_has_an_end_if_wished() -> None:
    """`timeout` ends the waiting; the upload goes on, and its file can be had later."""
    fake = fake_portway(inspect_seconds=1000)
    client = client_of(fake)
    with pytest.raises(WaitedTooLong) as caught:
        client.upload(b"hello", timeout=60)
    assert client.wait(str(caught.value.upload_id)).size == 5


def test_progress_ends_where_the_file_does(tmp_path: Path) -> None:
    """Phases in their order, bytes and parts up to all of them; never more than all."""
    fake, seen = fake_portway(), list[Progress]()
    fake.strike(RESET, times=2, part=2, **PUTS)
    client_of(fake).upload(file_of(tmp_path, TEN_PARTS), on_progress=seen.append)
    phases = [progress.phase for progress in seen]
    assert [phase for phase in dict.fromkeys(phases) if phase is not Phase.WAITING] == [
        Phase.PREPARING,
        Phase.SENDING,
        Phase.COMPLETING,
        Phase.CHECKING,
        Phase.DONE,
    ]
    assert all(progress.bytes <= TEN_PARTS for progress in seen)
    last = seen[-1]
    assert (last.bytes, last.total, last.parts_done, last.parts) == (TEN_PARTS, TEN_PARTS, 10, 10)


def test_an_observer_that_raises_stops_nothing(tmp_path: Path) -> None:
    """Its exception is logged, the file gets through."""

    def raises(_: Progress) -> None:
        raise RuntimeError("the screen is gone")

    fake, path = fake_portway(), file_of(tmp_path, TEN_PARTS)
    client_of(fake).upload(path, on_progress=raises)
    assert path.name in fake.files


@pytest.mark.parametrize(("ready", "asks"), [(0, True), (7, True), (8, False), (20, False)])
def test_no_sender_waits_for_a_signature(ready: int, asks: bool) -> None:
    """The next window is asked for while four senders have two signed parts each, not when the last one is gone."""
    plan = Plan("U", "crc64nvme", PART, 100 * PART, deque(range(1, 101)), binds=False, turns_ahead=4)
    signed = [SignedPart(number, PART, "https://s3.test", {}, 900.0) for number in range(1, ready + 1)]
    sending = Sending(plan, Control(lambda: 0.0), Pace(4), Patience(), lambda _: iter(()), signed)  # type: ignore[arg-type, return-value]
    assert sending._wants_more is asks
