"""Vitest as pytest sees it: a run, its output when it is red, and how many tests it had."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VITEST = ROOT / "node_modules/vitest/vitest.mjs"


def passed(folder: str, report: Path, *arguments: str, seconds: float = 900, **environment: str) -> int:
    """Run the tests of a workspace, all of which have to pass. How many they were.

    `report` is a file for vitest's own account of them. Skipped tests, and a run without any, are failures.
    """
    command = ["node", str(VITEST), "run", "--reporter=default", "--reporter=json", f"--outputFile.json={report}"]
    run = subprocess.run(
        [*command, *arguments],
        cwd=ROOT / folder,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    told = json.loads(report.read_text("utf-8"))
    assert 0 < told["numTotalTests"] == told["numPassedTests"], run.stdout
    return int(told["numPassedTests"])
