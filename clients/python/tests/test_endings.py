"""How uploads go on and how they end: tokens, expired URLs, pauses, other clients, other machines, and giving up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from clients.python.tests.storms import PART, Remembers, after_puts, as_large, client_of, content_of, fake_portway
from portway_client.aio import AsyncClient
from portway_client.client import Client
from portway_client.engine import OnProgress
from portway_client.errors import (
    Cancelled,
    FileChanged,
    Finding,
    NotResumable,
    Offline,
    Rejected,
    Unauthorized,
    WaitedTooLong,
)
from portway_client.model import Phase, Progress
from portway_client.state import NoState
from portway_client.testing import EXPIRED_TOKEN, SKEWED, FakePortway, Limits, Strike, answered
from portway_client.transfers import Transfer

CONTENT = content_of(30 * PART + 5)


@pytest.fixture(params=["small", "large"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file; once as one that is read before it is declared, once as one that is too large for that."""
    if request.param == "large":
        as_large(monkeypatch)
    path = tmp_path / "a file"
    path.write_bytes(CONTENT)
    return path


def stopped(fake: FakePortway, client: Client, path: Path, act: str, told: OnProgress | None = None) -> Transfer:
    """An upload to which, once S3 has some of its parts, this is done: `pause`, `detach`, `cancel`."""
    begun, ready = list[Transfer](), threading.Event()

    def acts() -> None:
        ready.wait(20)
        getattr(begun[0], act)()

    after_puts(fake, 9, acts)
    begun.append(client.start(path, on_progress=told))
    ready.set()
    return begun[0]


def left(fake: FakePortway, client: Client, path: Path) -> str:
    """The id of an upload that was stopped in its middle."""
    transfer = stopped(fake, client, path, "detach")
    with pytest.raises(Cancelled):
        transfer.wait(20)
    assert 9 <= len(fake.uploads[transfer.upload_id or ""].parts) < 31
    return transfer.upload_id or ""


def test_a_token_that_ends_in_the_middle_is_asked_for_again(path: Path) -> None:
    """A function gives another one; a text cannot, and the error says what to do."""
    fake, given = fake_portway(), list[str]()

    def token() -> str:
        given.append(fake.token_of("owner"))
        return given[-1]

    def ends() -> None:
        fake.tokens.pop(given[-1] if given else fake.token)

    after_puts(fake, 9, ends)
    client_of(fake, token=token).upload(path)
    assert (len(given), fake.files[path.name].content) == (2, CONTENT)
    given.clear()
    after_puts(fake, fake.puts.total() + 9, ends)
    with pytest.raises(Unauthorized):
        client_of(fake).upload(path)


def test_urls_are_signed_anew_before_they_end(path: Path) -> None:
    """A slow line, URLs good for a minute: nothing is ever sent to one that has expired."""
    limits = Limits(part_size=PART, min_part=1, url_seconds=60)
    fake = fake_portway(limits=limits, bytes_per_second=PART / 20)
    client_of(fake, parallel=1).upload(path)
    assert fake.files[path.name].content == CONTENT
    assert [seen.outcome for seen in fake.requests if seen.place == "s3"] == [200] * 31


@pytest.mark.parametrize("strike", [EXPIRED_TOKEN, SKEWED, answered(403, "AccessDenied")], ids=lambda s: s.name)
def test_a_url_that_s3_does_not_take_any_more_is_replaced(strike: Strike, path: Path) -> None:
    """Credentials that ended, a clock that is wrong: each part is signed again and sent again."""
    fake = fake_portway()
    for part in range(1, 32):
        fake.strike(strike, method="PUT", part=part)
    client_of(fake).upload(path)
    assert fake.files[path.name].content == CONTENT


