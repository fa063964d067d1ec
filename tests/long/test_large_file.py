"""A file that S3 copies in no single request, through the whole stack: minutes, 12 GiB of disk (`make test-long`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.stack.local_stack import local_stack, published_sha256, send
from tests.stack.test_stack_large import Published

GIB = 1 << 30
SIZE = 6 * GIB


def sparse(folder: Path) -> Path:
    """6 GiB that take no room: zeros, with a mark in every gigabyte."""
    path = folder / "large.bin"
    with path.open("wb") as file:
        for each in range(0, SIZE, GIB):
            file.seek(each + 12345)
            file.write(f"gigabyte {each}".encode())
        file.truncate(SIZE)
    return path


def test_six_gib_are_published_in_parts(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """One version in six parts, with the bytes that were sent: size and checksum were proved by S3 on the way."""
    path = sparse(tmp_path)
    with local_stack(tmp_path) as stack:
        published, api, begun = Published(stack), stack.api(), time.monotonic()
        upload_id, sent = send(api, path)
        stored = time.monotonic()
        view = api.await_end(upload_id, 600)
        shown = time.monotonic()
        assert view["status"] == "completed"
        (version,) = published.versions(upload_id)
        assert (version["Size"], version["ETag"].rpartition("-")[2]) == (SIZE, '6"')
        assert published_sha256(api, upload_id) == sent.sha256
    times = f"hashed and sent in {stored - begun:.0f} s, copied in {shown - stored:.0f} s"
    record_property("figures", f"6 GiB: {times}, downloaded in {time.monotonic() - shown:.0f} s")
