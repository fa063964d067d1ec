"""The Python client on the running stack, through a network that breaks: what is published is what was sent."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.faulty.plan import Kind
from portway_client import AsyncClient, FileChanged, NoState, PortwayError, Progress
from tests.stack.client_world import PART, Logged, World, large, sha256
from tests.stack.local_stack import MIB, local_stack, published_sha256

NAMED = [
    (0, "plain"),
    (1, "日本語 ファイル"),
    (PART - 1, "ملف عربي"),
    (PART, "\u00e9 and e\u0301"),
    (PART + 1, "ไทย"),
    (2 * PART, "🎬 👩\u200d👩\u200d👧"),
    (3 * PART + 7, "Ω≈ç√ & 'quotes\" %41 + #?"),
    (100 * MIB, "הקובץ.tar"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with local_stack(tmp_path_factory.mktemp("stack"), PORTWAY_FAULTS="all=0") as stack:
        yield World(stack)


@pytest.fixture(autouse=True)
def _good_weather(world: World) -> Iterator[None]:
    yield
    world.network("")


@pytest.mark.parametrize(("size", "name"), NAMED)
def test_every_size_and_every_name_arrives_as_it_is(world: World, tmp_path: Path, size: int, name: str) -> None:
    """Around the borders of parts, in every alphabet; each part is sent once."""
    path, log = large(tmp_path, size, name), Logged()
    with world.client(transport=log) as client:
        file = client.upload(path, part_size=PART)
    assert (file.name, file.size) == (name, size)
    assert published_sha256(world.stack.api(), file.id) == sha256(path)
    assert set(log.taken.values()) == {1}


@pytest.mark.parametrize("kind", Kind)
def test_each_request_breaks_once_and_the_file_arrives(world: World, tmp_path: Path, kind: Kind) -> None:
    """Create, sign, every part, complete, status, and the download: the first try of each meets this fault."""
    path, there = large(tmp_path, 2 * PART + 5), tmp_path / "there"
    world.network(f"{kind}=1,times=1,stall_seconds=0.2,slow_seconds=0.2,retry_after=1")
    with world.client() as client:
        file = client.upload(path, part_size=PART)
        client.download(file.id, there)
    assert sha256(there) == sha256(path)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_file_gets_through_a_storm(world: World, tmp_path: Path, seed: int) -> None:
    """Every sixth request breaks, in any way."""
    path = large(tmp_path, 8 * PART - 1)
    world.network(f"seed={seed},all=0.02,corrupt=0.03,expired=0.03,stall_seconds=0.2,slow_seconds=0.2")
    with world.client(retries=6) as client:
        file = client.upload(path, part_size=PART)
    world.network("")
    assert published_sha256(world.stack.api(), file.id) == sha256(path)


def test_a_network_that_goes_and_comes_back_is_waited_for(world: World, tmp_path: Path) -> None:
    """After two parts nothing gets through to S3; what arrived is not sent again."""
    path, log = large(tmp_path, 6 * PART), Logged()
    world.network("down_after=2", "s3")
    with world.client(transport=log, retries=100) as client:
        waits = threading.Event()
        transfer = client.start(path, part_size=PART, on_progress=lambda p: waits.set() if p.words else None)
        assert waits.wait(30)
        world.network("", "s3")
        file = transfer.wait(60)
    assert file is not None
    assert published_sha256(world.stack.api(), file.id) == sha256(path)
    assert set(log.taken.values()) == {1}


@pytest.mark.parametrize("hours", [6, -6])
def test_the_clock_of_the_device_does_not_matter(
    world: World, tmp_path: Path, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six hours fast or slow: URLs are good for as long as the server says, by its own clock."""
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + 3600 * hours)
    path, log = large(tmp_path, 4 * PART), Logged()
    with world.client(transport=log) as client:
        file = client.upload(path, part_size=PART)
    assert file.size == 4 * PART
    assert log.outcomes == {"200": 4}


def test_urls_that_died_overnight_are_replaced(world: World, tmp_path: Path) -> None:
    """A laptop sleeps for an hour in the middle: S3 takes none of the URLs that were signed before."""
    path, log = large(tmp_path, 12 * PART), Logged()
    slept = list[int]()

    def sleeps(progress: Progress) -> None:
        if progress.parts_done >= 3 and not slept:
            slept.append(progress.parts_done)
            world.pass_by(3600)

    with world.client(transport=log, parallel=2) as client:
        file = client.upload(path, part_size=PART, on_progress=sleeps)
    assert slept
    assert published_sha256(world.stack.api(), file.id) == sha256(path)
    assert sum(log.taken.values()) == 12


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written to"])
def test_a_file_that_changes_while_it_is_read_is_not_published(world: World, tmp_path: Path, change: str) -> None:
    """The error says so, and the upload is given up."""
    path = large(tmp_path, 12 * PART)

    def changes(progress: Progress) -> None:
        if progress.parts_done >= 2:
            with path.open("r+b") as file:
                file.truncate(3 * PART if change == "shrinks" else 12 * PART + 1 if change == "grows" else 12 * PART)
                file.seek(PART)
                file.write(b"!")

    with world.client(parallel=2) as client, pytest.raises(FileChanged) as caught:
        client.upload(path, part_size=PART, on_progress=changes)
    assert caught.value.upload_id
    assert world.stack.api().ask("GET", f"/v1/uploads/{caught.value.upload_id}")["status"] == "cancelled"


async def test_a_task_that_is_cancelled_lets_go_and_another_goes_on(world: World, tmp_path: Path) -> None:
    """asyncio: cancelled in the middle of parts that are on their way, gone on with, published once."""
    path, log = large(tmp_path, 12 * PART), Logged()
    reached, loop = asyncio.Event(), asyncio.get_running_loop()
    found = list[str]()

    def tell(progress: Progress) -> None:
        if progress.parts_done >= 2 and progress.upload_id and not found:
            found.append(progress.upload_id)
            loop.call_soon_threadsafe(reached.set)

    async with AsyncClient(world.url, world.token, state=NoState(), transport=log) as client:
        task = asyncio.create_task(client.upload(path, part_size=PART, on_progress=tell))
        await asyncio.wait_for(reached.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        held, taken = world.held(found[0]), log.taken.copy()
        file = await client.resume(path, found[0])
    assert len(held) < 12
    assert not (log.taken - taken).keys() & held
    assert published_sha256(world.stack.api(), file.id) == sha256(path)


def test_a_network_that_never_works_ends_in_an_error_that_says_so(world: World, tmp_path: Path) -> None:
    """And a later try goes on where it stopped."""
    path, log = large(tmp_path, 6 * PART), Logged()
    world.network("down_after=3", "s3")
    with world.client(transport=log, retries=2) as client:
        with pytest.raises(PortwayError) as caught:
            client.upload(path, part_size=PART)
        assert caught.value.retryable
        world.network("", "s3")
        file = client.resume(path, caught.value.upload_id)
    assert published_sha256(world.stack.api(), file.id) == sha256(path)
    assert set(log.taken.values()) == {1}
