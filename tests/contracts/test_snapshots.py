"""SnapStart: what is renewed in a container that goes on from a snapshot, by the hooks of Lambda's own library."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials
from botocore.exceptions import MetadataRetrievalError
from botocore.session import Session

from portway.aws import clients, snapshots, sts

Hook = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass
class Library:
    """snapshot_restore_py 1.0, as Lambda's runtime has it."""

    hooks: list[Hook] = field(default_factory=list)

    def register_after_restore(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        self.hooks.append((func, args, kwargs))
        return func

    def restore(self) -> None:
        """What awslambdaric does in each restored container."""
        for func, args, kwargs in self.hooks:
            func(*args, **kwargs)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    monkeypatch.setitem(sys.modules, snapshots.LIBRARY, made)
    return made


class Container:
    """The endpoint that gives a container its credentials, each time others."""

    def __init__(self, seconds: int) -> None:
        self.asked, self.seconds, self.is_down = 0, seconds, False

    def __call__(self) -> dict[str, str]:
        if self.is_down:
            raise MetadataRetrievalError(error_msg="down")
        self.asked += 1
        end = datetime.now(UTC) + timedelta(seconds=self.seconds)
        return {
            "access_key": f"ASIA{self.asked}",
            "secret_key": "secret",
            "token": "token",
            "expiry_time": end.isoformat(),
        }


def session_of(container: Container) -> Session:
    made = clients.session()
    provider = Provider(container)
    made.register_component("credential_provider", CredentialResolver([provider]))
    return made


class Provider(CredentialProvider):
    METHOD = "container-role"

    def __init__(self, container: Container) -> None:
        super().__init__()
        self._container = container

    def load(self) -> RefreshableCredentials:
        return RefreshableCredentials.create_from_metadata(self._container(), self._container, self.METHOD)


def test_a_restored_container_signs_with_credentials_that_last(library: Library) -> None:
    """Those of the snapshot ended while it lay there: new ones are asked for before the first request comes."""
    container = Container(seconds=-60)
    session = session_of(container)
    current = sts.execution_credentials(session)
    client = clients.dynamodb_client(session, "eu-central-1")
    container.seconds = 3600
    library.restore()
    assert container.asked == 2
    assert current().access_key == "ASIA2"
    assert client._request_signer._credentials.access_key == "ASIA2"  # type: ignore[attr-defined]
    assert container.asked == 2, "nobody had to wait for them"


def test_good_credentials_are_kept(library: Library) -> None:
    """A snapshot of a minute ago needs no others."""
    container = Container(seconds=3600)
    session_of(container).get_credentials()
    library.restore()
    assert container.asked == 1


def test_containers_of_one_snapshot_pause_differently(library: Library) -> None:
    """Otherwise all of them would come back to a contended item at the same moments."""
    session_of(Container(3600))
    snapshot, pauses = random.getstate(), set[float]()
    for _ in range(3):
        random.setstate(snapshot)
        library.restore()
        pauses.add(random.random())
    assert len(pauses) == 3


def test_what_cannot_be_renewed_now_ends_no_container(library: Library) -> None:
    """An error in a hook is a failed start; the first request asks again, and says what is wrong."""
    container = Container(seconds=-60)
    session = session_of(container)
    session.get_credentials()
    container.is_down = True
    library.restore()
    container.is_down, container.seconds = False, 3600
    assert sts.execution_credentials(session)().access_key == "ASIA2"


def test_without_credentials_a_container_is_restored(library: Library) -> None:
    """Who signs nothing has nothing to renew."""
    made = clients.session()
    made.register_component("credential_provider", CredentialResolver([]))
    library.restore()
    assert made.get_credentials() is None


def test_without_the_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11, the local stack, a test: there are no snapshots, and no hooks for them."""
    monkeypatch.setitem(sys.modules, snapshots.LIBRARY, None)
    assert clients.session()
