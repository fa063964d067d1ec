"""Whole uploads at the same time through the local stack: what each call takes at 1, 50 and 100 sessions.

A session creates an upload of two parts, has them signed, sends them, completes, and asks how it stands. `at once` is
the worst that can be: all begin in the same instant and never pause. The others rest between calls for as long as a
part of 16 MiB takes on a line of 10 Mbit/s, each with a beginning of its own: as many open uploads, not as many calls.

Clients, gateway, functions and what plays AWS share the cores. `page` tells what that alone does: between its calls a
session asks for a bare page of the gateway's process. On two cores that others used, too, its 95th percentile grew
9.4-fold with 100 sessions and that of status 10.5-fold: the machine. What grows while the page does not waits in a row
somewhere, as for moto's transactions: each of their actions copied the table, 16 ms at the end of a run, now 2 ms.
"""

from __future__ import annotations

import math
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.asking import Asked, Refused
from bench.bars import judged
from bench.progress import doing
from bench.stack import MIB, Stack, stack
from bench.steps import Steps

CALLS = ("create", "sign", "PUT", "complete", "status", "page")
OTHERS = ("PUT", "page")
"""Answers that no function has a part in."""
PAGE = Asked("GET", "/stack")
PART, SIZE = 5 * MIB, 6 * MIB
PAUSE_SECONDS = 13.4
SETTLE_SECONDS = 120
WARM_UP = 8
"""Sessions at once that have every worker of the API function started."""
MANY, CROWDS = 100, (50, 100)
MOST_TIMES = 3.0
"""How many times as long a call may take, at the 95th percentile, when a hundred uploads are open. Two cores that play
AWS, too, have to bear it; Lambda would start a function for each call."""
BYTES = bytes(range(256)) * (PART // 256)


@dataclass
class Heard:
    """Seconds of every call, by its name, what went wrong, and what was completed: owner and id."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in CALLS})
    errors: list[str] = field(default_factory=list)
    uploads: list[tuple[int, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, name: str, call: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        answer = call()
        with self._lock:
            self.seconds[name].append(time.perf_counter() - began)
        return answer

    def milliseconds(self, name: str, percentile: int) -> float:
        """`inf` if no such call succeeded."""
        taken = self.seconds[name]
        if len(taken) < 2:
            return 1000 * sum(taken) if taken else math.inf
        return 1000 * statistics.quantiles(taken, n=100)[percentile - 1]


def session(here: Stack, owner: int, heard: Heard, pause: Callable[[], None]) -> None:
    """One upload; a refusal is an error."""
    steps = Steps.of(here, owner, heard.watch)

    def rests() -> None:
        heard.watch("page", lambda: here.links.ask(PAGE))
        pause()

    try:
        upload = steps.create(SIZE, PART)
        rests()
        parts = steps.sign(upload, [1, 2])
        for part in parts:
            rests()
            steps.put(part, BYTES)
        steps.complete(upload)
        heard.uploads.append((owner, upload["id"]))
        rests()
        if steps.status(upload) in ("failed", "expired", "cancelled"):
            heard.errors.append("an upload failed")
    except (Refused, OSError) as error:
        heard.errors.append(str(error))


def alone(here: Stack, times: int) -> Heard:
    """One session after another."""
    heard = Heard()
    for number in range(times):
        session(here, number, heard, lambda: None)
    return heard


def crowd(here: Stack, count: int, seconds: float) -> tuple[Heard, float]:
    """So many at the same time, each resting about so long between its calls. And how long it took in all."""
    heard, chance = Heard(), random.Random(count)

    def one(owner: int) -> None:
        own = random.Random(owner)
        time.sleep(chance.uniform(0, seconds))
        session(here, owner, heard, lambda: time.sleep(own.uniform(0.5, 1.5) * seconds))

    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))
    return heard, time.perf_counter() - began


def settled(here: Stack, heard: Heard) -> Heard:
    """Once nothing more happens to its uploads, so that they do not stand in the way of the next crowd."""
    doing(f"{len(heard.uploads)} uploads are inspected and published")
    for owner, upload in heard.uploads:
        here.api(owner).await_end(upload, SETTLE_SECONDS)
    return heard


def table(name: str, heard: Heard) -> str:
    cells = (f"{heard.milliseconds(call, 50):>6.0f}{heard.milliseconds(call, 95):>7.0f}" for call in CALLS)
    return f"  {name:16}{''.join(cells)}"


def slowest(heard: Mapping[int, Heard], count: int) -> tuple[str, float]:
    """The call of our API whose 95th percentile grew most, beside that of one session; and by how much."""
    times = {call: grown(heard, count, call) for call in CALLS if call not in OTHERS}
    call = max(times, key=lambda name: times[name])
    return call, times[call]


def grown(heard: Mapping[int, Heard], count: int, call: str) -> float:
    """How many times as long as for one session its 95th percentile is."""
    return heard[count].milliseconds(call, 95) / heard[1].milliseconds(call, 95)


@dataclass(frozen=True, slots=True)
class Bench:
    times: int
    crowds: Sequence[int]
    many: int
    seconds: float

    def rows(self) -> Iterator[str]:
        yield f"whole uploads of {SIZE // MIB} MiB, ms of each call: median and 95th percentile"
        yield f"  {'sessions':16}{''.join(f'{name:>13}' for name in CALLS)}"
        with stack() as here:
            settled(here, crowd(here, min(WARM_UP, self.many), 0)[0])
            heard = {1: settled(here, alone(here, self.times))}
            yield table("1", heard[1])
            for count in self.crowds:
                doing(f"{count} sessions")
                heard[count] = settled(here, crowd(here, count, self.seconds)[0])
                yield table(f"{count}", heard[count])
            doing(f"{self.many} sessions at once")
            at_once, seconds = crowd(here, self.many, 0)
            yield table(f"{self.many} at once", at_once)
        yield f"  {self.many} at once: {self.many / seconds:.1f} uploads/s"
        yield from self._bars({**heard, 0: at_once})

    def _bars(self, heard: Mapping[int, Heard]) -> Iterator[str]:
        errors = [error for each in heard.values() for error in each.errors]
        yield from (f"  {error}" for error in errors[:3])
        yield judged("errors in all sessions", f"{len(errors)}", "0", not errors)
        for count in self.crowds:
            yield f"  {count} sessions/1, 95th percentile of a bare page: {grown(heard, count, 'page'):.1f}"
            call, times = slowest(heard, count)
            what = f"95th percentile of {call}, {count} sessions/1"
            yield judged(what, f"{times:.1f}", f"≤ {MOST_TIMES}", times <= MOST_TIMES)


def rows() -> Iterator[str]:
    return Bench(20, CROWDS, MANY, PAUSE_SECONDS).rows()


def short() -> Iterator[str]:
    return Bench(1, (2,), 2, 0.01).rows()
