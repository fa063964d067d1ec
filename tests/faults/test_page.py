"""The gate of docs/reliability.md: a promise names tests that exist."""

from __future__ import annotations

import re

from dev.security_page import NAME, ROOT, known_tests

PAGE = ROOT / "docs/reliability.md"


def test_promises_name_their_tests() -> None:
    """Each row of promises has a test, and every test that the page names is one of ours."""
    text = PAGE.read_text("utf-8")
    promises = text.partition("\n## ")[0]
    rows = re.findall(r"^\| \*\*.+\|$", promises, re.MULTILINE)
    assert len(rows) >= 5
    assert [row for row in rows if not NAME.search(row)] == []
    assert set(NAME.findall(text)) <= known_tests(ROOT / "tests")
