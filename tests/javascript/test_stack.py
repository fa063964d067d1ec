"""The browser client in Node, on the real wire: what no fake of ours proves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.javascript.vitest import passed
from tests.stack.local_stack import local_stack

GOOD, BAD = "all=0", "seed=3,all=0.01,stall_seconds=0.1,slow_seconds=0.1"


@pytest.mark.parametrize("network", [GOOD, BAD], ids=["good network", "bad network"])
def test_files_come_through_as_they_were(network: str, tmp_path: Path) -> None:
    """Files of nothing to forty megabytes, with each kind of checksum, paused, resumed and cancelled; also when each
    kind of fault strikes one request of a hundred."""
    with local_stack(tmp_path, PORTWAY_FAULTS=network) as stack:
        site = {"PORTWAY_API": stack.site["api"], "PORTWAY_TOKEN": stack.site["tokens"]["owner"]}
        assert passed("clients/js", tmp_path / "report.json", "--config", "vitest.stack.config.ts", **site) > 0
