"""How a bench says what was reached, and that it cannot run here. The book reads the first form back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.timing import verdict

MISSED = verdict(False)
FORM = re.compile(rf"(?P<what>.+?): (?P<measured>.+), bar (?P<limit>[^:]+): (?P<verdict>{verdict(True)}|{MISSED})")


class LeftOut(Exception):
    """A bench that cannot run on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar as it stands in a row. `limit` with its direction: `≥ 0.8`. A way that did not run has neither number."""

    what: str
    measured: str
    limit: str
    is_met: bool


def judged(what: str, measured: str, limit: str, is_met: bool) -> str:
    """The row of a bar."""
    return f"{what}: {measured}, bar {limit}: {verdict(is_met)}"


def bar_of(row: str) -> Bar | None:
    """The bar in a row; None if it is a figure without one."""
    row = row.strip()
    if found := FORM.fullmatch(row):
        return Bar(found["what"], found["measured"], found["limit"], found["verdict"] != MISSED)
    return Bar(row.removesuffix(f": {MISSED}"), "", "", False) if row.endswith(MISSED) else None
