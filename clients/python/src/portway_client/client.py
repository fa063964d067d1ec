"""`Client`: what can be done with a Portway backend, one blocking method each. `aio.AsyncClient` is its twin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import BinaryIO

from portway_client.errors import PortwayError
from portway_client.model import File, Progress, Upload
from portway_client.sendables import Sendable
from portway_client.state import StateStore
from portway_client.transport import Transport

Token = str | Callable[[], str] | None
"""A bearer token, or what gives one: it is asked again when the server says 401."""
OnProgress = Callable[[Progress], object]
"""Called some ten times a second and when the phase changes. What it raises is logged and stops nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one of many uploads ended: a file, or an error. With `wait=False` neither, and `upload_id` to ask later."""

    source: Sendable
    upload_id: str | None
    file: File | None
    error: PortwayError | None


class Transfer:
    """An upload on its way, in threads of its own. Its methods may be called by any thread."""

    @property
    def progress(self) -> Progress:
        raise NotImplementedError

    @property
    def upload_id(self) -> str | None:
        """None until the server answered."""
        raise NotImplementedError

    def pause(self) -> None:
        """Stops sending at once. Parts on their way are sent again later; those that arrived are kept."""
        raise NotImplementedError

    def resume(self) -> None:
        raise NotImplementedError

    def cancel(self) -> None:
        """Gives the upload up: S3 forgets its parts. `wait` raises Cancelled."""
        raise NotImplementedError

    def detach(self) -> None:
        """Stops, and leaves everything to be gone on with later (`Client.resume`). `wait` raises Cancelled."""
        raise NotImplementedError

    def wait(self, timeout: float | None = None) -> File | None:
        """The published file; None if it was started with `wait=False`. Raises what ended it, or TimeoutError."""
        raise NotImplementedError


class Client:
    """A backend at `base_url`. Thread-safe; keeps connections until it is closed.

    parallel         most requests to S3 at once, over all uploads; fewer are used while more do not help
    checksum         `auto` (crc64nvme, or crc32c without the extra `crt`), `crc64nvme`, `crc32c`
    retries          how often in a row something may fail before it is given up
    offline_seconds  how long to wait for a network that is gone; None: for ever
    state            where unfinished uploads are remembered: in the user's state folder, with `NoState()` nowhere
    """

    def __init__(
        self,
        base_url: str,
        token: Token = None,
        *,
        transport: Transport | None = None,
        state: StateStore | None = None,
        parallel: int = 8,
        checksum: str = "auto",
        retries: int = 3,
        offline_seconds: float | None = 3600,
    ) -> None:
        raise NotImplementedError

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        raise NotImplementedError

    def upload(
        self,
        source: Sendable,
        *,
        name: str | None = None,
        content_type: str | None = None,
        category: str | None = None,
        metadata: Mapping[str, str] | None = None,
        part_size: int | None = None,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
    ) -> File:
        """Sends it and waits until it is published. `name` and `content_type` come from the path unless given.

        Raises a PortwayError; `timeout` (seconds) bounds only the waiting after everything was sent.
        """
        raise NotImplementedError

    def start(
        self,
        source: Sendable,
        *,
        name: str | None = None,
        content_type: str | None = None,
        category: str | None = None,
        metadata: Mapping[str, str] | None = None,
        part_size: int | None = None,
        on_progress: OnProgress | None = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Transfer:
        """The same in the background. `wait=False`: done once everything is sent and complete."""
        raise NotImplementedError

    def resume(self, source: Sendable, upload_id: str | None = None, *, on_progress: OnProgress | None = None) -> File:
        """Goes on with an upload of this file, here or from another machine.

        Without an id the state store must know it. What S3 has is compared with the file: FileChanged if it differs.
        """
        raise NotImplementedError

    def start_resume(
        self,
        source: Sendable,
        upload_id: str | None = None,
        *,
        on_progress: OnProgress | None = None,
        wait: bool = True,
    ) -> Transfer:
        raise NotImplementedError

    def upload_many(
        self,
        sources: Iterable[Sendable],
        *,
        category: str | None = None,
        metadata: Mapping[str, str] | None = None,
        part_size: int | None = None,
        files_at_once: int = 8,
        on_progress: Callable[[Sendable, Progress], object] | None = None,
        wait: bool = True,
    ) -> Iterator[Outcome]:
        """Each as it ends; one that fails does not stop the others. `sources` is read as it is needed."""
        raise NotImplementedError

    def status(self, upload_id: str) -> Upload:
        raise NotImplementedError

    def wait(self, upload_id: str, timeout: float | None = None) -> File:
        """Until it is published. Raises Ended or WaitedTooLong."""
        raise NotImplementedError

    def uploads(self, status: str | None = None) -> Iterator[Upload]:
        """Your own, newest first."""
        raise NotImplementedError

    def cancel(self, upload_id: str) -> None:
        """Also of one that is cancelled already."""
        raise NotImplementedError

    def retry(self, upload_id: str) -> Upload:
        """Has a file that could not be processed processed again, without sending it again."""
        raise NotImplementedError

    def file(self, file_id: str) -> File:
        raise NotImplementedError

    def delete(self, file_id: str) -> None:
        raise NotImplementedError

    def url(self, file_id: str) -> str:
        """A signed URL to read it, good for minutes."""
        raise NotImplementedError

    def download(
        self, file_id: str, target: str | PathLike[str] | BinaryIO, *, on_progress: OnProgress | None = None
    ) -> File:
        """Into a file (written beside its place and moved there once it is whole and its checksum is right), or a
        binary file object. Broken connections are gone on with by ranges."""
        raise NotImplementedError
