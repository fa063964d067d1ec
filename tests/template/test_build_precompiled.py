"""What Python would compile at each cold start is in the core layer, compiled."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dev.artefacts import artefacts
from tests.conftest import ENVIRONMENT as CREDENTIALS
from tests.functions.deployed import ENVIRONMENT
from tests.template.builds import FUNCTIONS

MISSED = """
import json
from portway import start
missed, as_ever = [], start.compile_pattern
def noted(text, *how, **options):
    missed.append(text)
    return compile(text, *how, **options)
def noted_pattern(source, flags=0):
    missed.append(str(source))
    return as_ever(source, flags)
start.compile, start.compile_pattern = noted, noted_pattern
known = {kind: len(texts) for kind, texts in start.KNOWN.items()}
import handler
print(json.dumps([missed, known]))
"""
MAKES_RESULTS = 100
"""What Pillow and pypdf have compiled, which nothing else needs."""
MOST = {"DeriveFunction": MAKES_RESULTS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_start_compiles_nothing_that_the_build_could_have(runnable: Path, function: str) -> None:
    """Neither methods of dataclasses, nor annotations, nor patterns, ours or Pydantic's: but for the few that botocore
    wants when a client is made, which the build makes none of."""
    artefact = artefacts(mounted=False)[function]
    told = {**ENVIRONMENT, **CREDENTIALS, "PORTWAY_POLICY_FILE": "/opt/policy.json"}
    done = subprocess.run(
        [artefact.interpreter, "-S", "-c", MISSED],
        env=artefact.environment(told), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    missed, known = json.loads(done.stdout.splitlines()[-1])
    assert min(known.values()) > 100
    assert len(missed) <= MOST.get(function, 10), missed
