"""The browser client and the page in Debian's Firefox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser.suite import run


def test_everything_in_firefox(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """What the tests of specs/ say holds in Firefox: the names of those that do not are in the output."""
    record_property("figures", run("firefox", tmp_path))
