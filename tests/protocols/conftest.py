"""The native API on fakes, with nothing secret in its log whatever a test did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocols.service import ENVIRONMENT, Service, service


@pytest.fixture(scope="session", autouse=True)
def _names_of_metrics() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def api() -> Iterator[Service]:
    made = service()
    yield made
    assert "X-Amz-Signature" not in made.logs.getvalue()
