"""What dataclasses would write and compile at each cold start is in the core layer, compiled."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dev.artefacts import artefacts
from tests.template.builds import FUNCTIONS

MISSED = """
import dataclasses, json, sys
from hashlib import sha256
from portway import start
missed = []
def noted(text, scope, names):
    if sha256(text.encode()).hexdigest() not in start.KNOWN:
        missed.append(scope["__name__"])
    start.defined(text, scope, names)
vars(dataclasses)["exec"] = noted
try:
    import handler
except Exception as error:  # it has no variables here: every import is done by then
    assert "PORTWAY_TABLE" in str(error), error
print(json.dumps([sorted(set(missed)), len(start.KNOWN)]))
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_class_of_the_core_is_compiled_at_a_start(runnable: Path, function: str) -> None:
    """Of protocols and derivers alone: they need libraries for the machine of the functions."""
    artefact = artefacts(mounted=False)[function]
    done = subprocess.run(
        [artefact.interpreter, "-S", "-c", MISSED],
        env=artefact.environment({}), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    missed, known = json.loads(done.stdout.splitlines()[-1])
    assert known > 100
    ours = [name for name in missed if name.startswith("portway.")]
    assert [name for name in ours if not name.startswith(("portway.protocols.", "portway.derivers."))] == []
