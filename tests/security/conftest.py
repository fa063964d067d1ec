"""The native API on fakes, as documented, with the gateway in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocols.documented import DocumentedService
from tests.protocols.service import ENVIRONMENT, Service, service
from tests.security.front import Front


@pytest.fixture(scope="module", autouse=True)
def _names_of_metrics() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def api() -> Service:
    return service(DocumentedService)


@pytest.fixture
def front(api: Service) -> Front:
    return Front(api, [])
