"""Proof 3: a hundred uploads at once through a bad network, while workers die, the front restarts, events get lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.chaos.chaos import chaos
from tests.faults.chaos.report import LEAST_SUCCESS


def test_a_hundred_uploads_in_a_storm(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Every upload ends published with the right bytes or clearly failed; nothing is left in S3, no quota is held, and
    the world heard of each beginning and end under one id. At least 99 of 100 files get through."""
    report = chaos(tmp_path, seed=4, uploads=100)
    record_property("figures", report.text())
    assert report.left == []
    assert report.success >= LEAST_SUCCESS, [outcome.words for outcome in report.wanted if outcome.words]
    assert {outcome.status for outcome in report.few} == {"completed"}
