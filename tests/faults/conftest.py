"""Real stores for the proofs that need them, started once for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.aws_site import Site, site


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch, site(patch, tmp_path_factory.mktemp("aws")) as made:
        yield made
