"""A client on a Portway in memory, with files of a few bytes in parts of a few bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portway_client import Client, NoState
from portway_client.testing import FakePortway, Limits

PART = 8
SMALL = Limits(part_size=PART, min_part=1)


def fake_portway(**said: Any) -> FakePortway:
    return FakePortway(limits=SMALL, **said)


def client_of(fake: FakePortway, **settings: Any) -> Client:
    """On the fake's clock: pauses take no time."""
    chosen = {"transport": fake, "clock": fake.clock, "state": NoState(), **settings}
    return Client(fake.url, fake.token, **chosen)


def file_of(folder: Path, size: int, name: str = "a file.bin") -> Path:
    path = folder / name
    path.write_bytes(bytes(number * 7 % 251 for number in range(size)))
    return path


def asked(fake: FakePortway, method: str, ending: str) -> int:
    """How many requests to the API were of this kind, and were carried out."""
    came = (seen for seen in fake.requests if seen.place == "api" and seen.outcome in (200, 201, 202, 204))
    return sum(1 for seen in came if seen.method == method and seen.path.endswith(ending))


def parts_sent(fake: FakePortway) -> list[int]:
    """Numbers of the parts that were sent to S3, in their order, however they fared."""
    return [seen.part for seen in fake.requests if seen.place == "s3" and seen.method == "PUT"]
