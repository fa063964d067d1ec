"""docs/clients/python.md says what is true."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from clients.python.tests.cli.test_commands import COMMANDS
from portway_client import errors
from portway_client.cli.app import ENVIRONMENT
from portway_client.cli.exits import MEANINGS
from portway_client.testing import FakePortway

MANUAL = Path(__file__).parents[4] / "docs/clients/python.md"
TEXT = MANUAL.read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, one after the other, as somebody would who reads the page."""
    fake = FakePortway()
    fake.url = "https://uploads.example.com"
    monkeypatch.setattr("portway_client.engine.HttpTransport", lambda: fake)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("film.mov", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    names = {"my_token": fake.token, "my_login": SimpleNamespace(access_token=lambda: fake.token)}
    assert len(BLOCKS) >= 7
    for block in BLOCKS:
        exec(compile(block, str(MANUAL), "exec"), names)
    assert len(fake.files) == 2
    assert len(fake.uploads) >= 5


def test_every_error_has_a_row() -> None:
    """With what to do about it; the branches of the tree need none."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PortwayError)]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?`) \|", TEXT, re.MULTILINE))))
    branches = {errors.PortwayError, errors.Refusal, errors.Ended}
    assert {kind.__name__ for kind in kinds if kind not in branches} <= named


def test_exit_codes_environment_and_commands_are_those_of_the_program() -> None:
    """The same words as in --help."""
    for code, meaning in MEANINGS.items():
        assert f"| {int(code)} | {meaning} |" in TEXT
    for variable in ENVIRONMENT:
        assert f"`{variable}`" in TEXT or "," in variable
    for command in COMMANDS:
        assert f"portway {command}" in TEXT or command in ("cancel", "retry", "rm", "logout"), command
