"""What every command works with: the backend that is meant, its token, a client, and where to write."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from portway_client.cli.credentials import CredentialFile, config_folder, normal
from portway_client.cli.oauth import Server
from portway_client.cli.reach import Reach
from portway_client.cli.tokens import CommandToken, StoredToken
from portway_client.client import Client
from portway_client.errors import Unauthorized
from portway_client.http import HttpTransport
from portway_client.state import StateStore
from portway_client.state_files import FileState
from portway_client.transport import Transport
from portway_client.work import Token


@dataclass(frozen=True, slots=True)
class Outside:
    """The world as the command sees it. Tests hand in their own."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    transport: Callable[[], Transport] = HttpTransport
    client: Callable[..., Client] = Client
    state: Callable[[], StateStore] = FileState
    reach: Reach = field(default_factory=Reach)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Session:
    """One run of the command. `wanted` is --endpoint; the options fill it in as they are read."""

    outside: Outside = field(default_factory=Outside)
    wanted: str | None = None
    debug: bool = False

    @property
    def credentials(self) -> CredentialFile:
        return CredentialFile(config_folder(self.outside.environ))

    def endpoint(self) -> str:
        """--endpoint, PORTWAY_ENDPOINT, or that of the last login. Raises UsageError."""
        found = self.wanted or self.outside.environ.get("PORTWAY_ENDPOINT") or self.credentials.default
        if not found:
            raise click.UsageError("Which backend? Run `portway login --endpoint URL` once, or set PORTWAY_ENDPOINT.")
        try:
            return normal(found)
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    def token(self) -> Token:
        """Raises Unauthorized if there is none for this backend."""
        environ, endpoint = self.outside.environ, self.endpoint()
        if given := environ.get("PORTWAY_TOKEN"):
            return given
        if command := environ.get("PORTWAY_TOKEN_COMMAND"):
            return CommandToken(command, {**environ, "PORTWAY_ENDPOINT": endpoint})
        if self.credentials.get(endpoint) is None:
            raise Unauthorized(f"There is no token for {endpoint}.")
        return StoredToken(self.credentials, endpoint, self.oauth().renew, self.outside.now)

    def oauth(self) -> Server:
        return Server(self.outside.transport(), self.outside.now)

    def client(self, **options: Any) -> Client:
        """`options` as Client takes them; it has to be closed."""
        transport, state = self.outside.transport(), self.outside.state()
        return self.outside.client(self.endpoint(), self.token(), transport=transport, state=state, **options)
