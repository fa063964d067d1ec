"""The local stack as benches use it: as many owners as they like, and what its API function costs and holds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from bench.asking import Links
from bench.processes import family
from dev.client import Api
from dev.identity import Identity
from tests.stack.local_stack import LocalStack, local_stack

MIB = 1 << 20
FILE: Mapping[str, Any] = {"name": "measurements.bin", "content_type": "application/octet-stream"}
"""A file of no format that anybody knows."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack in a folder of its own, which is gone afterwards."""

    local: LocalStack
    folder: Path
    identity: Identity
    links: Links
    """To the API."""
    s3: Links

    @property
    def site(self) -> Mapping[str, Any]:
        """What `make dev` prints."""
        return self.local.site

    def token(self, number: int = 0) -> str:
        """Of one of many owners, each of a tenant of its own: nobody waits for another's rate or quota."""
        claims = jwt.decode(self.site["tokens"]["owner"], options={"verify_signature": False})
        return self.identity.token({**claims, "sub": f"owner-{number}", "tenant": f"tenant-{number}"})

    def api(self, number: int = 0) -> Api:
        return Api(self.site["api"], self.token(number))

    def workers(self, function: str = "api") -> list[int]:
        """Process ids of a function out of the sources: each serves one request at a time. There is one at least."""
        handler = f"functions.{function}.handler".encode()
        found = [pid for pid in family(self.local.process.pid) if handler in _command(pid)]
        assert found, f"no process runs {handler!r}: PORTWAY_COMPUTE is not inprocess, or it ended"
        return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@contextmanager
def stack(**environment: str) -> Iterator[Stack]:
    """Ready to be asked; stopped at the end whatever happens."""
    with (
        tempfile.TemporaryDirectory(prefix="portway-bench-") as name,
        local_stack(Path(name), PORTWAY_COMPUTE="inprocess", **environment) as local,
    ):
        folder = Path(name)
        (keys,) = folder.glob("portway-*/keys.json")
        with Links(local.site["api"]) as links, Links(local.site["s3"]) as s3:
            yield Stack(local, folder, Identity.kept(keys), links, s3)
