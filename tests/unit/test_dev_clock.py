"""The clock of the local stack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dev.clock import Clock


def test_it_is_ahead_by_what_the_file_says(tmp_path: Path) -> None:
    """The machine's time without the file; hours later at once when somebody writes it, as often as he likes."""
    clock = Clock(tmp_path / "ahead")
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    for hours in (2, 50):
        clock.ahead.write_text(f"{hours * 3600}\n")
        assert abs(clock.now() - datetime.now(UTC) - timedelta(hours=hours)) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "soon", "é"])
def test_half_written_numbers_do_not_turn_time_back(tmp_path: Path, text: str) -> None:
    """Whoever writes the file need not care for who reads it at the same moment."""
    clock = Clock(tmp_path / "ahead")
    clock.ahead.write_text("3600")
    assert clock.seconds_ahead() == 3600
    clock.ahead.write_text(text)
    assert clock.seconds_ahead() == 3600
