"""Each benchmark still runs: its smallest size, whatever the figures. Nothing here judges speed, or a bar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from importlib import import_module

import pytest

from bench.__main__ import BENCHES
from bench.bars import LeftOut, bar_of
from bench.stack import Stack, stack

NOT_HERE = {
    "clients": "its peers are in an environment that `make test` does not install",
    "small_files": "the same",
    "browser": "a browser for each way takes a minute",
    "cost": "tests/functions/test_calls.py tells its stories",
    "s3_endpoint": "moto's server alone takes ten seconds",
    "warm_routes": "cold_start does the same: functions as they are built, answers that are repeated",
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Stack]:
    """One stack for all that need one."""
    with stack() as here:
        yield here


@pytest.mark.parametrize("name", sorted(BENCHES.keys() - NOT_HERE))
def test_a_bench_still_runs(name: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Every bar has its figure, or it says what is missing on this machine."""
    module = import_module(f"bench.{BENCHES[name].module}")
    if hasattr(module, "stack"):
        here = request.getfixturevalue("shared")
        monkeypatch.setattr(module, "stack", lambda: nullcontext(here))
    rows = list[str]()
    try:
        rows += module.short()
    except LeftOut:
        rows.append("left out")
    assert rows
    assert all(bar.measured for bar in map(bar_of, rows) if bar), rows
