"""Pinned packages for another interpreter than the one of this environment, and commands of a build."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from dev.config import ROOT
from dev.lifeline import bound

BUILD_SECONDS = 600


class BuildFailed(Exception):
    """Nothing could be built. The message is what the build said."""


def installed(python: Path, requirements: Path, folder: Path) -> Path:
    """`folder` with these pinned packages for this interpreter, as they are packed. Two processes may ask at the same
    time. Raises BuildFailed."""
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / ".installed"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not stamp.exists() or stamp.read_text("ascii") != wanted:
            _install(python, requirements, folder)
            stamp.write_text(wanted, "ascii")
    return folder


def _install(python: Path, requirements: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    told = ("pip", "install", "-q", "--python", str(python), "--target", str(folder), "--link-mode", "copy")
    rules = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(requirements))
    try:
        run(str(ROOT / ".venv/bin/uv"), *told, *rules, "--offline")
    except BuildFailed:  # the index is asked only for what the cache lacks
        run(str(ROOT / ".venv/bin/uv"), *told, *rules)


def run(*command: str, environment: Mapping[str, str] | None = None) -> None:
    """Run it in the repository, away from the make that may have started us. BuildFailed with what it said."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "AWS_"))}
    ours |= {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(ROOT / ".uv-cache"))}
    try:
        done = subprocess.run(
            bound(*command),
            cwd=ROOT,
            env=ours if environment is None else environment,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildFailed(str(error)) from error
    if done.returncode:
        raise BuildFailed((done.stdout + done.stderr).strip()[-3000:])


def minor_of(python: Path) -> str:
    asked = [str(python), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else is in here with the same file."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
