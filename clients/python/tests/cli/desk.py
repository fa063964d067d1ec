"""A person at a machine: runs the command over a Portway in memory, and reads what it writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from portway_client.cli.app import run
from portway_client.cli.session import Outside
from portway_client.state import NoState, Remembered
from portway_client.testing import FakePortway


class Memory(NoState):
    """A state store that forgets with the test."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Remembered] = {}

    def load(self, endpoint: str, path: str) -> Remembered | None:
        return self.kept.get((endpoint, path))

    def find(self, upload_id: str) -> Remembered | None:
        return next((each for each in self.kept.values() if each.upload_id == upload_id), None)

    def save(self, remembered: Remembered) -> None:
        self.kept[remembered.endpoint, remembered.path] = remembered

    def remove(self, endpoint: str, path: str) -> None:
        self.kept.pop((endpoint, path), None)

    def all(self) -> Iterable[Remembered]:
        return list(self.kept.values())


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Desk:
    """`portway("upload", "film.mov")` as the owner; `environ` adds to the environment."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    fake: FakePortway = field(default_factory=FakePortway)
    state: Memory = field(default_factory=Memory)
    environ: dict[str, str] = field(default_factory=dict)

    def portway(self, *arguments: str, **outside: Any) -> Said:
        environ: Mapping[str, str] = {
            "HOME": str(self.home),
            "PORTWAY_ENDPOINT": self.fake.url,
            "PORTWAY_TOKEN": self.fake.token,
            **self.environ,
        }
        given = {"transport": lambda: self.fake, "state": lambda: self.state, **outside}
        code = run(arguments, Outside(environ=environ, **given))
        return Said(code, *self.capsys.readouterr())

    def file(self, name: str, content: bytes = b"hello") -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path
