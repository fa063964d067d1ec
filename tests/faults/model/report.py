"""What searches found, as tables for the end of a test run, for `make prove` and for docs/reliability.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from tests.faults.model.explore import Outcome

HEAD = "| processes at the same time | faults | states | transitions | s | result |\n|---|---|---:|---:|---:|---|"
NAME = re.compile(r"\b([IL]\d+): ")


def row(outcome: Outcome) -> str:
    """One line of the table. Compare states, not seconds: those depend on the machine and on its load."""
    scenario, states, transitions = outcome.scenario, f"{outcome.states:,}", f"{outcome.transitions:,}"
    result = ", ".join(broken(outcome)) or "ok"
    return f"| {scenario.name} | {scenario.faults_told} | {states} | {transitions} | {outcome.seconds:.1f} | {result} |"


def broken(outcome: Outcome) -> list[str]:
    """The names of the invariants that the violation names."""
    return sorted(set(NAME.findall(outcome.violation or "")))


def story(outcome: Outcome) -> str:
    """The way to the violation, for whoever has to find the mistake."""
    return "\n".join([outcome.scenario.title, *outcome.trace, outcome.violation or "no violation"])


def table(outcomes: Sequence[Outcome]) -> str:
    return "\n".join([HEAD, *map(row, outcomes), total(outcomes)])


def total(outcomes: Sequence[Outcome]) -> str:
    states, transitions = sum(outcome.states for outcome in outcomes), sum(outcome.transitions for outcome in outcomes)
    bad = sum(outcome.violation is not None for outcome in outcomes)
    return f"{len(outcomes)} scenarios, {states:,} states, {transitions:,} transitions, {bad} violations"


def say(text: str) -> None:
    """At once, so that a long search can be followed."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
