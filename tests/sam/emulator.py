"""AWS's own Lambda Runtime Interface Emulator, as aws-sam-cli carries it, with one built function behind it.

Its traps: two requests at a time kill it; a function that fails is answered with 200; what is longer than 6 MB is cut
off; it starts the function with the first request; told to take any port, it does not say which.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from dev.artefacts import Artefact
from dev.host import ARCHITECTURES
from dev.lifeline import die_with
from dev.transform import ROOT

PATIENCE_SECONDS = 120
"""For a machine that does other things, too."""
INVOCATIONS = "/2015-03-31/functions/function/invocations"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the emulator answered."""

    status: int
    body: bytes

    @property
    def value(self) -> Any:
        """What the function returned; AssertionError if it failed."""
        said = self.body.decode()
        assert self.status == 200, said
        value = json.loads(said)
        assert not (isinstance(value, dict) and "errorMessage" in value), said
        return value


class Emulator:
    """One emulator. Calls wait for each other."""

    def __init__(self, artefact: Artefact, environment: Mapping[str, str], log: IO[bytes]) -> None:
        self._one_at_a_time = threading.Lock()
        # an address of our own: nobody else takes a port there between our question and the emulator's start
        host = "127." + ".".join(str(1 + byte % 254) for byte in secrets.token_bytes(3))
        invoke, runtime = (f"{host}:{port}" for port in _free_ports(host))
        self._url = f"http://{invoke}{INVOCATIONS}"
        addresses = ("--runtime-interface-emulator-address", invoke, "--runtime-api-address", runtime)
        told = {**environment, "AWS_LAMBDA_FUNCTION_TIMEOUT": str(artefact.timeout_seconds)}
        self._process = subprocess.Popen(
            [program(), "--log-level", "warn", *addresses, *artefact.command()],
            env=artefact.environment(told), cwd=artefact.task, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=partial(die_with, os.getpid()),
        )  # fmt: skip
        try:
            self._wait_for(invoke)
        except BaseException:
            self.stop()
            raise

    def _wait_for(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS):
                return
            time.sleep(0.01)  # it does not say when it listens: asked again until it does, or has ended
        raise AssertionError(f"the emulator does not listen at {address} (it ended with {self._process.poll()})")

    def invoke(self, event: Any) -> Answer:
        """The answer to this event."""
        asked = urllib.request.Request(self._url, data=json.dumps(event).encode())
        with self._one_at_a_time:
            try:
                with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as answer:
                    return Answer(answer.status, answer.read())
            except urllib.error.HTTPError as error:
                return Answer(error.code, error.read())

    @property
    def running(self) -> list[int]:
        """The processes of the function: one between its first call and its end."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text("ascii").split()]

    def kill(self) -> None:
        """End the function's process as the kernel does when memory runs out. The emulator stays."""
        (pid,) = self.running
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the emulator, and with it the function."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def emulator(artefact: Artefact, environment: Mapping[str, str], folder: Path) -> Iterator[Emulator]:
    """One for this built function; what both print goes to a file in `folder`."""
    with (folder / f"{artefact.function}.log").open("ab") as log:
        started = Emulator(artefact, environment, log)
        try:
            yield started
        finally:
            started.stop()


def program() -> Path:
    """The emulator for this machine."""
    kind = ARCHITECTURES[platform.machine()]
    (found,) = ROOT.glob(f".venv-sam/lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{kind}")
    return found


def _free_ports(host: str) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server((host, 0))) for _ in range(2)]
        return [each.getsockname()[1] for each in sockets]
