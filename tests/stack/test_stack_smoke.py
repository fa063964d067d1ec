"""`make smoke STACK=local`: the smoke test of deployed stacks, on a stack that runs here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.config import ROOT
from dev.smoke.checks import CHECKS
from tests.stack.local_stack import LocalStack

MOST_SECONDS = 60
"""A quarter of it on a machine that does nothing else."""


def smoke(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dev.smoke", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=MOST_SECONDS, check=False,
    )  # fmt: skip


def test_everything_is_well_here(stack: LocalStack) -> None:
    """All checks pass, each with its time; what was made is gone; the token is not in what it prints."""
    before = {upload["id"] for upload in stack.api().ask("GET", "/v1/uploads")["uploads"]}
    began = time.monotonic()
    done = smoke("--stack", "local", PORTWAY_STATE=str(stack.state))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert [line[:2] for line in done.stdout.splitlines()[1:-1]] == ["ok"] * (len(CHECKS) + 1)
    assert time.monotonic() - began < MOST_SECONDS
    uploads = stack.api().ask("GET", "/v1/uploads")["uploads"]
    made = [upload for upload in uploads if upload["id"] not in before]
    assert all(stack.api().call("GET", f"/v1/files/{upload['id']}").status in (404, 409, 410) for upload in made)
    assert not [secret for secret in stack.site["tokens"].values() if secret in done.stdout]


def test_it_finds_a_stack_by_its_address(stack: LocalStack) -> None:
    """`make smoke API=http://… TOKEN=… ORIGIN=…`; a token that is not good is told, and the exit code says so."""
    token = stack.site["tokens"]["stranger"]
    done = smoke("--api", stack.site["api"], TOKEN=f"{token[:-9]}XXXXXXXXX", ORIGIN="https://foreign.example.com")
    assert done.returncode == 1
    assert "FAIL  tokens" in done.stdout
    assert "FAIL  CORS of the API" in done.stdout


@pytest.mark.parametrize(("choice", "words"), [
    ("STACK=local", "--stack local"), ("ENV=prod", "--env prod"), ("API=http://x", "--api http://x"),
])  # fmt: skip
def test_make_smoke_hands_over_what_was_chosen(tmp_path: Path, choice: str, words: str) -> None:
    """An environment, a stack by its name, the local one, or an address."""
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready", "smoke", choice],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert words in done.stdout


def test_no_stack_no_smoke(tmp_path: Path) -> None:
    """Where nothing runs, it says so and how to start one."""
    done = smoke("--stack", "local", PORTWAY_STATE=str(tmp_path))
    assert (done.returncode, "make dev" in done.stderr) == (2, True)
