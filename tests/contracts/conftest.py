"""The back ends that every contract is held against."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portway.aws.dynamodb import DynamoSessions
from portway.aws.records import quota_key
from portway.ports import SessionStore
from portway.quotas import NOTHING, Account
from tests.contracts.buckets import ObjectBackend, fake_objects, moto_buckets, s3_objects, strict_buckets
from tests.contracts.tables import TABLE, moto_table
from tests.fakes.sessions import FakeSessions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class SessionBackend:
    """A store, and what the port does not show.

    `counted` looks behind it: bytes and open uploads on an account. `guard` is held around calls of threads.
    """

    store: SessionStore
    counted: Callable[[Account], tuple[int, int]]
    guard: AbstractContextManager[object]


def fake_backend() -> SessionBackend:
    fake = FakeSessions()

    def counted(account: Account) -> tuple[int, int]:
        held = fake.counters.get(account, NOTHING)
        return held.size, held.uploads

    return SessionBackend(fake, counted, nullcontext())


def dynamo_backend(client: DynamoDBClient) -> SessionBackend:
    def counted(account: Account) -> tuple[int, int]:
        item = client.get_item(TableName=TABLE, Key=quota_key(account)).get("Item", {})
        used, uploads = (int(item.get(name, {"N": "0"})["N"]) for name in ("used", "open"))
        return used, uploads

    lock = threading.Lock()  # moto loses writes under threads; DynamoDB does not
    return SessionBackend(DynamoSessions(client, TABLE, pause=at_once), counted, lock)


def at_once(attempt: int) -> None:
    """No pause between tries: nothing here gets better by waiting."""


@pytest.fixture(params=["fake", "moto"])
def sessions(request: pytest.FixtureRequest) -> Iterator[SessionBackend]:
    if request.param == "fake":
        yield fake_backend()
        return
    with moto_table() as client:
        yield dynamo_backend(client)


@pytest.fixture(params=["fake", "moto", "strict"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectBackend]:
    if request.param == "fake":
        yield fake_objects()
        return
    with moto_buckets() if request.param == "moto" else strict_buckets(tmp_path) as client:
        yield s3_objects(request.param, client)
