"""CompleteMultipartUpload as S3 answers it when it takes long: 200 at once, white space while it works, then what came
of it. Real boto3 against a server that plays S3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree

import pytest

from portway.aws import buckets, clients
from portway.aws.s3 import S3Objects
from portway.errors import Unavailable
from portway.model import StoredObject
from tests.conftest import REGION
from tests.contracts.buckets import INCOMING, PUBLISHED
from tests.contracts.objects import CRC64, KEY
from tests.contracts.tables import session
from tests.fakes.uploads import some_parts

DONE = '<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>'
FAILED = "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
BLANKS = 5


@dataclass
class SlowS3:
    """Says `body` once `is_through` is set, after at least so many blanks; `got` holds the bodies of requests."""

    body: str = DONE
    is_through: threading.Event = field(default_factory=threading.Event)
    is_at_it: threading.Event = field(default_factory=threading.Event)
    blanks: int = 0
    got: list[bytes] = field(default_factory=list)

    def answer(self, write: Any) -> None:
        write('<?xml version="1.0" encoding="UTF-8"?>\n')
        while self.blanks < BLANKS or not self.is_through.wait(0.02):
            self.blanks += 1
            write(" ")
            if self.blanks == BLANKS:
                self.is_at_it.set()
        write(self.body)


@contextmanager
def served(slow: SlowS3) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            slow.got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("transfer-encoding", "chunked")
            self.send_header("x-amz-version-id", "v1")
            self.end_headers()
            slow.answer(lambda text: self.wfile.write(f"{len(text):x}\r\n{text}\r\n".encode()))
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        slow.is_through.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def slow() -> SlowS3:
    return SlowS3()


@pytest.fixture
def store(slow: SlowS3) -> Iterator[S3Objects]:
    """The store as it is wired, with the client that is for completing."""
    with served(slow) as url:
        client = clients.completing_s3_client(session(), REGION, url)
        yield S3Objects(client, client, INCOMING, PUBLISHED)


def complete(store: S3Objects, parts: int = 2) -> StoredObject:
    return store.complete(KEY, "u1", some_parts(parts), 8, CRC64, None)


def test_white_space_is_waited_through(store: S3Objects, slow: SlowS3) -> None:
    """What S3 says while it works is no answer yet: the one behind it counts."""
    slow.is_through.set()
    assert complete(store) == StoredObject("v1", "e-2", 8, None)
    assert slow.blanks >= BLANKS


def test_an_error_behind_white_space_is_an_error(store: S3Objects, slow: SlowS3) -> None:
    """The status was 200 long ago; the error in the body counts, and decides nothing."""
    slow.is_through.set()
    slow.body = FAILED
    with pytest.raises(Unavailable, match="InternalError"):
        complete(store)
    assert len(slow.got) == 1


def test_white_space_does_not_hold_up_anybody(store: S3Objects, slow: SlowS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read timeout never comes while bytes do: the wait ends all the same, and the call is not made again."""
    monkeypatch.setattr(buckets, "COMPLETE_SECONDS", 0.5)  # 20 s, which nobody shall wait for here
    with pytest.raises(Unavailable, match=r"no answer within 0\.5 s"):
        complete(store)
    assert slow.is_at_it.wait(30)
    assert not slow.is_through.is_set()
    assert len(slow.got) == 1


def test_ten_thousand_parts_are_one_request(store: S3Objects, slow: SlowS3) -> None:
    """All of them, in order, with their checksums, in a body that S3 takes (2 MiB; a part is about 160 bytes)."""
    slow.is_through.set()
    complete(store, 10_000)
    (body,) = slow.got
    numbers = [int(each.text or "") for each in ElementTree.fromstring(body).iterfind(".//{*}PartNumber")]
    assert numbers == list(range(1, 10_001))
    assert body.count(b"<ChecksumCRC64NVME>") == 10_000
    assert len(body) < 2 << 20
