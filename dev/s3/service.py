"""What all requests share: the options, the catalogue, the files, and the queue of events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.s3.catalogue import Catalogue
from dev.s3.files import Files
from dev.s3.roles import Role, Roles
from dev.s3.rules import MIN_PART

if TYPE_CHECKING:
    from dev.s3.call import Middleware

Announce = Callable[
    [Sequence[dict[str, Any]]], Awaitable[None]
]  # at most 10 EventBridge entries; raises to be asked again
DOMAINS = ("s3.localhost", "localhost")  # a bucket may stand before these in the host name
DISK_THREADS = 4


def utc_now() -> datetime:
    return datetime.now(UTC)


def _no_role(_: str) -> Role | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one endpoint behaves.

    `secrets`: access key id → secret; may be a live mapping, so that keys can be issued later. `principals`: access
    key id → ARN, for policies. `session_key`: what seals temporary credentials (sessions.py), empty for none. `roles`:
    what a principal that is a role may do; others may do everything that no bucket policy denies.
    `clock`: aware UTC time, for signatures, stamps and expiry. `min_part`: bytes of a part before the last.
    `assume_tls`: what `aws:SecureTransport` says, since plain loopback stands for TLS.
    `repeat_complete` and `parts_by_number` switch the two answers that nobody could confirm: an identical Complete
    again is 404 or the same success; part 2 of an object made of the parts 1 and 7 is the second part or none.
    `middlewares` see every call, first one outermost: the seam for fault plans. They may wait, raise Refused, change
    the answer, or raise ConnectionError to cut the connection, before or after the handler's effect.
    """

    data: Path
    secrets: Mapping[str, str]
    region: str = "us-east-1"
    principals: Mapping[str, str] = field(default_factory=dict)
    session_key: str = field(default="", repr=False)
    roles: Roles = _no_role
    clock: Callable[[], datetime] = utc_now
    min_part: int = MIN_PART
    domains: Sequence[str] = DOMAINS
    assume_tls: bool = True
    repeat_complete: bool = False
    parts_by_number: bool = False
    announce: Announce | None = None
    middlewares: Sequence[Middleware] = ()

    def principal(self, access_key: str) -> str:
        return self.principals.get(access_key, f"arn:aws:iam::000000000000:user/{access_key}")


class Service:
    """The open folder. Lives on one event loop; `close` when it ends."""

    def __init__(self, options: Options) -> None:
        options.data.mkdir(parents=True, exist_ok=True)
        self.options = options
        self.db = Catalogue(options.data / "catalogue.sqlite")
        self.files = Files(options.data, self.db.orphans)
        self.files.sweep(self.db.known_files())
        self.pool = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="s3-disk")
        self.events_waiting = asyncio.Event()

    def now(self) -> datetime:
        return self.options.clock()

    def close(self) -> None:
        self.files.is_closing = True
        self.pool.shutdown()
        self.db.close()
