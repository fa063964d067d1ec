"""What many unit tests start from."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.unit.world import World

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def world() -> World:
    """Portway over the fakes, empty, at the first moment of 2026."""
    return World()
