"""The gate of docs/security.md: a promise without a proof does not pass."""

from __future__ import annotations

import re

import pytest

from dev import security_page
from dev.security_page import ASVS, LEAST, PAGE, PLANNED, ROOT, THREATS, breaches, known_tests, modules_of, rows

KNOWN = [f"test_{number}" for number in range(LEAST)]
GOOD = "".join(f"| {row} | words | `{name}` |\n" for row, name in zip((*ASVS, *THREATS), KNOWN * 2, strict=False))


def test_the_page_is_proved() -> None:
    """Every row names a test that exists, or a feature that does not exist yet."""
    assert security_page.main() == 0


def test_every_requirement_and_every_threat_has_its_row() -> None:
    """13 rows of ASVS V5 and 36 threats, each once; the page names at least 40 tests."""
    table = rows(PAGE.read_text("utf-8"))
    ids = [row.id for row in table]
    assert set(ASVS) | set(THREATS) <= set(ids)
    assert len(ids) == len(set(ids))
    assert len({name for row in table for name in row.tests}) >= LEAST


CASES = {
    "a test that is not there": (GOOD.replace("`test_0`", "`test_gone`", 1), r"5\.1\.1: there is no test_gone"),
    "nothing named": (GOOD.replace("`test_0`", "words", 1), r"5\.1\.1: names neither"),
    "a row left out": (GOOD.replace("| T36 |", "| - |"), "T36: has no row"),
    "a row twice": (GOOD + "| T36 | words | `test_1` |\n", "T36: has two rows"),
    "a feature nobody planned": (GOOD.replace("`test_0`", "planned: Z9", 1), r"5\.1\.1: Z9 is no planned feature"),
    "a planned feature that is built": (GOOD.replace("`test_0`", "planned: D2", 1), r"5\.1\.1: D2 is built"),
    "too few tests": (GOOD.replace("`test_39`", "`test_1`"), "names 39 tests"),
    "a wrong name in the text": (GOOD + "As `test_elsewhere` shows.\n", "test_elsewhere: no such test"),
}  # fmt: skip


@pytest.mark.parametrize(("page", "expected"), CASES.values(), ids=CASES.keys())
def test_a_promise_without_a_proof_is_told(page: str, expected: str) -> None:
    """The gate names the row and what is wrong with it."""
    (breach,) = breaches(page, KNOWN, ["protocols/tus.py", "uploads.py"])
    assert re.match(expected, breach.removeprefix("the page "))


def test_a_good_page_passes() -> None:
    """Also with rows whose feature is still to come."""
    assert list(breaches(GOOD, KNOWN, ["protocols/tus.py"])) == []
    assert list(breaches(GOOD + "| U1 | words | planned: D2 |\n", KNOWN, ["uploads.py"])) == []


def test_planned_features_are_not_built_unseen() -> None:
    """The table of planned features holds those that the page names, and no other; tests are found by their names."""
    assert {feature for row in rows(PAGE.read_text("utf-8")) for feature in row.planned} == set(PLANNED)
    assert "uploads.py" in modules_of(ROOT / "layers/core/python/portway")
    assert "test_planned_features_are_not_built_unseen" in known_tests(ROOT / "tests")
