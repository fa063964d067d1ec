"""Cold start: a fresh process from its first instruction to its first answer, over an empty interpreter.

Each function is what `make host` built, with its layers, in an interpreter of the version it is built for. The peer is
what a team writes by the books of its libraries (bench/recipe), asked the same in the same run.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bench.bars import judged
from bench.cost.site import site
from bench.cost.stories import Design, body_of, create
from bench.fresh import BARE, COMPILED, NOTHING, Way, functions, recipes
from bench.replay import Recorder, Story, Stub

ROUNDS = 25
MIB = 1 << 20
MS = 1000
EMPTY = "empty interpreter"
ASKED = {
    "api: status": "ApiFunction",
    "api: create": "ApiFunction",
    "process": "ProcessFunction",
    "dead_letter": "DeadLetterFunction",
    "derive": "DeriveFunction",
    "sweep": "SweepFunction",
}
BARS = {"api: status": (0.45, 0.75), "process": (0.35, 0.65), "sweep": (0.35, 0.65)}
"""What of the recipe's CPU a function may take: of the recipe without byte code, and with."""


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of one process: CPU (user and system) until the module was there and until it had answered, and the
    time from its start to its answer."""

    init: float
    cpu: float
    wall: float
    modules: float

    @classmethod
    def of(cls, way: Way, stub: Stub) -> Took:
        told = way.run(stub)
        return cls(told["ready"] * MS, told["answered"] * MS, told["wall"] * MS, told["modules"])

    @classmethod
    def median(cls, several: Sequence[Took]) -> Took:
        return cls(*(statistics.median(getattr(one, each.name) for one in several) for each in fields(cls)))

    def over(self, floor: Took) -> Took:
        return Took(self.init - floor.init, self.cpu - floor.cpu, self.wall - floor.wall, self.modules)


def stories() -> dict[str, Story]:
    """What each function is asked first, and what AWS answers, from two uploads on the functions themselves."""
    recorder = Recorder()
    with tempfile.TemporaryDirectory(prefix="portway-cold-") as folder, recorder.attached(), site(Path(folder)) as here:
        with recorder.listening(here):
            _, upload = create(here, 5 * MIB + 1, Design(part_size=5 * MIB, first=2))
            recorder.keep("api", "api: create")
            here.put(upload["signed"]["parts"][1], body_of(5 * MIB, 1))
            here.ask("status", upload["id"])
            recorder.keep("api", "api: status")
            _, small = create(here, 1000, Design(is_single=True))
            here.put(small["signed"]["parts"][0], body_of(0, 1000))
            here.process(small["id"])
            here.derive(small["id"])
            here.sweep()
        with contextlib.redirect_stdout(io.StringIO()):
            recorder.tell("dead_letter", here.portway.dead_letter, recorder.stories["process"].event)
    return recorder.stories


def ways() -> dict[str, Way]:
    """Raises LeftOut where the functions cannot be built."""
    found, known = functions(), stories()
    ours = {name: found[function].asked(known[name]) for name, function in ASKED.items()}
    status = known["api: status"]
    same = Story(status.event, status.named("GetItem", "ListParts"))  # the two calls that the recipe makes
    api = found["ApiFunction"]
    peers = {name: way.asked(same) for name, way in recipes(api).items()}
    return {EMPTY: replace(api, modules=[], story=NOTHING), **peers, **ours}


def rows(rounds: int = ROUNDS) -> Iterator[str]:
    """Medians of so many processes of each, in turns, over the empty interpreter's; and the ratios with their bars."""
    known, took = ways(), dict[str, list[Took]]()
    with Stub().running() as stub:
        for _ in range(rounds):
            for name, way in known.items():
                took.setdefault(name, []).append(Took.of(way, stub))
    floor = Took.median(took.pop(EMPTY))
    each = {name: Took.median(several).over(floor) for name, several in took.items()}
    yield f"fresh process to first answer, ms over an empty interpreter ({known[EMPTY].version}, median of {rounds})"
    yield f"  {'':22} {'init, CPU':>9} {'answer, CPU':>12} {'wall':>6} {'modules':>8}"
    for name, one in each.items():
        yield f"  {name:22} {one.init:9.0f} {one.cpu:12.0f} {one.wall:6.0f} {one.modules:8.0f}"
    for name, bars in BARS.items():
        for peer, bar in zip((BARE, COMPILED), bars, strict=True):
            ratio = each[name].cpu / each[peer].cpu
            yield judged(f"  CPU, {name}/{peer}", f"{ratio:.2f}", f"≤ {bar}", ratio <= bar)


def short() -> Iterator[str]:
    return rows(rounds=1)
