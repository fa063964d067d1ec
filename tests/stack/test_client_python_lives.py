"""The Python client in processes of its own on the running stack: killed at any moment, on a full disk, with little
memory. Whoever goes on later sends nothing that S3 has."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from portway_client import FileState
from tests.stack.client_world import PART, Logged, World, large, process, sha256
from tests.stack.local_stack import MIB, LocalStack, published_sha256

BOUND_KIB = 64 * 1024
"""For the whole process, the interpreter with it, whatever the sizes of file and parts."""


@pytest.fixture
def world(stack: LocalStack) -> World:
    return World(stack)


def killed(world: World, path: Path, folder: Path, at: int, **settings: str) -> str:
    """A client that was killed when so many bytes were on their way; the id of its upload."""
    with process(world, path, folder, part_size=PART, settings=settings) as running:
        for news in running.news():
            if news.get("bytes", 0) >= at:
                running.popen.kill()
                return str(news["upload_id"])
    raise AssertionError("it came to its end")


@pytest.mark.parametrize("checksum", ["crc64nvme", "crc32c"])
@pytest.mark.parametrize("seed", [1, 2])
def test_after_kill_9_another_machine_sends_the_rest(world: World, tmp_path: Path, seed: int, checksum: str) -> None:
    """With the file under another name and the upload's id, and nothing else."""
    path, size = large(tmp_path, 80 * MIB + seed), 80 * MIB + seed
    at = random.Random(f"{seed} {checksum}").randrange(size * 3 // 4)
    upload_id, log = killed(world, path, tmp_path, at, checksum=checksum), Logged()
    held = world.held(upload_id)
    there = path.rename(tmp_path / "another name")
    with world.client(transport=log) as client:
        file = client.resume(there, upload_id)
    assert published_sha256(world.stack.api(), file.id) == sha256(there)
    assert not log.taken.keys() & held


@pytest.mark.parametrize("seed", [3, 4])
def test_after_kill_9_the_same_call_goes_on(world: World, tmp_path: Path, seed: int) -> None:
    """The next process asks for the same upload and sends what S3 does not have; then nothing is remembered."""
    path, folder = large(tmp_path, 60 * MIB + seed), tmp_path / "state"
    upload_id, log = killed(world, path, folder, random.Random(seed).randrange(40 * MIB)), Logged()
    held, state = world.held(upload_id), FileState(folder / "portway")
    with world.client(transport=log, state=state) as client:
        file = client.upload(path, part_size=PART)
    assert (file.id, published_sha256(world.stack.api(), file.id)) == (upload_id, sha256(path))
    assert not log.taken.keys() & held
    assert list(state.all()) == []


def test_a_full_disk_costs_the_memory_of_an_upload_not_the_upload(world: World, tmp_path: Path) -> None:
    """What is to be remembered cannot be written: the file is sent all the same, and nothing half written stays."""
    path, folder = large(tmp_path, 20 * MIB), tmp_path / "state"
    with process(world, path, folder, most_bytes=100) as running:
        end = running.end()
    assert published_sha256(world.stack.api(), end["file"]) == sha256(path)
    assert [file.name for file in folder.rglob("*.*") if file.suffix != ".lock"] == []


def test_memory_does_not_grow_with_files_or_parts(
    world: World, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Hundreds of MiB, parts of 5, 16 and 64 MiB: the whole process stays under one bound."""
    found = {}
    for size, part in ((512, 16), (100, 5), (200, 64)):
        path = large(tmp_path, size * MIB, f"{size}-{part}")
        with process(world, path, tmp_path, part_size=part * MIB) as running:
            end = running.end()
        assert end["size"] == size * MIB, end
        found[f"{size} MiB in parts of {part}"] = end["memory"]
        if size == 512:
            assert published_sha256(world.stack.api(), end["file"]) == sha256(path)
    record_property("figures", "; ".join(f"{name}: {kib // 1024} MiB at most" for name, kib in found.items()))
    assert max(found.values()) < BOUND_KIB, found
