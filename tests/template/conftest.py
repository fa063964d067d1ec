"""One deployed view of template.yaml for all tests of this folder, and what is built of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dev import host
from dev.everything import EVERYTHING
from tests.template.builds import build_once
from tests.template.stack import Stack, deployed


@pytest.fixture(scope="session")
def stack() -> Stack:
    return deployed()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artefacts as they would be deployed, the same for all processes of a test run."""
    own = tmp_path_factory.getbasetemp()
    return build_once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def runnable() -> Path:
    """The same artefacts for this machine, with byte code: `make host`."""
    return host.built() / "build"


@pytest.fixture(scope="session")
def full() -> Stack:
    """With all that a deployment may ask for, beside a scanner."""
    return deployed(**EVERYTHING)
