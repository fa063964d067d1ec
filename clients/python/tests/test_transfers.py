"""Uploads in the background, many at a time, and gone on with after the end of a process."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clients.python.tests.fakes import PART, client_of, fake_portway, file_of, parts_sent
from portway_client import (
    AsyncClient,
    Cancelled,
    FileChanged,
    InvalidRequest,
    NoState,
    NotResumable,
    Phase,
    Status,
    Transfer,
    Unavailable,
)
from portway_client.testing import CORRUPT, RESET, FakePortway
from portway_client.testing.faults import Seen

SIZE = 40 * PART


def at_part(fake: FakePortway, number: int, what: Callable[[], object]) -> None:
    """Do something once, at the moment in which that part is about to be sent."""
    done = threading.Event()

    def look(seen: Seen) -> None:
        if seen.part == number and not done.is_set():
            done.set()
            what()

    fake.on_request = look


def test_pause_stops_and_resume_goes_on(tmp_path: Path) -> None:
    """Nothing is sent while it is paused; afterwards everything is."""
    fake, path = fake_portway(), file_of(tmp_path, SIZE)
    client, paused = client_of(fake), threading.Event()
    box: list[Transfer] = []

    def pause() -> None:
        box[0].pause()
        paused.set()

    at_part(fake, 10, pause)
    ready = threading.Event()
    first = fake.on_request
    fake.on_request = lambda seen: (ready.wait(10), first(seen))
    box.append(client.start(path))
    ready.set()
    assert paused.wait(10)
    assert box[0].progress.phase is Phase.PAUSED
    box[0].resume()
    box[0].wait(10)
    assert fake.files[path.name].content == path.read_bytes()


def stopped(fake: FakePortway, path: Path, how: str, part: int = 20) -> str:
    """The id of an upload that was stopped in the middle."""
    ready = threading.Event()
    box: list[Transfer] = []
    at_part(fake, part, lambda: getattr(box[0], how)())
    first = fake.on_request
    fake.on_request = lambda seen: (ready.wait(10), first(seen))
    box.append(client_of(fake).start(path))
    ready.set()
    with pytest.raises(Cancelled):
        box[0].wait(10)
    fake.on_request = lambda _: None
    return str(box[0].upload_id)


def test_cancel_leaves_nothing(tmp_path: Path) -> None:
    """The server forgets the upload at once."""
    fake = fake_portway()
    upload_id = stopped(fake, file_of(tmp_path, SIZE), "cancel")
    assert fake.uploads[upload_id].state == "ABORTED"


def test_what_was_detached_is_gone_on_with(tmp_path: Path) -> None:
    """Parts that S3 has are compared and not sent again."""
    fake, path = fake_portway(), file_of(tmp_path, SIZE)
    upload_id = stopped(fake, path, "detach")
    there = set(fake.uploads[upload_id].parts)
    before = len(parts_sent(fake))
    assert there
    client_of(fake).resume(path, upload_id)
    assert set(parts_sent(fake)[before:]) == set(range(1, 41)) - there
    assert fake.files[path.name].content == path.read_bytes()


def test_another_file_is_refused(tmp_path: Path) -> None:
    """Of another size, or with other bytes in what was sent: FileChanged. The upload stays for the right file."""
    fake, path = fake_portway(), file_of(tmp_path, SIZE)
    upload_id = stopped(fake, path, "detach")
    shorter, other = file_of(tmp_path, SIZE - 1, "shorter"), tmp_path / "other"
    other.write_bytes(b"x" * SIZE)
    for wrong in (shorter, other):
        with pytest.raises(FileChanged):
            client_of(fake).resume(wrong, upload_id)
    assert fake.uploads[upload_id].state == "OPEN"
    assert client_of(fake).resume(path, upload_id).size == SIZE


def test_a_stream_is_not_gone_on_with(tmp_path: Path) -> None:
    """What was read of it is gone; the error says so before anything is sent."""
    fake = fake_portway()
    upload_id = stopped(fake, file_of(tmp_path, SIZE), "detach")
    with pytest.raises(NotResumable):
        client_of(fake).resume(io.BytesIO(bytes(SIZE)), upload_id)


def test_resuming_what_is_through_gives_the_file(tmp_path: Path) -> None:
    """Somebody else finished it: nothing is sent, the file is the answer."""
    fake, path = fake_portway(), file_of(tmp_path, SIZE)
    client = client_of(fake)
    file = client.upload(path)
    before = len(parts_sent(fake))
    assert client.resume(path, file.id).id == file.id
    assert len(parts_sent(fake)) == before


def test_many_files_and_one_bad(tmp_path: Path) -> None:
    """Each outcome is told; the one that the server refuses stops no other."""
    fake = fake_portway()
    paths = [file_of(tmp_path, 3 * number, f"{number}.bin") for number in range(30)]
    bad = tmp_path / "no such file"
    outcomes = {str(each.source): each for each in client_of(fake).upload_many([*paths, bad])}
    assert all(outcomes[str(path)].file for path in paths)
    assert outcomes[str(bad)].error is not None
    assert {name: file.content for name, file in fake.files.items()} == {path.name: path.read_bytes() for path in paths}


def test_files_are_opened_as_they_are_needed(tmp_path: Path) -> None:
    """A million files are no million open files: the iterable is asked for the next one when one has ended."""
    fake, asked_for = fake_portway(), 0

    def sources() -> object:
        nonlocal asked_for
        for number in range(100):
            asked_for += 1
            yield b"x" * number

    outcomes = client_of(fake).upload_many(sources(), files_at_once=4)  # type: ignore[arg-type]
    next(outcomes)
    assert asked_for <= 12
    assert len(list(outcomes)) == 99


def test_a_refusal_before_anything_is_sent() -> None:
    """What the policy refuses is refused in `start`'s wait, with every fault."""
    fake = fake_portway()
    with pytest.raises(InvalidRequest):
        client_of(fake).start(b"hello", name="..").wait(10)


