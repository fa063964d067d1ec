"""The command as it is installed, against the whole local stack on a slow line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from portway_client.cli.exits import Exit
from tests.stack.local_stack import LocalStack, local_stack

PORTWAY = Path(sys.executable).with_name("portway")
SECONDS = 120


@dataclass(frozen=True)
class Machine:
    """A folder to work in, and the environment of its user."""

    stack: LocalStack
    folder: Path

    @property
    def environ(self) -> Mapping[str, str]:
        site = self.stack.site
        own = {"HOME": str(self.folder), "PORTWAY_ENDPOINT": site["api"], "PORTWAY_TOKEN": site["tokens"]["owner"]}
        return {"PATH": os.environ["PATH"], **own}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [PORTWAY, *arguments], cwd=self.folder, env=self.environ, stdin=pipe, stdout=pipe, stderr=pipe
        )

    def portway(self, *arguments: str, given: bytes = b"") -> bytes:
        """What it writes to stdout; it has to succeed."""
        process = self.start(*arguments)
        out, err = process.communicate(given, SECONDS)
        assert process.returncode == Exit.DONE, err.decode() + out.decode()
        return out


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with local_stack(folder, PORTWAY_FAULTS="slow=1,slow_seconds=0.5") as stack:
        yield Machine(stack, folder)


def test_a_stream_goes_there_and_back(machine: Machine) -> None:
    """From a pipe to a published file, and from there into a pipe."""
    content = os.urandom(6_000_000)
    line = machine.portway("upload", "-", "--name", "scans.tar", "--part-size", "5MiB", given=content)
    state, file_id, name, _ = line.decode().split(maxsplit=3)
    assert (state, name) == ("published", "scans.tar")
    assert machine.portway("get", file_id, "-o", "-") == content


def test_a_command_that_was_killed_is_gone_on_with(machine: Machine) -> None:
    """kill -9 in the middle: `portway resume` knows what is left, and sends only that."""
    content = os.urandom(20_000_000)
    (machine.folder / "film.mov").write_bytes(content)
    process = machine.start("upload", "film.mov", "--part-size", "5MiB", "--parallel", "1")
    upload_id = first_part_of(machine, "film.mov")
    process.kill()
    process.communicate()
    said = machine.portway("resume").decode()
    assert said.startswith(f"published  {upload_id}  ")
    assert machine.portway("get", upload_id, "-o", "-") == content
    assert machine.start("resume").communicate(timeout=SECONDS)[1] == b"portway: nothing to go on with\n"


def first_part_of(machine: Machine, name: str) -> str:
    """The id of this upload, once S3 has some of it."""
    api, until = machine.stack.api(), time.monotonic() + SECONDS
    while time.monotonic() < until:
        newest = api.ask("GET", "/v1/uploads?limit=1")["uploads"]
        if newest and newest[0]["name"] == name:
            view = api.ask("GET", f"/v1/uploads/{newest[0]['id']}")
            if view["bytes_stored"]:
                assert view["missing"], "it was through before anybody could kill it"
                return str(view["id"])
    raise TimeoutError(name)


def test_the_doctor_finds_a_healthy_stack_healthy(machine: Machine) -> None:
    """Nothing to complain of but what is not there on one machine; pages of the stack may use it, others may not."""
    said = machine.portway("doctor", "--origin", machine.stack.site["api"]).decode()
    assert [line[:4].strip() for line in said.splitlines()] == ["ok"] * 12, said
    stranger = machine.start("doctor", "--origin", "https://evil.test")
    assert stranger.communicate(timeout=SECONDS)[0].count(b"FAIL") == 2
    assert stranger.returncode == Exit.FAILED