def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    """Retry-After is the least that is waited, on every call and on parts."""
    fake = fake_portway()
    fake.strike(answered(429, "rate_limited", 7), path="/v1/uploads$", method="POST", times=2)
    fake.strike(answered(503, "SlowDown", 9), place="s3")
    client_of(fake).upload(CONTENT, name="f")
    creates = [seen.at for seen in fake.requests if seen.path == "/v1/uploads"]
    assert all(later - earlier >= 7 for earlier, later in pairwise(creates))
    assert [pause for pause in fake.clock.slept if pause >= 7][2] >= 9


def test_no_network_is_waited_for_and_told(path: Path) -> None:
    """For as long as one is willing to wait: budgets of tries are for servers, not for tunnels."""
    fake, told = fake_portway(), list[Progress]()
    after_puts(fake, 5, lambda: fake.offline(1000))
    client_of(fake, offline_seconds=None).upload(path, on_progress=told.append)
    assert fake.files[path.name].content == CONTENT
    assert {"no network" in each.words for each in told if each.phase is Phase.WAITING} == {True}
    after_puts(fake, fake.puts.total() + 5, fake.offline)
    with pytest.raises(Offline):
        client_of(fake, offline_seconds=60).upload(path)


def test_an_upload_that_is_cancelled_elsewhere_ends_here(path: Path) -> None:
    """By another device of the same person: the error says so, at once."""
    fake = fake_portway()
    other = client_of(fake)
    after_puts(fake, 5, lambda: other.cancel(next(iter(fake.uploads))))
    with pytest.raises(Cancelled, match="elsewhere"):
        client_of(fake).upload(path)
    assert fake.puts.total() < 20


def test_giving_up_leaves_no_open_upload(path: Path) -> None:
    """Cancel: S3 forgets its parts, and the server knows."""
    fake = fake_portway()
    transfer = stopped(fake, client_of(fake), path, "cancel")
    with pytest.raises(Cancelled):
        transfer.wait(20)
    assert [str(upload.status) for upload in fake.uploads.values()] == ["cancelled"]


def test_a_pause_stops_at_once_and_nothing_is_sent_twice(path: Path) -> None:
    """What arrived is kept; the rest follows when it goes on."""
    fake, is_told = fake_portway(), threading.Event()

    def told(progress: Progress) -> None:
        if progress.phase is Phase.PAUSED:
            is_told.set()

    transfer = stopped(fake, client_of(fake), path, "pause", told)
    assert is_told.wait(20)
    assert fake.puts.total() < 31
    transfer.resume()
    transfer.wait(20)
    assert fake.files[path.name].content == CONTENT
    assert set(fake.puts.values()) == {1}


