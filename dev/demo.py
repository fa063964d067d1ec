"""`python -m dev.demo [FILE]` (make demo): one real file, from this disk through the whole system and back.

Starts a stack of its own in a temporary folder, sends the file with the Python client, waits until it is published,
downloads it and compares. Exit code 0 only if the bytes published are the bytes sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from dev.bar import Bar, size_text
from dev.client import Api, declaration
from dev.config import ROOT
from dev.lifeline import command
from dev.samples import music
from portway_client import Client, NoState, PortwayError


class DemoFailed(Exception):
    """The file did not make it. The message says why."""


class Steps:
    """Seconds of each step, in order."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float]] = []

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.rows.append((name, time.perf_counter() - began))


@contextlib.contextmanager
def stack(folder: Path) -> Iterator[dict[str, Any]]:
    """What dev.json says of a stack that runs while the context is open, on free ports and in `folder`."""
    chosen = {"PORTWAY_PORT": "0", "PORTWAY_S3_PORT": "0", "PORTWAY_DATA": "", "PORTWAY_STATE": str(folder / "state")}
    process = subprocess.Popen(
        command("dev"),
        env={**os.environ, **chosen, "TMPDIR": str(folder)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C is ours; we stop it
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise DemoFailed(f"the stack did not start:\n{process.stderr.read()}")
        yield json.loads(line)
    finally:
        process.terminate()
        process.communicate()


def send(client: Client, path: Path, steps: Steps) -> str:
    """Upload a file; the id of its upload, once everything of it is sent. Raises PortwayError."""
    about = declaration(path)
    with steps.step("sent"), Bar(about["size"]) as bar:
        told = {"name": about["name"], "content_type": about["content_type"]}
        transfer = client.start(path, wait=False, on_progress=lambda progress: bar.reach(progress.bytes), **told)
        transfer.wait()
    print(f"  upload    {transfer.upload_id}, {transfer.progress.parts} part(s)")
    return str(transfer.upload_id)


class Hashed(io.RawIOBase):
    """Takes any number of bytes and keeps their SHA-256."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, piece: Any) -> int:
        self.sha256.update(piece)
        return len(piece)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def demo(path: Path, folder: Path) -> None:
    """The whole story, told on stdout. Raises DemoFailed or PortwayError."""
    steps = Steps()
    with contextlib.ExitStack() as running:
        with steps.step("stack started"):
            site = running.enter_context(stack(folder))
        print(f"  stack     {site['api']}, S3 at {site['s3']}")
        api = Api(site["api"], site["tokens"]["owner"])
        client = running.enter_context(Client(site["api"], site["tokens"]["owner"], state=NoState()))
        upload_id = send(client, path, steps)
        with steps.step("published"):
            client.wait(upload_id)
        with steps.step("downloaded"):
            there = Hashed()
            size = client.download(upload_id, cast("BinaryIO", there)).size
        with steps.step("compared"):
            sent, got = sha256(path), there.sha256.hexdigest()
        _tell(api.ask("GET", f"/v1/uploads/{upload_id}"), steps, sent, got, size)
        if got != sent:
            raise DemoFailed("what was published is not what was sent")


def _tell(view: dict[str, Any], steps: Steps, sent: str, got: str, size: int) -> None:
    print(f"  history   {' > '.join(step['state'] for step in view['history'])}")
    for finding in view["findings"]:
        print(f"  finding   {finding['severity']}: {finding['words']}")
    for name, seconds in steps.rows:
        print(f"  {seconds:8.3f} s  {name}")
    print(f"  sent      {view['size']} bytes, SHA-256 {sent}")
    print(f"  published {size} bytes, SHA-256 {got}")


def main() -> int:
    """Exit code: 0 published as sent, 1 not, 2 no such file, 130 interrupted."""
    sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    for number in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal leaves as little behind as Ctrl-C
        signal.signal(number, signal.default_int_handler)
    arguments = [argument for argument in sys.argv[1:] if argument]
    with tempfile.TemporaryDirectory(prefix="portway-demo-") as name:
        folder = Path(name)
        path = Path(arguments[0]).expanduser() if arguments else music(folder / "a few minutes of music.wav")
        if not path.is_file():
            print(f"{path} is not a file", file=sys.stderr)
            return 2
        about = declaration(path)
        print(f"  file      {about['name']}, {size_text(about['size'])}, {about['content_type']} (by its name)")
        try:
            demo(path, folder)
        except (DemoFailed, PortwayError) as error:
            print(f"  FAILED    {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\n  stopped", file=sys.stderr)
            return 130
    print("  OK        the bytes published are the bytes sent")
    return 0


if __name__ == "__main__":
    sys.exit(main())
