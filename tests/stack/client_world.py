"""What the proofs of the Python client on the running stack share: a network that is told what to do, a client whose
pauses are short, a log of what it sent, and clients in processes of their own."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dev.config import ROOT
from portway_client import Client, NoState
from portway_client.http import HttpTransport
from portway_client.transport import Halt, Opened, Request, Response
from tests.stack.local_stack import MIB, LocalStack

PART = 5 * MIB


class Hurried:
    """A clock that runs twenty times as fast: nobody waits for pauses, URLs seem to live for 45 seconds."""

    rate = 20.0

    def now(self) -> float:
        return time.monotonic() * self.rate

    def wait(self, baton: threading.Condition, seconds: float | None) -> None:
        baton.wait(None if seconds is None else seconds / self.rate)


class Logged:
    """The true transport; `taken` counts by part number what S3 has taken, 0 for a whole object."""

    def __init__(self) -> None:
        self._inner, self.taken = HttpTransport(), Counter[int]()
        self.outcomes = Counter[str]()

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        answer = self._inner.send(request, halt)
        if "X-Amz-Signature" in request.url:
            number = int(parse_qs(urlsplit(request.url).query).get("partNumber", ["0"])[0])
            self.taken[number] += answer.status == 200
            self.outcomes[str(answer.status)] += 1
        return answer

    def open(self, request: Request, halt: Halt | None = None) -> AbstractContextManager[Opened]:
        return self._inner.open(request, halt)

    def close(self) -> None:
        self._inner.close()


@dataclass
class World:
    """A stack behind a network (PORTWAY_FAULTS), on a clock that goes forward when a test says so."""

    stack: LocalStack
    ahead: int = field(default=0)

    @property
    def url(self) -> str:
        return str(self.stack.site["api"])

    @property
    def token(self) -> str:
        return str(self.stack.site["tokens"]["owner"])

    def network(self, plan: str, where: str = "api s3") -> None:
        """From now on, before these; an empty plan is a network without faults."""
        for name in where.split():
            place = urlsplit(self.stack.site[name])
            with closing(http.client.HTTPConnection(place.netloc, timeout=10)) as link:
                link.request("PUT", "/-/network", plan)
                assert link.getresponse().status == 200, plan

    def pass_by(self, seconds: int) -> None:
        """For the stack; this machine's clock stays."""
        self.ahead += seconds
        (self.stack.state / "ahead").write_text(str(self.ahead))

    @contextmanager
    def client(self, **settings: Any) -> Iterator[Client]:
        chosen = {"clock": Hurried(), "state": NoState(), **settings}
        with Client(self.url, self.token, **chosen) as client:
            yield client

    def held(self, upload_id: str) -> set[int]:
        """Numbers of the parts that S3 has."""
        page = self.stack.api().ask("GET", f"/v1/uploads/{upload_id}/parts")
        return {part["number"] for part in page["parts"]}


@dataclass
class Process:
    """A client in a process of its own. `news` are its lines."""

    popen: subprocess.Popen[str]

    def news(self) -> Iterator[dict[str, Any]]:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            yield json.loads(line)

    def end(self) -> dict[str, Any]:
        """Its last line."""
        return list(self.news())[-1]


@contextmanager
def process(world: World, path: Path, folder: Path, **asked: Any) -> Iterator[Process]:
    """Uploads `path`; what it remembers is in `folder`. Killed at the end if it still runs."""
    kept: Mapping[str, str] = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.stack.client_process", str(path)],
        cwd=ROOT,
        env={**kept, "XDG_STATE_HOME": str(folder), "HOME": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as popen:
        try:
            assert popen.stdin is not None
            popen.stdin.write(json.dumps({"url": world.url, "token": world.token, **asked}))
            popen.stdin.close()
            yield Process(popen)
        finally:
            popen.kill()


def large(folder: Path, size: int, name: str = "large.bin") -> Path:
    """A file that is quick to make: zeros, with bytes that differ in every MiB."""
    path = folder / name
    with path.open("wb") as file:
        for at in range(0, size, MIB):
            file.seek(at)
            file.write(hashlib.sha256(f"{name} {at}".encode()).digest()[: size - at])
        file.truncate(size)
    return path


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
