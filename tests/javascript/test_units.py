"""The tests of the browser client and of the page that need no browser: vitest, with a fake transport and clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.javascript.vitest import passed


@pytest.mark.parametrize("folder", ["clients/js", "web"])
def test_what_needs_no_browser(folder: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Every statement that the tests of this folder make holds; none of them is skipped."""
    record_property("figures", f"{folder}: {passed(folder, tmp_path / 'report.json')} tests passed")
