"""Large objects through the strict endpoint; minutes, so `make test-long`."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.stack.s3_bucket import endpoint_process, peak_mib
from tests.stack.test_s3_life import MIB, PIECE, put_blocks, read_blocks

PARTS, PART_MIB = 16, 128


def test_two_gib_in_flat_memory_and_completed_at_once(tmp_path: Path) -> None:
    """2 GiB up over four connections and down again: under 150 MB, Complete under 2 s, nothing copied on disk."""
    with endpoint_process(tmp_path) as (process, made):
        made.create()
        upload = made.begin("big", ChecksumAlgorithm="CRC64NVME")
        urls = [made.sign("upload_part", "big", 900, UploadId=upload, PartNumber=n) for n in range(1, PARTS + 1)]
        with ThreadPoolExecutor(4) as pool:
            etags = list(pool.map(partial(put_blocks, mib=PART_MIB), urls))
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
        start = time.monotonic()
        made.complete(upload, "big", parts, MpuObjectSize=PARTS * PART_MIB * MIB)
        assert time.monotonic() - start < 2
        assert sum(file.stat().st_size for file in (tmp_path / "parts").iterdir()) == PARTS * PART_MIB * MIB
        assert read_blocks(made, "big") == PARTS * PART_MIB * MIB
        assert made.read("big", Range=f"bytes={1500 * MIB}-{1501 * MIB - 1}") == PIECE
        assert peak_mib(process.pid) < 150


def test_ten_thousand_parts_make_one_object(tmp_path: Path) -> None:
    """The most parts that S3 allows: Complete still takes less than 2 s, and any byte is found at once."""
    with endpoint_process(tmp_path, "--min-part", "1") as (process, made):
        made.create()
        upload = made.begin("many")
        with ThreadPoolExecutor(4) as pool:
            send = partial(made.part, upload)
            parts = list(pool.map(lambda number: send(number, "many", b"%05d" % number), range(1, 10_001)))
        start = time.monotonic()
        made.complete(upload, "many", parts, MpuObjectSize=50_000)
        assert time.monotonic() - start < 2
        assert made.read("many", Range="bytes=49995-") == b"10000"
        assert made.read("many", PartNumber=5000) == b"05000"
        assert peak_mib(process.pid) < 150
