"""What is remembered, in files of the user's own: one for each upload, each replaced as a whole.

In $XDG_STATE_HOME/portway (or ~/.local/state/portway), on macOS in ~/Library/Application Support/portway, on Windows in
%LOCALAPPDATA%/portway. Nobody else may read them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from portway_client.errors import StateUnusable
from portway_client.file_locks import locked
from portway_client.sources import Fingerprint
from portway_client.state import Remembered

VERSION = 1
KEPT_SECONDS = 8 * 86_400
"""The server ends every upload after seven days: there is nothing to go on with."""
log = logging.getLogger(__name__)


def state_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where this system keeps what programs remember of a user."""
    try:
        home = Path.home()
    except RuntimeError:  # nobody's: then nothing can be remembered, and saving will say so
        home = Path(os.devnull)
    if platform == "darwin":
        return home / "Library" / "Application Support" / "portway"
    named = environment.get("LOCALAPPDATA" if platform == "win32" else "XDG_STATE_HOME", "")
    folder = Path(named) if named and Path(named).is_absolute() else home / ".local" / "state"
    return folder / "portway"


class FileState:
    """A StateStore. Several processes may use the same folder. `now`: seconds since 1970."""

    def __init__(self, folder: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self.folder = folder or state_folder()
        self._warned = False
        self._remove_old(now() - KEPT_SECONDS)

    def load(self, endpoint: str, path: str) -> Remembered | None:
        return _read(self._file(endpoint, path))

    def find(self, upload_id: str) -> Remembered | None:
        return next((each for each in self.all() if each.upload_id == upload_id), None)

    def save(self, remembered: Remembered) -> None:
        document = {"version": VERSION, **asdict(remembered)}
        try:
            self._write(self._file(remembered.endpoint, remembered.path), json.dumps(document).encode())
        except OSError as error:
            if not self._warned:
                self._warned = True
                words = "Uploads go on, but cannot be resumed after a crash: %s cannot be written to (%s)."
                log.warning(words, self.folder, error.strerror)

    def remove(self, endpoint: str, path: str) -> None:
        with suppress(OSError):
            self._file(endpoint, path).unlink()

    def all(self) -> Iterator[Remembered]:
        """Those that can be read, the latest first."""
        files = sorted(((_modified(file), file) for file in self.folder.glob("*.json")), reverse=True)
        for _, file in files:
            with suppress(StateUnusable):
                if found := _read(file):
                    yield found

    @contextmanager
    def claim(self, endpoint: str, path: str) -> Iterator[None]:
        """Nobody else sends this file to this endpoint meanwhile; StateUnusable if somebody does already.

        Where nothing can be remembered nothing is claimed. The end of a process, however it comes, ends its claims.
        """
        try:
            self.folder.mkdir(0o700, parents=True, exist_ok=True)
        except OSError:
            yield
            return
        with locked(self._file(endpoint, path).with_suffix(".lock")) as other:
            if other is not None:
                words = f"{os.path.basename(path)} is being sent by process {other} already."  # noqa: PTH119 - as it is
                raise StateUnusable(words, advice="Wait for its end, or end it: what it has sent is kept.")
            yield

    def _file(self, endpoint: str, path: str) -> Path:
        name = hashlib.sha256(f"{endpoint}\0{path}".encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / f"{name[:32]}.json"

    def _write(self, file: Path, content: bytes) -> None:
        """Under another name, and moved to its place once it is on the disk."""
        self.folder.mkdir(0o700, parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{secrets.token_hex(4)}.new")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writing:
                writing.write(content)
                writing.flush()
                os.fsync(writing.fileno())
            fresh.replace(file)
        except OSError:
            with suppress(OSError):
                fresh.unlink()
            raise
        _settle(self.folder)

    def _remove_old(self, before: float) -> None:
        """Also what a killed process left half written."""
        for pattern in ("*.json", "*.new"):
            for file in self.folder.glob(pattern):
                with suppress(OSError):
                    if _modified(file) < before:
                        file.unlink()


def _settle(folder: Path) -> None:
    """So that the new name is on the disk, too. Windows has no way to ask for that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # somebody removed it just now
        return float("inf")


def _read(file: Path) -> Remembered | None:
    try:
        document = json.loads(file.read_bytes())
        if document["version"] != VERSION:
            raise StateUnusable(f"{file} was written by another version of this client.")
        return _parsed(document)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateUnusable(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateUnusable(f"{file} is damaged.") from error


def _parsed(document: dict[str, Any]) -> Remembered:
    """KeyError, TypeError, AttributeError or ValueError where it is not what `save` wrote."""
    fields = {name: value for name, value in document.items() if name != "version"}
    fingerprint = Fingerprint(int(fields["fingerprint"]["size"]), int(fields["fingerprint"]["modified_ns"]))
    checksums = {int(number): str(checksum) for number, checksum in fields["checksums"].items()}
    return Remembered(**{**fields, "fingerprint": fingerprint, "checksums": checksums})
