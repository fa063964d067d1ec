"""A tus pair for context: tuspy, chunk after chunk, to @tus/server with its file store. Plain HTTP, one run, no bar."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import runs, sinks

HERE = Path(__file__).parent
MOST_BYTES = 1 << 30
"""The server writes what it gets: enough to see a speed."""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Its address. What it cost is in `folder`/server.json afterwards, what it was sent is gone."""
    store = folder / "tus"
    store.mkdir()
    command = (sinks.program("measured"), folder / "server.json", "node", HERE / "server.mjs", store)
    with subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.stdin.close()
            process.wait(30)
            shutil.rmtree(store)


def row(folder: Path, env: Mapping[str, str], part_size: int, size: int) -> str:
    """What client and server cost. Says so if there is no server here."""
    if not (shutil.which("node") and (HERE / "node_modules" / "@tus").is_dir()):
        return "tuspy → @tus/server: left out, there is no Node here (`make bench` installs the server where there is)"
    size = min(size, MOST_BYTES)
    file = runs.file_of(folder, size, "tus.bin")
    script = HERE.parent / "senders.py"
    with server(folder) as url:
        run = runs.measure((runs.PYTHON, script, "tuspy", file, str(part_size), "1", url, ""), env, folder)
    cost = json.loads((folder / "server.json").read_text())["cpu_seconds"]
    gib = size / (1 << 30)
    return (
        f"tuspy → @tus/server (plain, writes the file): {size / 1e6 / run.seconds:.0f} MB/s,"
        f" CPU s/GiB {run.cpu_seconds / gib:.2f} + {cost / gib:.2f} of the server, peak {run.peak_mib:.0f} MiB"
    )
