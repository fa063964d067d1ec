"""An inspection that needs too much memory ends with a verdict, not with the worker."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from portway import memory, pipeline
from tests.unit.sources import view

memory.bound({environment})

def greedy(seen):
    hoard = [bytearray(8 << 20) for _ in range(64)]
    yield from ()

seen = pipeline.inspect(view(b"", "image/png"), {{"greedy": greedy}}, lambda: 0, lambda name, bug: None)
print([(each.code, each.detail) for each in seen.findings])
"""


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}, [("inspection_failed", "greedy: MemoryError")]),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048"}, []),
        ({}, []),
    ],
)
def test_memory_has_an_end_below_lambdas(environment: dict[str, str], found: list[tuple[str, str]]) -> None:
    """512 MiB at once are too much for a function of 512, which says so and lives; elsewhere nobody is bounded."""
    program = PROGRAM.format(environment=environment)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(found)), done.stderr
