"""What the proofs share: a small Portway, files to send in every way, and a client that nothing keeps waiting."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portway_client.client import Client
from portway_client.sendables import Sendable
from portway_client.state import NoState, Remembered
from portway_client.testing import FakePortway, Limits, Seen

PART = 512
SIZES = (0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7, 12 * PART - 1, 40 * PART + 1)
"""Around the borders of parts."""


def fake_portway(**options: Any) -> FakePortway:
    """Parts of 512 bytes."""
    limits = options.pop("limits", Limits(part_size=PART, min_part=1))
    return FakePortway(limits=limits, **options)


def client_of(fake: FakePortway, **options: Any) -> Client:
    settings: dict[str, Any] = {"token": fake.token, "transport": fake, "state": NoState(), "clock": fake.clock}
    return Client(fake.url, **{**settings, **options})


def content_of(size: int, seed: int = 0) -> bytes:
    return random.Random(f"{size} {seed}").randbytes(size)


def chunks(content: bytes, seed: int) -> Iterator[bytes]:
    """The same bytes in pieces of odd lengths."""
    chance, at = random.Random(seed), 0
    while at < len(content):
        length = chance.choice((1, 7, PART, 3 * PART))
        yield content[at : at + length]
        at += length


def as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few parts are sent as if they were large: not read beforehand, and remembered."""
    for module in ("engine", "flow"):
        monkeypatch.setattr(f"portway_client.{module}.ONE_PUT", PART)
    monkeypatch.setattr("portway_client.files.SMALL", PART)


def after_puts(fake: FakePortway, count: int, act: Callable[[], object]) -> None:
    """Does something once, after so many parts."""
    acts, lock = [act], threading.Lock()

    def look(seen: Seen) -> None:
        with lock:
            found = acts.pop() if acts and fake.puts.total() >= count else None
        if found:
            found()

    fake.on_request = look


@dataclass(frozen=True)
class Case:
    """One thing to send: how it is handed over, how large it is, and which faults meet it."""

    seed: int
    way: str
    content: bytes

    @property
    def name(self) -> str:
        return f"{self.way} {self.seed}.bin"

    def sendable(self, folder: Path) -> Sendable:
        return WAYS[self.way](self, folder)


def case(seed: int) -> Case:
    chance = random.Random(seed)
    size = chance.choice(SIZES)
    return Case(seed, chance.choice(sorted(WAYS)), content_of(size, seed))


def _file(case: Case, folder: Path) -> Path:
    path = folder / case.name
    path.write_bytes(case.content)
    return path


WAYS: dict[str, Callable[[Case, Path], Sendable]] = {
    "bytes": lambda case, _: case.content,
    "file": _file,
    "object": lambda case, _: io.BytesIO(case.content),
    "chunks": lambda case, _: chunks(case.content, case.seed),
}


class Remembers(NoState):
    """A state store in memory; `kept` by path."""

    def __init__(self) -> None:
        self.kept: dict[str, Remembered] = {}

    def load(self, endpoint: str, path: str) -> Remembered | None:
        return self.kept.get(path)

    def find(self, upload_id: str) -> Remembered | None:
        return next((each for each in self.kept.values() if each.upload_id == upload_id), None)

    def save(self, remembered: Remembered) -> None:
        self.kept[remembered.path] = remembered

    def remove(self, endpoint: str, path: str) -> None:
        self.kept.pop(path, None)
