"""The scenarios. `UPLOADING` and `WORKING` are the routine set, `LARGE` is what `make prove` explores besides, and
`SMALL` is where mutations are looked for first: every scenario without faults.
"""

from __future__ import annotations

from dataclasses import replace

from portway.decisions import Action
from portway.model import Status
from portway.quotas import Quota
from tests.fakes.clock import START
from tests.faults.model.programs import (
    BODIES,
    CLIENT,
    DUE,
    MINUTE,
    OTHER,
    SIZE,
    SWAPPER,
    SWAPS_BACK,
    abort,
    complete,
    complete_as,
    create,
    dead_letter,
    decide,
    delete,
    flying,
    give,
    in_review,
    intruder,
    loser,
    nothing,
    one_put,
    opened,
    opened_single,
    passing,
    passing_in_review,
    published,
    published_single,
    quarantined,
    report,
    retry,
    revoke,
    sent,
    stored,
    streaming,
    sweep,
    whole,
    window,
)
from tests.faults.model.replay import Program
from tests.faults.model.setting import ANY, CLEAN, CRASHES, ZOMBIES, Fault, Scenario
from tests.faults.model.worlds import Prelude
from tests.unit.world import COLLEAGUE, INFECTED
from tests.unit.world import WHOLE as COPIED

SWEEP, LATER = sweep(DUE + 11 * MINUTE), sweep(DUE + 22 * MINUTE, 2)
"""For the first, everything is due that was written at DUE; for the second, what the first wrote, too. Both come before
the last look an hour after the end: no process and no call in flight lives that long (docs/faults.md, section 2).
"""
LAST = sweep(DUE + 16 * MINUTE)
"""A PUT that began before the session's end may be on its way for a quarter of an hour (model.GRACE_MS)."""
ONE_CREATE = (create(is_single=True), create(is_single=True))
EITHER = (CLEAN, (INFECTED,))
ENDS = {"A": Status.ABORTED, "E": Status.EXPIRED, "P": Status.PUBLISHED, "Q": Status.QUARANTINED}


def who(name: str, prelude: Prelude, ends: str, *programs: Program) -> Scenario:
    """What happens at the same time, without faults; beside the sweeper, events come when everything is due."""
    now = DUE if any(program.now >= DUE for program in programs) else START
    return Scenario(
        name=name, programs=programs, prelude=prelude, now=now, ends=frozenset(ENDS[letter] for letter in ends)
    )


FLOW = who("create, client, complete", nothing, "P", create(), CLIENT, complete())
REMEMBERED = replace(FLOW, name="create, client, complete; S3 remembers completes", remembers_completes=True)
CREATES = who("two creates, sweep", nothing, "E", create(), create(), SWEEP)
CANCELLED = who("complete, abort", sent, "AP", complete(), abort())
TWICE = who("two completes", sent, "P", complete(), complete())
SWAPPED = who("part swapped, two completes", sent, "AP", SWAPPER, complete(), complete())
EXPIRY = who("complete, sweep at expiry", sent, "EP", complete(DUE), SWEEP)
AT_ONCE = who("complete, sweep in the moment of expiry", sent, "EP", complete(DUE), sweep(DUE))
SOON = who("complete, sweep two minutes after expiry", sent, "EP", complete(DUE), sweep(DUE + 2 * MINUTE))
ALL = who("create, client, complete, abort, sweep", nothing, "AEP", create(), CLIENT, complete(DUE), abort(DUE), SWEEP)
BACK = who("part swapped and back, two completes", sent, "AP", SWAPS_BACK, complete(), complete())
BACK_EXPIRY = who("part swapped and back, complete, sweep at expiry", sent, "AEP", SWAPS_BACK, complete(DUE), SWEEP)
REPORTED = who("report of all parts, complete", whole, "P", report(), complete())
TOKENS = who("token given, taken back, complete", sent, "P", give(1), revoke(), complete())
IDLE = who("complete, sweep of an idle upload", whole, "P", complete(START + 16 * MINUTE), sweep(START + 16 * MINUTE))
IN_FLIGHT = who("client, abort while a part is on its way", opened, "A", CLIENT, flying(), abort())
FULL = replace(
    who("room for one file: two creates of it, two of another, abort", nothing, "A", create(), create(), abort()),
    programs=(create(), create(upload_id=OTHER), create(upload_id=OTHER), abort()),
    quota=Quota(size=100, uploads=1),
)
SHARED = replace(
    who("two owners, their tenant has room for one; abort", nothing, "A", create(), abort()),
    programs=(create(), create(COLLEAGUE, OTHER), create(COLLEAGUE, OTHER), abort()),
    tenant_quota=Quota(size=6, uploads=3),
)
DISAGREEING = replace(FLOW, name="create, client, complete; inspections answer at will", answers=EITHER)
DISAGREEING = replace(DISAGREEING, ends=frozenset({Status.PUBLISHED, Status.QUARANTINED}))
AGAINST = replace(who("complete, sweep that disagrees", sent, "EPQ", complete(DUE), SWEEP), answers=EITHER)
SWEEPS = replace(who("event, two sweeps that disagree", stored, "PQ", SWEEP, LATER), answers=EITHER)
STALE = replace(
    who("complete, abort, sweep by a stale index", sent, "AP", complete(), abort(), sweep(START + 1000)),
    overdue_lies=True,
)
INTRUDER = who("event, sweep, a stranger's version under the key", stored, "P", intruder(), SWEEP)
DEAD = who("event, dead letter, sweep", stored, "PQ", dead_letter(DUE + 7 * MINUTE), SWEEP)
RETRY = replace(
    who("two retries, sweep, delete", quarantined, "PQ", retry(), retry(), sweep(START), delete()), answers=EITHER
)
RELEASE, REJECT = decide(Action.RELEASE, "olga"), decide(Action.REJECT, "oscar")
DESK = who("release, rejection by another, sweep", in_review, "PQ", RELEASE, REJECT, sweep(START))
DESK_TWICE = who("release twice, inspection again, delete, sweep", in_review, "PQ", RELEASE, RELEASE, retry(), delete())
DESK_TWICE = replace(DESK_TWICE, programs=(*DESK_TWICE.programs, sweep(START)), answers=EITHER)
DELETES = who("two deletes", published, "P", delete(), delete())
DELETED = who("event, sweep, delete", stored, "P", SWEEP, delete(DUE))
IN_TURNS = replace(COPIED, copy_bytes=4, at_once=1)
"""Two parts, one in a turn: the event's handler begins, sweepers finish."""
COPY = replace(who("large file: event, sweep", stored, "P", SWEEP), turns=IN_TURNS)
COPY_SWEPT = replace(who("large file: event, two sweeps", stored, "P", SWEEP, LATER), turns=IN_TURNS)
COPY_DELETED = replace(who("large file: event, sweep, delete", stored, "P", SWEEP, delete(DUE)), turns=IN_TURNS)
COPY_LOST = replace(who("large file: event, sweep, copy lost", stored, "P", SWEEP, loser()), turns=IN_TURNS)
RETIRED = who("two sweeps on its last day, delete", passing, "P", SWEEP, sweep(DUE + 11 * MINUTE, 2), delete(DUE))
DAY_AFTER = DUE + DUE - START
OVER = (sweep(DAY_AFTER), sweep(DAY_AFTER + 11 * MINUTE, 2), decide(Action.RELEASE, "olga", DAY_AFTER))
RETIRED_LATE = replace(who("two sweeps on its last day, release", passing_in_review, "PQ", *OVER), now=DAY_AFTER)
ONE_PUT = who("one PUT: create twice, two PUTs, complete", nothing, "P", *ONE_CREATE, one_put(), one_put(), complete())
ONE_ABORT = who("one PUT: PUT, complete, abort", opened_single, "AP", one_put(), complete(), abort())
ONE_EXPIRY = who("one PUT: PUT, complete, sweep at its end", opened_single, "EP", one_put(), complete(DUE), LAST)
ONE_DELETE = who("one PUT: PUT again, two deletes", published_single, "P", one_put(), delete(), delete())
WINDOWS = (window(2, BODIES[1]), window(3, b"6789"))
STREAM = who("unknown size: two windows, complete", streaming, "P", *WINDOWS, complete_as(SIZE))
STREAM_END = replace(
    who("unknown size: two windows, room for one, complete, abort", streaming, "AP", complete_as(SIZE), abort()),
    programs=(*WINDOWS, complete_as(SIZE), abort()),
    quota=Quota(size=8, uploads=1),
)


