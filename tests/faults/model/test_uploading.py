"""Every order of calls, crashes and late effects from create to the sealed object: no promise is ever broken."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.model.explore import Checker
from tests.faults.model.report import story, table
from tests.faults.model.scenarios import UPLOADING


def test_no_order_of_events_breaks_an_upload(record_property: Callable[[str, object], None]) -> None:
    """Nothing is lost, leaked, answered wrongly or counted twice, and each end that was meant to be seen was seen."""
    outcomes = []
    for scenario in UPLOADING:
        outcomes.append(outcome := Checker(scenario).run())
        assert outcome.violation is None, story(outcome)
        assert scenario.ends <= outcome.ends, scenario.title
    record_property("figures", table(outcomes))
