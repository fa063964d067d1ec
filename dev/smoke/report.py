"""The checks, done one after the other, and a line for each as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dev.smoke.checks import CHECKS, CLEANING, Check
from dev.smoke.visit import NotAsked, Visit, Wrong
from portway_client import PortwayError
from portway_client.transport import NoAnswer


class Mark(StrEnum):
    OK = "ok"
    FAIL = "FAIL"
    SKIPPED = "-"
    """Not asked: it makes no sense here, or not after what failed before it."""


@dataclass(frozen=True, slots=True)
class Row:
    mark: Mark
    check: str
    seconds: float
    words: str

    def __str__(self) -> str:
        return f"{self.mark:<4}  {self.check:<15}  {self.seconds:6.2f} s  {self.words}"


def rows(visit: Visit, now: Callable[[], float] = time.perf_counter) -> Iterator[Row]:
    """One for each check. What was made is removed at the end, whatever happened, also when nobody asks for more."""
    try:
        yield from _before(visit, CHECKS, now)
    finally:
        last = _looked(CLEANING, visit, now) if visit.has_begun else None
    if last:
        yield last


def _before(visit: Visit, checks: Iterable[Check], now: Callable[[], float]) -> Iterator[Row]:
    failed = set[str]()
    for check in checks:
        if check.needs in failed:
            yield Row(Mark.SKIPPED, check.name, 0.0, f"makes no sense without {check.needs}")
            continue
        row = _looked(check, visit, now)
        if row.mark is Mark.FAIL:
            failed.add(check.name)
        yield row


def _looked(check: Check, visit: Visit, now: Callable[[], float]) -> Row:
    began = now()
    try:
        mark, words = Mark.OK, check.look(visit)
    except NotAsked as why:
        mark, words = Mark.SKIPPED, str(why)
    except (Wrong, PortwayError, NoAnswer) as error:
        mark, words = Mark.FAIL, str(error)
    return Row(mark, check.name, now() - began, words)


def summary(name: str, found: list[Row]) -> str:
    count = {mark: sum(row.mark is mark for row in found) for mark in Mark}
    skipped = f", {count[Mark.SKIPPED]} not asked" if count[Mark.SKIPPED] else ""
    failed = f"{count[Mark.FAIL]} FAILED" if count[Mark.FAIL] else "none failed"
    seconds = sum(row.seconds for row in found)
    return f"{name}: {count[Mark.OK]} of {len(found)} checks went well{skipped}, {failed}, {seconds:.1f} s"
