"""The gate of docs/reliability.md and docs/clients/mobile.md: a promise names tests that exist."""

from __future__ import annotations

import re

from dev.security_page import NAME, ROOT, known_tests

PAGE = ROOT / "docs/reliability.md"
MOBILE = ROOT / "docs/clients/mobile.md"


def test_promises_name_their_tests() -> None:
    """Each row of promises has a test, and every test that the page names is one of ours."""
    text = PAGE.read_text("utf-8")
    promises = text.partition("\n## ")[0]
    rows = re.findall(r"^\| \*\*.+\|$", promises, re.MULTILINE)
    assert len(rows) >= 5
    assert [row for row in rows if not NAME.search(row)] == []
    assert set(NAME.findall(text)) <= known_tests(ROOT / "tests")


def test_what_a_phone_may_rely_on_names_its_tests() -> None:
    """Each promise to app developers has a test, and each test of that contract is a promise."""
    promises = MOBILE.read_text("utf-8").partition("## What you may rely on")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| [A-Z].+\|$", promises, re.MULTILINE)
    assert [row for row in rows if not NAME.search(row)] == []
    contract = (ROOT / "tests/stack/test_stack_mobile.py").read_text("utf-8")
    assert set(NAME.findall(promises)) == set(re.findall(r"def (test_\w+)\(", contract))
