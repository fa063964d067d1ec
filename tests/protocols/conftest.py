"""The native API on fakes: as documented, and with nothing secret in its log, whatever a test does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocols.documented import DocumentedService
from tests.protocols.service import ENVIRONMENT, Service, service


@pytest.fixture(scope="module", autouse=True)
def _names_of_metrics() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def api(capsys: pytest.CaptureFixture[str]) -> Iterator[Service]:
    made = service(DocumentedService)
    yield made
    printed = capsys.readouterr()
    assert "X-Amz-Signature" not in made.logs.getvalue() + printed.out + printed.err
