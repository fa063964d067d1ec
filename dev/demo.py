"""`python -m dev.demo [FILE]` (make demo): one real file, from this disk through the whole system and back.

Starts a stack of its own in a temporary folder, uploads with checksums bound into every URL, waits until the file is
published, downloads it and compares. Exit code 0 only if the bytes published are the bytes sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dev.bar import Bar, size_text
from dev.client import Api, Refused, declaration, fetch
from dev.config import ROOT
from dev.lifeline import command
from dev.samples import music
from dev.transfer import FileChanged, PartRefused, Transfer, digests


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


def send(api: Api, path: Path, steps: Steps) -> tuple[dict[str, Any], str]:
    """Upload a file and complete it. Returns the upload as created, and the file's SHA-256."""
    with steps.step("declared"):
        upload = api.ask("POST", "/v1/uploads", {**declaration(path), "window": 0})
    with steps.step("hashed"):
        found = digests(path, upload["part_size"])
    print(f"  upload    {upload['id']}, {upload['part_count']} part(s) of {size_text(upload['part_size'])}")
    with steps.step("sent"), Bar(upload["size"]) as bar:
        Transfer(api, upload, path, found.crcs, bar.advance).run()
    with steps.step("completed"):
        api.ask("POST", f"/v1/uploads/{upload['id']}/complete", {"checksum": found.crc, "size": upload["size"]})
    return upload, found.sha256


def published(api: Api, upload_id: str) -> dict[str, Any]:
    """The upload, once it is published. DemoFailed tells why if it never will be."""
    view = api.await_end(upload_id)
    if view["status"] != "completed":
        reasons = "; ".join(finding["words"] for finding in view["findings"]) or "no finding"
        raise DemoFailed(f"the upload ended as {view['status']} ({view['reason']}): {reasons}")
    return view


def downloaded(api: Api, upload_id: str) -> tuple[str, int]:
    """SHA-256 and size of the published file, fetched by its signed URL."""
    digest, size = hashlib.sha256(), 0
    for chunk in fetch(api.ask("GET", f"/v1/files/{upload_id}/url")["url"]):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def demo(path: Path, folder: Path) -> None:
    """The whole story, told on stdout. Raises DemoFailed, Refused, PartRefused, FileChanged or TimeoutError."""
    steps = Steps()
    with contextlib.ExitStack() as running:
        with steps.step("stack started"):
            site = running.enter_context(stack(folder))
        print(f"  stack     {site['api']}, S3 at {site['s3']}")
        api = Api(site["api"], site["tokens"]["owner"])
        upload, sent = send(api, path, steps)
        with steps.step("published"):
            view = published(api, upload["id"])
        with steps.step("downloaded"):
            got, size = downloaded(api, upload["id"])
        _tell(view, steps, sent, got, size)
        if (got, size) != (sent, upload["size"]):
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
        except (DemoFailed, Refused, PartRefused, FileChanged, TimeoutError) as error:
            print(f"  FAILED    {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\n  stopped", file=sys.stderr)
            return 130
    print("  OK        the bytes published are the bytes sent")
    return 0


if __name__ == "__main__":
    sys.exit(main())
