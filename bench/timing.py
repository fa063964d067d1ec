"""CPU time of several ways to do the same, in turns, so that whatever else runs disturbs all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping


def medians(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of one call of each, over so many rounds; one round before them does not count."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    gc.collect()
    gc.freeze()  # what was there before is not collected at the expense of whoever comes first
    for _ in range(rounds + 1):
        for name, way in ways.items():
            start = time.process_time()
            way()
            taken[name].append(time.process_time() - start)
    gc.unfreeze()
    return {name: statistics.median(seconds[1:]) for name, seconds in taken.items()}


def verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"
