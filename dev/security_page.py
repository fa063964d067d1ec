"""The security page and its proofs: `python -m dev.security_page` prints every row that proves nothing and exits 1.

docs/security.md promises; each row names the tests that prove it, as `test_…`. A row about something that is not built
says `planned: <feature>`, and may say so only while nothing of that feature exists.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/security.md"
CHAPTERS = {"5.1": 1, "5.2": 6, "5.3": 3, "5.4": 3}
"""Requirements in each section of ASVS 5.0, chapter V5."""
ASVS = tuple(f"{chapter}.{number}" for chapter, most in CHAPTERS.items() for number in range(1, most + 1))
THREATS = tuple(f"T{number}" for number in range(1, 37))
LEAST = 40
"""Tests that the page names."""
PLANNED: Mapping[str, str] = {
    # feature: the modules that it will have, as an expression over paths below layers/core/python/portway
    "D2": r"protocols/tus\w*\.py",
    "D3": r"protocols/uppy\w*\.py",
    "P5": r"(aws/|protocols/)?webhook\w*\.py",
    "R2": r"(aws/|protocols/)?(channels?|websocket)\w*\.py",
}
ROW = re.compile(r"\| *(5\.\d\.\d|[TUBA]\d+) *\|(.*)\|")
NAME = re.compile(r"`(test_\w+)`")
LATER = re.compile(r"`?planned: (\w+)`?")


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: its id, the tests that prove it, the features that are still to come."""

    id: str
    tests: tuple[str, ...]
    planned: tuple[str, ...]


def rows(page: str) -> list[Row]:
    """Every row of the page's tables that has an id."""
    found = (ROW.fullmatch(line.strip()) for line in page.splitlines())
    return [Row(m[1], tuple(NAME.findall(m[2])), tuple(LATER.findall(m[2]))) for m in found if m]


def breaches(page: str, tests: Iterable[str], modules: Iterable[str]) -> Iterator[str]:
    """What the page promises without proof. `modules` are paths below the package."""
    table, known, modules = rows(page), frozenset(tests), tuple(modules)
    listed = [row.id for row in table]
    for wanted in (*ASVS, *THREATS):
        if wanted not in listed:
            yield f"{wanted}: has no row"
    for double in sorted({each for each in listed if listed.count(each) > 1}):
        yield f"{double}: has two rows"
    for row in table:
        yield from _of_row(row, known, modules)
    named = set(NAME.findall(page))
    for name in sorted(named - {each for row in table for each in row.tests} - known):
        yield f"{name}: no such test, outside the tables"
    if len(named) < LEAST:
        yield f"the page names {len(named)} tests, at least {LEAST}"


def _of_row(row: Row, known: frozenset[str], modules: tuple[str, ...]) -> Iterator[str]:
    if not row.tests and not row.planned:
        yield f"{row.id}: names neither a test nor a planned feature"
    for name in row.tests:
        if name not in known:
            yield f"{row.id}: there is no {name} under tests/"
    for feature in row.planned:
        if feature not in PLANNED:
            yield f"{row.id}: {feature} is no planned feature; dev/security_page.py has the table"
        for module in modules if feature in PLANNED else ():
            if re.fullmatch(PLANNED[feature], module):
                yield f"{row.id}: {feature} is built ({module}); name the tests that prove the row"


def known_tests(folder: Path) -> set[str]:
    """The names of all tests."""
    files = folder.rglob("test_*.py")
    return {name for file in files for name in re.findall(r"def (test_\w+)\(", file.read_text("utf-8"))}


def modules_of(package: Path) -> list[str]:
    return sorted(file.relative_to(package).as_posix() for file in package.rglob("*.py"))


def main() -> int:
    modules = modules_of(ROOT / "layers/core/python/portway")
    page = PAGE.read_text("utf-8")
    found = list(breaches(page, known_tests(ROOT / "tests"), modules))
    print("\n".join(found) or f"security page: {len(rows(page))} rows, {len(set(NAME.findall(page)))} tests, all there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
