"""AWS does not answer, throttles or refuses, at every call of every use case, with the boto3 code that is deployed.

A call whose effect happened and whose answer timed out; throttling that lasts longer than our patience; S3's SlowDown;
a transaction that conflicts again and again: the use case says that nothing is certain, or is done all the same, and
whoever comes next finishes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.aws_lives import USE_CASES
from tests.faults.aws_runs import refused_everywhere
from tests.faults.aws_site import Site


@pytest.mark.parametrize("name", USE_CASES)
def test_a_refusal_at_any_call_harms_nothing(stores: Site, name: str, record_property: Callable[..., None]) -> None:
    """Nothing but Unavailable, Busy or the state that stands in the way is said, and every promise holds at the end."""
    figures = refused_everywhere(stores, USE_CASES[name])
    record_property("figures", f"{name:32}{figures}")
