"""Peers that run on Node: a script of a folder with packages of its own, as a process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.bars import LeftOut

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    pid: int


@contextmanager
def server(script: str, *arguments: str, **environment: str) -> Iterator[Server]:
    """`script` of bench/, which prints {"port"} and serves until its stdin ends: also when we are killed.

    Raises LeftOut where there is no Node, or not the script's packages.
    """
    if not (node := shutil.which("node")):
        raise LeftOut("there is no Node here")
    file = HERE / script
    if not (file.parent / "node_modules" / ".ready").exists():
        raise LeftOut(f"its packages are missing (make bench/{file.parent.name}/node_modules/.ready)")
    with subprocess.Popen(
        [node, str(file), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NODE_NO_WARNINGS": "1", **environment},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = next((line for line in process.stdout if line.startswith('{"port"')), None)
            if said is None:
                raise RuntimeError(f"bench/{script} did not start")
            yield Server(f"http://127.0.0.1:{json.loads(said)['port']}", process.pid)
        finally:
            process.stdin.close()
            process.wait(30)
