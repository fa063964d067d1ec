"""The checker finds what it is for: each mistake put into the real code breaks the promise that it should."""

from __future__ import annotations

import pytest

from tests.faults.model.explore import Checker
from tests.faults.model.mutations import HARMFUL, HARMLESS
from tests.faults.model.report import broken, story
from tests.faults.model.scenarios import FLOW


@pytest.mark.parametrize("name", HARMFUL)
def test_a_mistake_is_found(name: str) -> None:
    """A proof that cannot fail proves nothing: with this mistake in the code, it does, and shows the way there."""
    mutation = HARMFUL[name]
    with mutation.applied():
        outcome = Checker(mutation.scenario).run()
    assert " ".join(broken(outcome)) == mutation.breaks
    assert outcome.trace or outcome.states == 1


@pytest.mark.parametrize("name", HARMLESS)
def test_a_difference_that_harms_nobody_is_not_called_a_mistake(name: str) -> None:
    """Not everything that looks like a safeguard is needed: the rest of the protocol holds without it."""
    mutation, scenarios = HARMLESS[name]
    for scenario in scenarios:
        with mutation.applied():
            outcome = Checker(scenario).run()
        assert outcome.violation is None, story(outcome)


def test_the_mistakes_are_gone_afterwards() -> None:
    """No other test runs with them."""
    assert Checker(FLOW).run().violation is None
