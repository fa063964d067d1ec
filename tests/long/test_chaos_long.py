"""Proof 3 at length: more files, and other storms; minutes each, so `make test-long`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.chaos.chaos import chaos
from tests.faults.chaos.report import LEAST_SUCCESS


@pytest.mark.parametrize(("seed", "uploads"), [(5, 100), (6, 100), (7, 100), (8, 250)])
def test_storms(tmp_path: Path, record_property: Callable[[str, object], None], seed: int, uploads: int) -> None:
    """Other requests break, other workers die at other moments, other events are lost: the promises are the same."""
    report = chaos(tmp_path, seed, uploads)
    record_property("figures", report.text())
    assert report.left == []
    assert report.success >= LEAST_SUCCESS, [outcome.words for outcome in report.wanted if outcome.words]
    assert {outcome.status for outcome in report.few} == {"completed"}
