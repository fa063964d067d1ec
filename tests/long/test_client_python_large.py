"""The Python client and a file of 20 GiB, through the whole stack: minutes, and as much disk (`make test-long`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.stack.client_world import World, process, sha256
from tests.stack.local_stack import local_stack, published_sha256

GIB = 1 << 30
SIZE = 20 * GIB + 54321
BOUND_KIB = 64 * 1024


def sparse(folder: Path) -> Path:
    """Takes no room: zeros, with a mark in every gigabyte."""
    path = folder / "large.bin"
    with path.open("wb") as file:
        for each in range(0, SIZE, GIB):
            file.seek(each + 12345)
            file.write(f"gigabyte {each}".encode())
        file.truncate(SIZE)
    return path


def test_twenty_gib_are_sent_with_little_memory(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """What is published is the file; the process that sent it never held more than for a small one."""
    path = sparse(tmp_path)
    with local_stack(tmp_path) as stack:
        begun = time.monotonic()
        with process(World(stack), path, tmp_path) as running:
            end = running.end()
        seconds = time.monotonic() - begun
        assert end["size"] == SIZE, end
        assert published_sha256(stack.api(), end["file"]) == sha256(path)
    assert end["memory"] < BOUND_KIB
    record_property("figures", f"20 GiB: published in {seconds:.0f} s, {end['memory'] // 1024} MiB at most")
