"""`make prove`: the routine set, the large set and every mutation, as the tables of docs/reliability.md. Exits 1 for a
violation, for a mutation that is not found as expected, and for a harmless one that is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.faults.model.explore import Checker, Outcome
from tests.faults.model.mutations import HARMFUL, HARMLESS
from tests.faults.model.report import HEAD, broken, row, say, story, total
from tests.faults.model.scenarios import LARGE, ROUTINE, SMALL
from tests.faults.model.setting import Scenario


def explored(scenarios: tuple[Scenario, ...]) -> Iterator[Outcome]:
    for scenario in scenarios:
        outcome = Checker(scenario).run()
        say(row(outcome))
        if outcome.violation:
            say(story(outcome))
        yield outcome


def found() -> int:
    """How many mistakes break what they should, in the scenario that they should."""
    say("\n| mutation | broken | smallest scenario that finds it | states | s |\n|---|---|---|---:|---:|")
    right = 0
    for name, mutation in HARMFUL.items():
        with mutation.applied():
            outcome = Checker(mutation.scenario).run()
        names = " ".join(broken(outcome))
        say(f"| {name} | {names} | {mutation.scenario.title} | {outcome.states:,} | {outcome.seconds:.1f} |")
        right += names == mutation.breaks
    say(f"\nfound: {right} of {len(HARMFUL)}\n")
    return right


def harmless() -> int:
    """How many differences harm nobody: in the scenarios where they are tried, and in each one without faults."""
    right = 0
    for name, (mutation, scenarios) in HARMLESS.items():
        with mutation.applied():
            outcomes = [Checker(scenario).run() for scenario in scenarios + SMALL]
        names = " ".join(sorted({each for outcome in outcomes for each in broken(outcome)}))
        say(f"| *harmless:* {name} | {names or 'none'} | {total(outcomes)} |")
        right += not names
    say(f"\nharmless: {right} of {len(HARMLESS)}")
    return right


def main() -> int:
    say(HEAD)
    outcomes = list(explored(ROUTINE + LARGE))
    say(f"\n{total(outcomes)}")
    is_proved = all(outcome.violation is None for outcome in outcomes)
    return 0 if (is_proved, found(), harmless()) == (True, len(HARMFUL), len(HARMLESS)) else 1


if __name__ == "__main__":
    sys.exit(main())
