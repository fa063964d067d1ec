"""One running stack for all tests that do not need one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.client import Api
from tests.security.written import secrets_in
from tests.stack.local_stack import LocalStack, local_stack
from tests.stack.shuffler import Shuffler, shuffler


@dataclass(frozen=True)
class Announced:
    """A stack whose S3 endpoint announces through a shuffler."""

    stack: LocalStack
    events: Shuffler


@contextmanager
def announced_stack(folder: Path) -> Iterator[Announced]:
    """One in `folder`, which at its end is found to have kept its secrets."""
    with shuffler() as (events, url), local_stack(folder, PORTWAY_EVENTS_VIA=url) as running:
        events.target = running.names()["ProcessQueue"].rsplit("/", 2)[0] + "/"
        yield Announced(running, events)
        _assert_discreet(running)


@pytest.fixture(scope="session")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Announced]:
    with announced_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


def _assert_discreet(running: LocalStack) -> None:
    """No process of the stack, in all tests together, wrote down a signed URL, a token or a key."""
    secrets = [running.site["secret_key"], *running.site["tokens"].values()]
    logs = {path.name: path.read_text("utf-8", "replace") for path in running.state.glob("*.log")}
    assert "ApiFunction.log" in logs
    for name, text in logs.items():
        assert not secrets_in(text), name
        assert not [secret for secret in secrets if secret in text], name


@pytest.fixture(scope="session")
def stack(announced: Announced) -> LocalStack:
    return announced.stack


@pytest.fixture
def api(stack: LocalStack) -> Api:
    return stack.api()
