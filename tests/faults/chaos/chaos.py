"""A whole storm: a stack behind a faulty network, a crowd of clients, kills and restarts, and what is left of it."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

from dev.client import Api
from tests.faults.chaos.aftermath import Ground
from tests.faults.chaos.crowd import CLIENT_SECONDS, OWNERS, crowd, tasks, travellers
from tests.faults.chaos.hearsay import Unreliable
from tests.faults.chaos.judgement import Judge
from tests.faults.chaos.report import Report
from tests.faults.chaos.storm import Storm, schedule
from tests.faults.chaos.wire import Patience, Wire
from tests.security.written import secrets_in
from tests.stack.local_stack import LocalStack, local_stack
from tests.stack.shuffler import listening

NETWORK = (
    "reset_before=0.03,reset_during=0.03,reset_after=0.02,lost=0.04,truncated=0.03,slow_down=0.04,"
    "stall=0.04,slow=0.03,twice=0.05,stall_seconds=0.3,slow_seconds=0.3,retry_after=1"
)
"""A fifth of all requests fails, another eighth is late or comes twice."""
LEASE_SECONDS = "15"
SWEEP_SECONDS = "2"
KILLS = 12
TRAVELLERS, FEW = 12, 3
"""Files and devices at once for which resuming is timed: a hundred devices on one machine wait for each other."""


def chaos(folder: Path, seed: int, uploads: int) -> Report:
    """Live through a storm of so many uploads. AssertionError says which promise was broken."""
    events, chance, began = Unreliable(seed), random.Random(f"storm {seed}"), time.monotonic()
    deeds = schedule(chance, KILLS, 6 * uploads)
    pace = {"PORTWAY_LEASE_SECONDS": LEASE_SECONDS, "PORTWAY_SWEEP_SECONDS": SWEEP_SECONDS}
    network = {"PORTWAY_FAULTS": f"seed={seed},{NETWORK}"}
    with listening(events) as url, local_stack(folder, PORTWAY_EVENTS_VIA=url, **network, **pace) as stack:
        wires = {owner: wire_of(stack, owner) for owner in OWNERS}
        ground = Ground(stack, wires["owner"].ask("GET", "/stack.json").document["names"], folder / "policy.json")
        events.target, ear = ground.moto + "/", ground.ear()
        with Storm(stack, deeds, chance, lambda: wires["owner"].ask("GET", "/v1/uploads")) as storm:
            wanted = tasks(folder, seed, uploads)
            outcomes = crowd(stack, wanted, len(wanted), storm.tick)
        assert sorted(storm.done) == sorted(deeds.values()), "the storm was shorter than planned"
        few = crowd(stack, travellers(folder, seed, TRAVELLERS), FEW, lambda: None)
        events.flush()
        ended, left = Judge(ground, ear, wires, outcomes + few).judge()
        return Report(
            seed=seed,
            outcomes=outcomes,
            few=few,
            faults=Counter(line.partition(" ")[0] for line in log_of(stack, "faulty").splitlines()),
            deeds=storm.done,
            hearsay=events.done,
            ended=ended,
            left=left,
            seconds=time.monotonic() - began,
        )


def wire_of(stack: LocalStack, owner: str) -> Wire:
    """A patient client of this owner, for the time after the storm."""
    api = Api(stack.site["api"], stack.site["tokens"][owner], CLIENT_SECONDS)
    return Wire(api, Patience(random.Random(owner)))


def log_of(stack: LocalStack, name: str) -> str:
    """What a process of the stack wrote; a signed URL in it is an AssertionError."""
    text = (stack.state / f"{name}.log").read_text("utf-8", "replace")
    assert not secrets_in(text), name
    return text
