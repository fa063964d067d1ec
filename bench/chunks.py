"""Chunk operations a minute through the local stack: a part signed, sent and reported is one.

Parts of 5 MiB, the smallest that S3 takes, from several connections. Once with a call to sign and a call to report for
each part, as simple clients do it; once in windows of 100 and reports of 20, as ours do it. What is measured is this
machine: the client, the API function's workers, moto for DynamoDB and the S3 endpoint share its cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.bars import judged
from bench.stack import MIB, stack
from bench.steps import Steps

PART, PARALLEL = 5 * MIB, 6
LEAST_PER_MINUTE = 1000
WAYS = {"a call each to sign and to report": (1, 1), "signed by 100, reported by 20": (100, 20)}
BYTES = bytes(range(256)) * (PART // 256)


@dataclass(frozen=True, slots=True)
class Way:
    """How many parts one call signs, and how many one call reports."""

    steps: Steps
    window: int
    bundle: int

    def seconds(self, count: int) -> float:
        """From the first signature to the last report; the upload is complete afterwards."""
        upload = self.steps.create(count * PART, PART)
        windows = [range(at, min(at + self.window, count + 1)) for at in range(1, count + 1, self.window)]
        with ThreadPoolExecutor(PARALLEL) as pool:
            began = time.perf_counter()
            if self.window == 1:
                list(pool.map(lambda numbers: self._sent(upload, numbers, map), windows))
            else:
                for numbers in windows:
                    self._sent(upload, numbers, pool.map)
            taken = time.perf_counter() - began
        self.steps.complete(upload)
        return taken

    def _sent(self, upload: Mapping[str, Any], numbers: Sequence[int], each: Callable[..., Iterable[object]]) -> None:
        """One window. A bundle is reported while the next is on its way, if `each` sends several at a time."""
        parts, reported = self.steps.sign(upload, numbers), 0
        for done, _ in enumerate(each(lambda part: self.steps.put(part, BYTES), parts), 1):
            if done - reported == self.bundle or done == len(parts):
                self.steps.report(upload, numbers[reported], numbers[done - 1])
                reported = done


def rows(count: int = 300) -> Iterator[str]:
    yield f"{count} parts of {PART // MIB} MiB, {PARALLEL} at a time: operations a minute"
    with stack() as here:
        Way(Steps.of(here), 1, 1).seconds(min(PARALLEL, count))
        for owner, (name, (window, bundle)) in enumerate(WAYS.items(), 1):
            per_minute = 60 * count / Way(Steps.of(here, owner), window, bundle).seconds(count)
            is_met = per_minute >= LEAST_PER_MINUTE
            yield judged(f"  {name}", f"{per_minute:,.0f}", f"≥ {LEAST_PER_MINUTE:,}", is_met)


def short() -> Iterator[str]:
    return rows(2)
