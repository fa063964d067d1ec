"""The way to a violation, as somebody would tell it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from portway.model import Upload
from tests.faults.model.replay import Effect
from tests.faults.model.setting import Fault
from tests.faults.model.worlds import Snapshot

if TYPE_CHECKING:
    from tests.faults.model.explore import Checker, Label


def told(checker: Checker, number: int) -> Iterator[str]:
    """Each step from the first state to this one, and what the records say after it; then the step that broke it."""
    way = list(checker.way_to(number))
    for step, (label, state) in enumerate(reversed(way), 1):
        yield f"{step:3}. {_happened(checker, label):70} {_records(checker.worlds.snapshots[state.world])}"
    if checker.label is not None:
        yield f"{len(way) + 1:3}. {_happened(checker, checker.label)}"


def _happened(checker: Checker, label: Label) -> str:
    act, number = label
    if act.name == "EVENT":
        return f"event {number + 1} {act.value}"
    effects, processes = checker.processes.effects.values, checker.processes.all
    if act.name == "LANDS":
        return f"{_call(effects[number])} {act.value}"
    process = processes[number]
    assert process.effect is not None
    words = f"{process.program.name} {act.value} {_call(effects[process.effect])}"
    return words if isinstance(act, Fault) else words.replace(" calls", ":", 1)


def _call(effect: Effect) -> str:
    moved = [each for each in effect.args if isinstance(each, Upload)]
    words = " → ".join(f"{each.status}({each.lease})" if each.lease else each.status.value for each in moved)
    if not moved:
        words = ", ".join(str(each) for each in effect.args if isinstance(each, int | bytes) or effect.port == "client")
    return f"{effect.port}.{effect.method}({words})"


def _records(world: Snapshot) -> str:
    records = [f"{each.status}({each.lease})" if each.lease else each.status.value for each in world.uploads.values()]
    objects = [f"{bucket}: {len(there)}" for (bucket, _), there in world.s3["versions"].items()]
    return " | ".join([", ".join(records) or "no record", *objects, f"{len(world.s3['uploads'])} open"])