@pytest.mark.parametrize("knows", [True, False], ids=["here", "on another machine"])
@pytest.mark.parametrize("checksum", ["crc64nvme", "crc32c"])
def test_an_upload_that_was_left_goes_on_without_sending_anything_twice(
    path: Path, knows: bool, checksum: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it is known by its path; elsewhere by its id, and the file may have another name."""
    monkeypatch.setattr("portway_client.engine.ONE_PUT", PART)
    fake, state = fake_portway(), Remembers()
    upload_id = left(fake, client_of(fake, state=state, checksum=checksum), path)
    held = set(fake.uploads[upload_id].parts)
    if knows:
        client_of(fake, state=state, checksum=checksum).resume(path)
    else:
        there = tmp_path / "another name"
        path.rename(there)
        client_of(fake).resume(there, upload_id)
    assert fake.files["a file"].content == CONTENT
    assert {number for (_, number), times in fake.puts.items() if times > 1} & held == set()
    assert not state.kept or not knows


def test_a_file_that_is_being_checked_is_not_sent_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives up waiting, or is killed then, and sends the same file later, gets the file that was sent."""
    monkeypatch.setattr("portway_client.engine.ONE_PUT", PART)
    fake, state = fake_portway(inspect_seconds=100), Remembers()
    with pytest.raises(WaitedTooLong):
        client_of(fake, state=state).upload(path, timeout=10)
    file = client_of(fake, state=state).upload(path)
    assert [file.id] == list(fake.uploads)
    assert set(fake.puts.values()) == {1}
    assert not state.kept


def test_another_file_is_not_mixed_with_what_was_sent(path: Path) -> None:
    """Resuming with other bytes is refused; nothing of either is published."""
    fake = fake_portway()
    upload_id = left(fake, client_of(fake), path)
    at = PART * (min(fake.uploads[upload_id].parts) - 1)
    path.write_bytes(CONTENT[:at] + bytes([CONTENT[at] ^ 1]) + CONTENT[at + 1 :])
    with pytest.raises(FileChanged):
        client_of(fake).resume(path, upload_id)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(FileChanged):
        client_of(fake).resume(path, upload_id)
    with pytest.raises(NotResumable):
        client_of(fake).resume(path)
    assert fake.files == {}


def test_two_clients_on_one_upload_end_with_one_file(path: Path) -> None:
    """They may both send, nobody is the worse for it."""
    fake = fake_portway()
    upload_id = left(fake, client_of(fake), path)
    both = [client_of(fake).start_resume(path, upload_id) for _ in range(2)]
    found = [each.wait(20) for each in both]
    assert {file.id for file in found if file} == {upload_id}
    assert fake.files[path.name].content == CONTENT


def test_a_stream_is_read_no_further_ahead_than_it_is_sent() -> None:
    """Its parts take memory or disk: a few more than can be on their way, whatever its length."""
    fake, made, most = fake_portway(), [0], [0]

    def stream() -> Iterator[bytes]:
        for _ in range(200):
            made[0] += 1
            most[0] = max(most[0], made[0] - fake.puts.total())
            yield bytes(PART)

    client_of(fake, parallel=4).upload(stream(), name="s")
    assert len(fake.files["s"].content) == 200 * PART
    assert most[0] <= 4 + 4 + 2


def test_a_rejected_file_says_why() -> None:
    """Reason and findings are the inspection's."""
    finding = Finding("macro", "reject", "It holds macros.")
    fake = fake_portway(inspector=lambda _: [finding])
    with pytest.raises(Rejected) as caught:
        client_of(fake).upload(b"x", name="f.docm")
    assert (caught.value.reason, caught.value.findings) == ("rejected", (finding,))
    assert "It holds macros." in str(caught.value)


def test_progress_ends_with_everything_and_an_observer_that_raises_stops_nothing(path: Path) -> None:
    """Bytes and parts add up whatever had to be sent again."""
    fake, told = fake_portway(), list[Progress]()
    for part in range(1, 10):
        fake.strike(answered(500, "InternalError"), place="s3", part=part)

    def observer(progress: Progress) -> None:
        told.append(progress)
        raise RuntimeError("no screen")

    client_of(fake).upload(path, on_progress=observer)
    last = told[-1]
    assert (last.phase, last.bytes, last.total) == (Phase.DONE, len(CONTENT), len(CONTENT))
    assert (last.parts_done, last.parts) == (31, 31)


async def test_a_task_that_is_cancelled_leaves_its_upload_to_be_gone_on_with(path: Path) -> None:
    """asyncio: the connection is cut off at once, no thread is left behind, and resume sends the rest."""
    fake = fake_portway()
    loop, reached = asyncio.get_running_loop(), asyncio.Event()
    after_puts(fake, 9, lambda: loop.call_soon_threadsafe(reached.set))
    async with AsyncClient(fake.url, token=fake.token, transport=fake, state=NoState()) as client:
        task = asyncio.create_task(client.upload(path))
        await asyncio.wait_for(reached.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        upload_id, before = next(iter(fake.uploads)), fake.puts
        if fake.uploads[upload_id].status.is_open:
            file = await client.resume(path, upload_id)
            assert file.size == len(CONTENT)
            assert not (fake.puts - before).keys() & before.keys()
    assert fake.files[path.name].content == CONTENT