def faulty(scenario: Scenario, faults: int, kinds: tuple[Fault, ...] = ANY, duplicates: int = 0) -> Scenario:
    return replace(scenario, faults=faults, kinds=kinds, duplicates=duplicates)


UPLOADING = (
    faulty(FLOW, 1, CRASHES),
    faulty(FLOW, 2, ZOMBIES),
    faulty(FLOW, 1),
    faulty(FLOW, 2),
    faulty(FLOW, 1, ANY, duplicates=1),
    faulty(REMEMBERED, 2),
    faulty(CREATES, 1),
    faulty(CANCELLED, 2),
    faulty(TWICE, 1),
    faulty(SWAPPED, 1),
    faulty(EXPIRY, 1),
    faulty(AT_ONCE, 1),
    faulty(SOON, 1),
    faulty(ALL, 1, ZOMBIES),
    faulty(BACK, 1, ZOMBIES),
    faulty(BACK_EXPIRY, 1, ZOMBIES),
    faulty(REPORTED, 1),
    faulty(TOKENS, 1, ZOMBIES),
    faulty(IDLE, 1),
    faulty(IN_FLIGHT, 2),
    faulty(ONE_PUT, 1),
    faulty(ONE_ABORT, 1),
    faulty(ONE_EXPIRY, 1),
    faulty(STREAM, 1),
    faulty(STREAM_END, 1),
    faulty(FULL, 1),
    faulty(SHARED, 1),
)
WORKING = (
    faulty(DISAGREEING, 1, ANY, duplicates=1),
    faulty(AGAINST, 1, ZOMBIES),
    faulty(SWEEPS, 1, ZOMBIES),
    faulty(STALE, 1, ZOMBIES),
    faulty(INTRUDER, 1),
    faulty(DEAD, 1),
    faulty(RETRY, 1, ZOMBIES),
    faulty(DESK, 1),
    faulty(DESK_TWICE, 1, CRASHES),
    faulty(DELETES, 2),
    faulty(DELETED, 1),
    faulty(RETIRED, 1, CRASHES),
    faulty(RETIRED_LATE, 1),
    faulty(ONE_DELETE, 1),
    faulty(COPY, 1),
    faulty(COPY_DELETED, 1, ZOMBIES),
    faulty(COPY_LOST, 1, ZOMBIES),
)
LARGE = (
    faulty(FLOW, 2, ANY, duplicates=1),
    faulty(CREATES, 2),
    faulty(TWICE, 1, ANY, duplicates=1),
    faulty(BACK, 1),
    faulty(AGAINST, 1, ZOMBIES, duplicates=1),
    faulty(SWEEPS, 1),
    faulty(SWAPPED, 2),
    faulty(EXPIRY, 2),
    faulty(COPY_SWEPT, 1, ZOMBIES),
)
ROUTINE = UPLOADING + WORKING
SMALL = tuple({scenario.name: faulty(scenario, 0) for scenario in ROUTINE}.values())
