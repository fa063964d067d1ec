"""One running stack for all tests that do not need one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dev.client import Api
from tests.stack.local_stack import LocalStack, local_stack
from tests.stack.shuffler import Shuffler, shuffler


@dataclass(frozen=True)
class Announced:
    """A stack whose S3 endpoint announces through a shuffler."""

    stack: LocalStack
    events: Shuffler


@pytest.fixture(scope="session")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Announced]:
    with (
        shuffler() as (events, url),
        local_stack(tmp_path_factory.mktemp("stack"), PORTWAY_EVENTS_VIA=url) as running,
    ):
        events.target = running.names()["ProcessQueue"].rsplit("/", 2)[0] + "/"
        yield Announced(running, events)


@pytest.fixture(scope="session")
def stack(announced: Announced) -> LocalStack:
    return announced.stack


@pytest.fixture
def api(stack: LocalStack) -> Api:
    return stack.api()
