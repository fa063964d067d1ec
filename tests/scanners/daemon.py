"""A real clamd from Debian's packages, with a database of its own that knows EICAR and nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portway.outgoing.clamd import EICAR

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/clamd/clamd.conf"
LIMITS = {"StreamMaxLength": "40M", "MaxFileSize": "20M", "MaxScanSize": "30M"}


def shipped() -> dict[str, str]:
    """The options of the example that is shipped."""
    lines = EXAMPLE.read_text("utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


GOOD = {**shipped(), **LIMITS}
"""The example with smaller limits, so that tests can pass them."""
KNOWS_EICAR = f"Test.Eicar:0:*:{EICAR.hex()}\n"
KNOWS_SOMETHING_ELSE = f"Test.Other:0:*:{b'nobody sends this ever'.hex()}\n"


@dataclass(frozen=True, slots=True)
class Daemon:
    """A clamd at work: where it listens, and its process."""

    unix: str
    tcp: str
    process: subprocess.Popen[str]


def program() -> str:
    """Where clamd is. It is part of the tests, not an extra: without it they fail."""
    found = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found, "clamd is missing: run `make clamd` as root, or install the Debian package clamav-daemon"
    return found


@contextmanager
def running(folder: Path, options: Mapping[str, str], signatures: str = KNOWS_EICAR) -> Iterator[Daemon]:
    """A clamd with these options, ended by its id."""
    (folder / "database").mkdir()
    (folder / "database/own.ndb").write_text(signatures, "ascii")
    port = _free_port()
    own = {
        "Foreground": "yes",
        "DatabaseDirectory": f"{folder}/database",
        "TemporaryDirectory": f"{folder}",
        "LocalSocket": f"{folder}/socket",
        "TCPAddr": "127.0.0.1",
        "TCPSocket": f"{port}",
        "MaxThreads": "2",
    }
    lines = (f"{name} {value}\n" for name, value in {**options, **own}.items())
    (folder / "clamd.conf").write_text("".join(lines), "utf-8")
    command = [program(), "--config-file", f"{folder}/clamd.conf"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            _wait_until_it_listens(process)
            yield Daemon(f"unix://{folder}/socket", f"tcp://127.0.0.1:{port}", process)
        finally:
            process.kill()


def _wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    """It says so on its output, which somebody has to read from then on."""
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Self checking"):
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return
    raise AssertionError("clamd did not start:\n" + "".join(said))


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
