"""One clamd for all tests that only ask it; those that harm one start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scanners.daemon import GOOD, Daemon, running


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with running(tmp_path_factory.mktemp("clamd"), GOOD) as daemon:
        yield daemon
