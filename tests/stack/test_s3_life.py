"""The endpoint as a process: flat memory, kill -9, stop."""

from __future__ import annotations

import http.client
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.stack.s3_bucket import Bucket, bucket, connection_to, endpoint_process, peak_mib

MIB = 1 << 20
PIECE = bytes(range(256)) * 4096  # 1 MiB


def put_blocks(url: str, mib: int) -> str:
    """PUT `mib` MiB without holding them; the ETag."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(*connection_to(url), timeout=120)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    connection.putheader("Content-Length", str(mib * MIB))
    connection.endheaders()
    for _ in range(mib):
        connection.send(PIECE)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200
    return str(answer.headers["ETag"])


def read_blocks(made: Bucket, key: str) -> int:
    """How many bytes a GET brings."""
    return sum(len(block) for block in made.call("get_object", key)["Body"].iter_chunks(MIB))


def test_memory_stays_flat_whatever_passes_through(tmp_path: Path) -> None:
    """256 MiB up, completed, copied and down again in less than 150 MB, and Complete in less than 2 s."""
    with endpoint_process(tmp_path) as (process, made):
        made.create()
        upload = made.begin("big")
        urls = [made.sign("upload_part", "big", UploadId=upload, PartNumber=number) for number in (1, 2)]
        parts = [{"PartNumber": number, "ETag": put_blocks(url, 128)} for number, url in enumerate(urls, 1)]
        start = time.monotonic()
        made.complete(upload, "big", parts, MpuObjectSize=256 * MIB)
        assert time.monotonic() - start < 2
        made.call("copy_object", "copy", CopySource={"Bucket": made.name, "Key": "big"})
        assert read_blocks(made, "copy") == 256 * MIB
        assert peak_mib(process.pid) < 150


def test_a_killed_endpoint_has_lost_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """kill -9 in the middle of a part: stored parts and objects are there after the restart, the half part is not."""
    with endpoint_process(tmp_path) as (process, made):
        made.create()
        made.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
        version = made.call("put_object", "plain", Body=b"plain", Metadata={"a": "b"})["VersionId"]
        upload = made.begin("big")
        first = made.part(upload, 1, "big", PIECE * 5)
        second = urlsplit(made.sign("upload_part", "big", UploadId=upload, PartNumber=2))
        half = (
            f"PUT {second.path}?{second.query} HTTP/1.1\r\nHost: {second.netloc}\r\nContent-Length: {5 * MIB}\r\n\r\n"
        )
        with socket.create_connection(connection_to(made.url), timeout=30) as connection:
            connection.sendall(half.encode() + PIECE * 2)
            process.kill()
            process.wait()
    (tmp_path / "parts" / "orphan").write_bytes(b"a body whose record was never written")
    with endpoint_process(tmp_path) as (_, made):
        assert [part["PartNumber"] for part in made.call("list_parts", "big", UploadId=upload)["Parts"]] == [1]
        assert made.call("head_object", "plain", VersionId=version)["Metadata"] == {"a": "b"}
        assert made.read("plain") == b"plain"
        assert not list((tmp_path / "incoming").iterdir())
        assert not (tmp_path / "parts" / "orphan").exists()
        made.complete(upload, "big", [first, made.part(upload, 2, "big", b"end")])
        assert made.read("big") == PIECE * 5 + b"end"
        process_files = len(list((tmp_path / "parts").iterdir()))
        assert process_files == 3


def test_sigterm_ends_it_within_two_seconds(tmp_path: Path) -> None:
    """Even while somebody sends a body and somebody else holds an idle connection."""
    with endpoint_process(tmp_path) as (process, made):
        made.create()
        url = urlsplit(made.sign("put_object", "k"))
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 100\r\n\r\n"
        with (
            socket.create_connection(connection_to(made.url)) as idle,
            socket.create_connection(connection_to(made.url)) as busy,
        ):
            busy.sendall(head.encode() + b"half")
            idle.sendall(b"")
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - start < 2


def test_the_command_line_tells_where_it_listens(tmp_path: Path) -> None:
    """One JSON line when it is ready, the same in the ready file, and the folder is its own to keep."""
    ready = tmp_path / "ready"
    with endpoint_process(tmp_path / "data", "--ready-file", str(ready)) as (_, made):
        assert made.url in ready.read_text()
        assert made.s3.list_buckets()["Buckets"] == []


def test_deleted_bytes_leave_the_disk(tmp_path: Path) -> None:
    """Replaced parts, aborted uploads and deleted objects give their space back; a copy keeps what it shares."""
    with bucket(tmp_path) as made:
        upload = made.begin("k")
        made.part(upload, 1, "k", b"one")
        made.part(upload, 1, "k", b"two")
        assert len(list((tmp_path / "parts").iterdir())) == 1
        made.call("abort_multipart_upload", "k", UploadId=upload)
        made.call("put_object", "k", Body=b"body")
        made.call("copy_object", "c", CopySource={"Bucket": made.name, "Key": "k"})
        made.call("delete_object", "k")
        assert made.read("c") == b"body"
        made.call("delete_object", "c")
        assert not list((tmp_path / "parts").iterdir())