def test_a_download_goes_on_where_it_broke(tmp_path: Path) -> None:
    """By ranges; the file appears when it is whole and its checksum is right."""
    fake, path = fake_portway(), file_of(tmp_path, SIZE)
    client = client_of(fake)
    file = client.upload(path)
    fake.strike(RESET, times=2, place="s3", method="GET")
    target = tmp_path / "back"
    client.download(file.id, target)
    assert target.read_bytes() == path.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a file.bin", "back"]


def test_a_download_that_is_damaged_leaves_nothing(tmp_path: Path) -> None:
    """What came is not what was published: an error, and no file of that name."""
    fake = fake_portway()
    client = client_of(fake)
    file = client.upload(bytes(100), name="f")
    fake.strike(CORRUPT, times=9, place="s3", method="GET")
    with pytest.raises(Exception, match="not what was published"):
        client.download(file.id, tmp_path / "back")
    assert list(tmp_path.iterdir()) == []


def test_uploads_are_listed_page_by_page() -> None:
    """All of one's own, newest first."""
    fake = fake_portway()
    client = client_of(fake)
    ids = [client.upload(bytes([number])).id for number in range(5)]
    assert [upload.id for upload in client.uploads()] == ids[::-1]
    assert {upload.status for upload in client.uploads("completed")} == {Status.COMPLETED}


def async_client_of(fake: FakePortway) -> AsyncClient:
    return AsyncClient(fake.url, fake.token, transport=fake, state=NoState())


async def test_the_async_twin_sends_the_same(tmp_path: Path) -> None:
    """Files, bytes, streams and many at a time, in one event loop."""
    fake, path = fake_portway(), file_of(tmp_path, SIZE)
    async with async_client_of(fake) as client:
        assert (await client.upload(path)).size == SIZE
        assert (await client.upload(io.BytesIO(b"stream" * 9), name="s")).size == 54
        outcomes = [each async for each in client.upload_many([bytes([n]) * n for n in range(20)])]
        assert sorted(each.file.size for each in outcomes if each.file) == list(range(20))
        out = io.BytesIO()
        await client.download((await client.upload(path)).id, out)
    assert out.getvalue() == path.read_bytes()


async def test_a_cancelled_task_can_be_gone_on_with(tmp_path: Path) -> None:
    """Cancelling the task stops sending at once; the upload stays open and is resumed."""
    fake, path = fake_portway(), file_of(tmp_path, SIZE)
    async with async_client_of(fake) as client:
        loop, reached = asyncio.get_running_loop(), asyncio.Event()
        at_part(fake, 15, lambda: loop.call_soon_threadsafe(reached.set))
        task = asyncio.ensure_future(client.upload(path))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (upload_id,) = fake.uploads
        if fake.uploads[upload_id].state == "OPEN":
            assert (await client.resume(path, upload_id)).size == SIZE
    assert fake.files[path.name].content == path.read_bytes()


async def test_an_error_in_one_part_ends_the_others(tmp_path: Path) -> None:
    """The first error is raised, and nothing goes on behind it."""
    fake = fake_portway()
    fake.strike(RESET, times=999, place="s3")
    async with AsyncClient(fake.url, fake.token, transport=fake, state=NoState(), retries=0) as client:
        with pytest.raises(Unavailable):
            await client.upload(file_of(tmp_path, SIZE))
        count = len(fake.requests)
        await asyncio.sleep(0)
        assert len(fake.requests) == count
