"""One deployed view of template.yaml for all tests of this folder."""

from __future__ import annotations

import pytest

from tests.template.stack import Stack, deployed


@pytest.fixture(scope="session")
def stack() -> Stack:
    return deployed()
