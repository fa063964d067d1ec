"""Uploads that are stopped while something else does not end by itself; and targets that are no files."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clients.python.tests.fakes import PART, client_of, fake_portway
from portway_client import AsyncClient, Cancelled, Closed, NoState, Progress
from portway_client.control import Control
from portway_client.http import Pool
from portway_client.places import Places
from portway_client.testing import FakePortway, Seen
from portway_client.transfers import many


class Silent:
    """A stream that gives a part and then nothing, until the test is over. `ended`: it went on all the same."""

    def __init__(self) -> None:
        self.is_silent, self.test_is_over, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield bytes(PART)
        self.is_silent.set()
        self.test_is_over.wait(5)
        self.ended.set()


def test_a_forked_process_asks_on_connections_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes on one connection would get each other's answers."""
    pool, place = Pool(lambda: 0.0), Places({}).of("http://127.0.0.1:1/")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = pool.new(place)
        connection._socket = ours
        ours.setblocking(False)
        pool.keep(connection)
        assert pool.take(place) is connection
        pool.keep(connection)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert pool.take(place) is None
        assert ours.fileno() == -1


def test_a_silent_stream_keeps_no_cancelled_upload() -> None:
    """Whoever gives an upload up does not wait for the pipe that it is read from."""
    fake, stream = fake_portway(), Silent()
    transfer = client_of(fake).start(stream, name="log")
    assert stream.is_silent.wait(10)
    transfer.cancel()
    with pytest.raises(Cancelled):
        transfer.wait(10)
    assert not stream.ended.is_set()
    stream.test_is_over.set()
    assert fake.files == {}


async def test_a_silent_stream_keeps_no_cancelled_task() -> None:
    """The same where it is a task that is cancelled."""
    fake, stream = fake_portway(), Silent()
    async with AsyncClient(fake.url, fake.token, transport=fake, state=NoState()) as client:
        task = asyncio.ensure_future(client.upload(stream, name="log"))
        assert await asyncio.to_thread(stream.is_silent.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not stream.ended.is_set()
        stream.test_is_over.set()


@pytest.mark.parametrize("ends", ["with its bytes", "cancelled"])
async def test_a_pipe_keeps_nobody_waiting(ends: str, tmp_path: Path) -> None:
    """`start` returns before anybody writes into it, the loop goes on, and so does who gives it up."""
    fake, pipe, is_read = fake_portway(), tmp_path / "log", threading.Event()
    os.mkfifo(pipe)

    def told(progress: Progress) -> None:
        if progress.upload_id:
            is_read.set()

    async with AsyncClient(fake.url, fake.token, transport=fake, state=NoState()) as client:
        transfer = client.start(pipe, on_progress=told)
        assert await asyncio.to_thread(is_read.wait, 20)
        if ends == "cancelled":
            transfer.cancel()
            with pytest.raises(Cancelled):
                await transfer
            os.close(os.open(pipe, os.O_RDWR))  # whoever waits for it to open goes on
        else:
            await asyncio.to_thread(pipe.write_bytes, bytes(5 * PART))
            await transfer
    assert [(str(upload.status), upload.size) for upload in fake.uploads.values()] == ENDS[ends]


ENDS = {"with its bytes": [("completed", 5 * PART)], "cancelled": [("cancelled", None)]}


async def test_a_closed_client_says_what_to_do() -> None:
    """Asked once it is closed, and closed in the middle of an upload, whose id it tells: an error by a code."""
    fake, reached, is_closed = fake_portway(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def look(seen: Seen) -> None:
        if seen.part == 3:
            loop.call_soon_threadsafe(reached.set)
            is_closed.wait(20)

    fake.on_request = look
    client = AsyncClient(fake.url, fake.token, transport=fake, state=NoState())
    transfer = client.start(bytes(9 * PART), name="f")
    await asyncio.wait_for(reached.wait(), 20)
    await client.aclose()
    is_closed.set()
    with pytest.raises(Closed) as caught:
        await transfer
    assert [caught.value.upload_id] == list(fake.uploads)
    for question in (client.status("id"), client.upload(b"x", name="g")):
        with pytest.raises(Closed, match="Make a new client") as caught:
            await question
        assert caught.value.code == "closed"


def test_a_client_with_threads_can_be_used_again() -> None:
    """Closing it ends its connections, and the next question opens new ones."""
    fake = fake_portway()
    with client_of(fake) as client:
        client.upload(b"first", name="f")
    assert client.upload(b"second", name="g").size == 6


def test_who_stops_asking_stops_what_has_just_begun() -> None:
    """Of many uploads also the one that was about to begin when nobody asked for more: it is not sent to its end."""
    runs, stopped, late = threading.Event(), threading.Event(), list[bool]()

    def begun(source: Any) -> Any:
        control = Control(lambda: 0.0)
        if source == b"runs":
            control.wake = stopped.set
        if source == b"late":
            stopped.wait(10)
        return SimpleNamespace(control=control, source=source), None

    def sent(job: Any, _: object) -> None:
        if job.source == b"runs":
            runs.set()
            stopped.wait(10)
        if job.source == b"late":
            late.append(job.control.is_stopped)

    outcomes = many([b"first", b"runs", b"late"], begun, sent, 3)
    assert next(outcomes).source == b"first"
    assert runs.wait(10)
    outcomes.close()  # type: ignore[attr-defined]
    assert late == [True]


def test_a_download_writes_into_a_pipe_and_never_replaces_it(tmp_path: Path) -> None:
    """A device or a pipe stays what it is: a file in the place of /dev/null would be there for everybody."""
    fake: FakePortway = fake_portway()
    client, pipe, came = client_of(fake), tmp_path / "pipe", list[bytes]()
    file = client.upload(b"what is read at the other end", name="f")
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()), daemon=True)
    reader.start()
    client.download(file.id, pipe)
    reader.join(10)
    assert came == [b"what is read at the other end"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]
