"""A stack on the functions that `make host` builds, for tests that are written for any stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack.conftest import Announced, announced_stack
from tests.stack.local_stack import LocalStack


@pytest.fixture(scope="module", autouse=True)
def _compute(_own_environment: None) -> Iterator[None]:
    """Stacks that a test starts itself run on them, too; those of the next module do not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPUTE", "lambda")
        yield


@pytest.fixture(scope="module")
def announced(_compute: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Announced]:
    with announced_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def stack(announced: Announced) -> LocalStack:
    return announced.stack
