"""`make build` as a developer runs it, once for all tests of a run."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from dev.host import READY_MADE
from dev.transform import ROOT

FUNCTIONS = ("ApiFunction", "ProcessFunction", "DeadLetterFunction", "DeriveFunction", "SweepFunction")
THIRD_PARTY = {"DepsLayer": "deps", "MediaLayer": "media"}
LAYERS = ("CoreLayer", *THIRD_PARTY, "PolicyLayer")
OLD = [part for name in READY_MADE for part in ("-o", f"{name}/.ready")]


def build(folder: Path, *choices: str, **environment: str) -> str:
    """`make build` into `folder`: what it said, which is in the error when it fails."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "AWS_"))}
    done = subprocess.run(
        ["make", *OLD, "build", f"ARTIFACTS={folder}", *choices],
        cwd=ROOT, env=outside | environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def build_once(shared: Path) -> Path:
    """The artefacts as they are deployed, built by whichever process of the test run asks first."""
    folder, done = shared / "deployed", shared / "deployed.done"
    with (shared / "deployed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            build(folder)
            done.touch()
    return folder
