"""`make dev` as a test sees it: a process, its line of JSON, and the native API behind it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.client import Api, declaration, fetch
from dev.config import ROOT
from dev.transfer import Digests, digests

MIB = 1 << 20


@dataclass(frozen=True)
class LocalStack:
    """A running stack. `site` is what it printed; `state` the folder with dev.json and the logs."""

    process: subprocess.Popen[str]
    site: dict[str, Any]
    state: Path

    def api(self, principal: str | None = "owner") -> Api:
        return Api(self.site["api"], self.site["tokens"][principal] if principal else None)

    def names(self) -> dict[str, str]:
        """Logical id: physical name of every resource."""
        found: dict[str, str] = self.api(None).ask("GET", "/stack.json")["names"]
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(15)


def compute() -> str:
    """What functions run on: as whoever started the tests chose, or tests/stack/built."""
    return os.environ.get("COMPUTE", "inprocess")


def start(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """The process, on free ports; variables of Portway as given."""
    chosen = {
        "PORTWAY_PORT": "0",
        "PORTWAY_S3_PORT": "0",
        "PORTWAY_STATE": str(folder / "state"),
        "PORTWAY_COMPUTE": compute(),
        "TMPDIR": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "dev"],
        cwd=ROOT,
        env={**os.environ, **chosen, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def local_stack(folder: Path, **environment: str) -> Iterator[LocalStack]:
    """A stack that is ready, and stopped at the end whatever happens."""
    with start(folder, **environment) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield LocalStack(process, json.loads(line), folder / "state")
        finally:
            process.terminate()
            process.communicate(timeout=15)


def file_of(folder: Path, size: int, name: str = "a file.bin") -> Path:
    """A file of `size` bytes that differ by size and name, the same in every run."""
    path = folder / name
    chance = random.Random(os.fsencode(f"{name} {size}"))
    with path.open("wb") as file:
        for left in range(size, 0, -MIB):
            file.write(chance.randbytes(min(MIB, left)))
    return path


def transfer(api: Api, path: Path) -> tuple[dict[str, Any], Digests]:
    """Create an upload for a file and send all its parts. The upload as created, and the file's checksums."""
    upload = api.ask("POST", "/v1/uploads", {**declaration(path), "window": 0})
    found = digests(path, upload["part_size"])
    checksums = {str(number): crc for number, crc in enumerate(found.crcs, 1)}
    body = {"range": [1, upload["part_count"]], "checksums": checksums}
    with path.open("rb") as file:
        for part in api.ask("POST", f"/v1/uploads/{upload['id']}/parts", body)["parts"]:
            request = urllib.request.Request(part["url"], file.read(part["length"]), part["headers"], method="PUT")
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert answer.status == 200
    return upload, found


def send(api: Api, path: Path) -> tuple[str, Digests]:
    """Upload a file and complete it. Its id and checksums."""
    upload, found = transfer(api, path)
    api.ask("POST", f"/v1/uploads/{upload['id']}/complete", {"checksum": found.crc, "size": upload["size"]})
    return str(upload["id"]), found


def published_sha256(api: Api, upload_id: str) -> str:
    """SHA-256 of what the signed download URL gives."""
    digest = hashlib.sha256()
    for chunk in fetch(api.ask("GET", f"/v1/files/{upload_id}/url")["url"]):
        digest.update(chunk)
    return digest.hexdigest()


def received(queue: str, upload_ids: set[str], seconds: float = 30.0) -> list[dict[str, Any]]:
    """The events about these uploads out of a queue, once there is one for each. Others are received and dropped."""
    scope = "Credential=test/20200101/eu-central-1/sqs/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.ReceiveMessage",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
    }
    body = json.dumps({"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1}).encode()
    found: list[dict[str, Any]] = []
    until = time.monotonic() + seconds
    while {event["detail"]["id"] for event in found} != upload_ids:
        assert time.monotonic() < until, f"{len(found)} events of {len(upload_ids)} uploads came"
        asked = urllib.request.Request(queue.rsplit("/", 2)[0] + "/", body, headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            messages = json.load(answer).get("Messages", [])
        events = [json.loads(message["Body"]) for message in messages]
        found += [event for event in events if event["detail"]["id"] in upload_ids]
    return found


def descendants(pid: int) -> set[int]:
    """All processes below `pid` now (Linux)."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found: set[int] = set()
    newest = {pid}
    while newest:
        newest = {child for child, parent in parents.items() if parent in newest}
        found |= newest
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of `pids` that still run; a zombie does not."""
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            running.add(pid)
    return running
