"""What `portway login` keeps, for each backend apart: in the user's configuration folder, for the user's eyes only."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portway_client.errors import PortwayError

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class CredentialsUnusable(PortwayError):
    code = "credentials_unusable"
    advice = "Remove that file and run `portway login`."


@dataclass(frozen=True, slots=True)
class Credential:
    """A bearer token. `expires_at` is in seconds since 1970. The rest is what renewing it takes."""

    token: str = field(repr=False)
    expires_at: float | None = None
    refresh_token: str | None = field(default=None, repr=False)
    token_endpoint: str = ""
    client_id: str = ""


def config_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where this platform keeps settings of a program: XDG_CONFIG_HOME, Application Support, APPDATA."""
    home = Path(environ.get("HOME") or Path.home())
    if platform == "win32":
        base = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "portway"


def normal(endpoint: str) -> str:
    """One spelling for one backend. Raises ValueError for what is no http(s) address."""
    place = urlsplit(endpoint.strip())
    if place.scheme not in ("http", "https") or not place.hostname or place.query or place.fragment or place.username:
        raise ValueError(f"{endpoint!r} is no address of a backend; write it like https://uploads.example.com")
    return f"{place.scheme}://{place.netloc.lower()}{place.path.rstrip('/')}"


def is_private(address: str) -> bool:
    """Whether nobody on the way can read what is sent there."""
    place = urlsplit(address)
    return place.scheme == "https" or place.hostname in LOOPBACK


class CredentialFile:
    """`credentials.json` in `folder`: written whole, with mode 0600; a token goes to no other endpoint than its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "credentials.json"

    @property
    def default(self) -> str | None:
        """The endpoint of the last login."""
        return self._read().get("default")

    def get(self, endpoint: str) -> Credential | None:
        row = self._read()["endpoints"].get(endpoint)
        return Credential(**row) if row else None

    def put(self, endpoint: str, credential: Credential, *, default: bool = False) -> None:
        document = self._read()
        document["endpoints"][endpoint] = asdict(credential)
        if default or not document.get("default"):
            document["default"] = endpoint
        self._write(document)

    def remove(self, endpoint: str) -> bool:
        """Whether there was something to remove."""
        document = self._read()
        found = document["endpoints"].pop(endpoint, None) is not None
        if found:
            self._write(document)
        return found

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self.path.read_text("utf-8"))
            for row in document["endpoints"].values():
                Credential(**row)
        except FileNotFoundError:
            return {"default": None, "endpoints": {}}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise CredentialsUnusable(f"{self.path} cannot be read as credentials.") from None
        return dict(document)

    def _write(self, document: Mapping[str, Any]) -> None:
        """mkstemp makes a file that only its owner may read."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".credentials-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=1)
            Path(name).replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
