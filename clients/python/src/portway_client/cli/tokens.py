"""Which token is sent: PORTWAY_TOKEN, what PORTWAY_TOKEN_COMMAND prints, or the one of `portway login`."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping

from portway_client.cli.credentials import Credential, CredentialFile
from portway_client.cli.oauth import SignInFailed
from portway_client.errors import Unauthorized

EARLY_SECONDS = 60
"""A token that ends so soon is renewed before it is used."""
COMMAND_SECONDS = 120


class CommandToken:
    """Asks a helper command each time: its first line on stdout is the token. It may ask the person on the terminal."""

    def __init__(self, command: str, environ: Mapping[str, str]) -> None:
        self._command, self._environ = command, environ

    def __call__(self) -> str:
        try:
            done = subprocess.run(
                self._command,
                shell=True,
                env=dict(self._environ),
                stdout=subprocess.PIPE,
                check=True,
                timeout=COMMAND_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            code = getattr(error, "returncode", None)
            how = f"ended with code {code}" if code is not None else "did not end"
            raise Unauthorized(f"The command in PORTWAY_TOKEN_COMMAND {how}.") from None
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        if not lines or not lines[0].strip():
            raise Unauthorized("The command in PORTWAY_TOKEN_COMMAND printed no token.")
        return lines[0].strip()


class StoredToken:
    """The token of `portway login`. Renewed when it ends; being asked again for the same one means it was refused."""

    def __init__(
        self,
        file: CredentialFile,
        endpoint: str,
        renew: Callable[[Credential], Credential],
        now: Callable[[], float],
    ) -> None:
        self._file, self._endpoint, self._renew, self._now = file, endpoint, renew, now
        self._given: str | None = None
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            held = self._file.get(self._endpoint)
            if held is None:
                raise Unauthorized(f"There is no login for {self._endpoint}.")
            if held.token == self._given or self._ends_soon(held):
                held = self._renewed(held)
            self._given = held.token
            return held.token

    def _ends_soon(self, held: Credential) -> bool:
        return held.expires_at is not None and held.expires_at < self._now() + EARLY_SECONDS

    def _renewed(self, held: Credential) -> Credential:
        """A refresh token is often good once: another process may have used it, then the file has what it got."""
        if not held.refresh_token:
            return held
        try:
            fresh = self._renew(held)
        except SignInFailed:
            other = self._file.get(self._endpoint)
            if other is None or other.token == held.token:
                raise Unauthorized("The login has ended.") from None
            return other
        self._file.put(self._endpoint, fresh)
        return fresh
