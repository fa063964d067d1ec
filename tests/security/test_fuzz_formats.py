"""Walkers on random, damaged and cut files: an answer always, within the budget. `make fuzz` tries for longer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway.content import Anatomy, Bounds, Malformed
from portway.inspectors.structure import FAMILIES, WALKERS, walker_of
from portway.reader import Budget, OverBudget
from tests.security.effort import tries
from tests.security.seeds import EDITS, TYPES, edited, seeds_of
from tests.unit.sources import reader

BUDGET = Budget(read_bytes=4 << 20, unpacked_bytes=2 << 20)
CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def walked(content_type: str, data: bytes) -> Anatomy | None:
    """What a walker makes of it: an anatomy, or None when it refuses. Anything else is a bug."""
    source, walk = reader(data, BUDGET), walker_of(content_type)
    assert walk
    try:
        return walk(source, Bounds())
    except (Malformed, OverBudget):
        return None
    finally:
        assert source.bytes_read <= BUDGET.read_bytes
        assert source.unpacked <= BUDGET.unpacked_bytes + (1 << 20)


@pytest.mark.parametrize(
    "content_type",
    [
        *sorted(WALKERS),
        *(family.replace(".*", "x/x" if family.startswith(".") else "x").replace("[+]", "+") for family in FAMILIES),
    ],
)
def test_no_random_bytes_break_a_walker(content_type: str) -> None:
    """Whatever is sent under a type: the file is refused, or walked, and the inspection goes on."""

    @settings(max_examples=tries(15), deadline=None, suppress_health_check=CALM)
    @given(st.binary(max_size=2048))
    def random_bytes(data: bytes) -> None:
        walked(content_type, data)

    walked(content_type, b"")
    random_bytes()


@pytest.mark.parametrize("content_type", TYPES)
def test_no_damage_breaks_a_walker(content_type: str) -> None:
    """Files of the corpus with bytes changed, put in, taken out, doubled and cut off."""
    seeds = seeds_of(content_type)

    @settings(max_examples=tries(30), deadline=None, suppress_health_check=CALM)
    @given(st.sampled_from(range(len(seeds))), EDITS)
    def damage(number: int, edits: list[tuple[str, int, bytes]]) -> None:
        walked(content_type, edited(seeds[number], edits))

    damage()


@pytest.mark.parametrize("content_type", TYPES)
def test_no_cut_breaks_a_walker(content_type: str) -> None:
    """A file that ends at any of many places: of the first bytes each, later ones evenly spread."""
    for data in seeds_of(content_type)[:4]:
        places = tries(60)
        for end in {*range(0, min(len(data), 40), 3), *(len(data) * each // places for each in range(places))}:
            walked(content_type, data[:end])
