"""What each function imports: a cold start pays for every module, so a function has what it uses and nothing else.

Seen in a fresh interpreter, where tests and stacks have imported nothing. Figures: `make bench ONLY=cold_start`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from dev.policy import compile_policy
from tests.conftest import ENVIRONMENT as CREDENTIALS
from tests.functions.deployed import ENVIRONMENT, FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
START = """
import gc, importlib, json, sys
looks = []
gc.callbacks.append(lambda phase, info: looks.append(phase))
importlib.import_module(sys.argv[1])
told = {"looks": len(looks), "is_collecting": gc.isenabled(), "frozen": gc.get_freeze_count()}
print(json.dumps({"modules": sorted(sys.modules), **told}))
"""

NOBODY = ("boto3", "s3transfer", "aws_xray_sdk", "moto", "aws_lambda_powertools.utilities.parser")
"""Clients are botocore's, tracing is off, and events are read by hand: 25 to 130 ms each."""
NO_API = (
    "pydantic",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
    "portway.protocols.native",
    "portway.uploads",
)
"""Documents of HTTP are the API's: with Powertools' resolver and its events 150 ms."""
FORMATS = ("portway.formats.jpeg", "portway.formats.mp4", "portway.formats.ooxml", "portway.formats.pdf")
"""A walker is imported when the first file needs it: all of them are 30 ms."""
NO_FILES = ("portway.inspectors", "portway.outgoing", "portway.derivers", "PIL", "pypdf")
"""Whoever opens no file needs nobody who can: 50 ms."""
FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "api": (*NOBODY, *NO_FILES, "portway.processing", "portway.sweeping", *FORMATS),
    "process": (*NOBODY, *NO_API, *FORMATS, "portway.derivers", "PIL", "pypdf"),
    "dead_letter": (*NOBODY, *NO_API, *FORMATS, "portway.derivers", "PIL", "pypdf"),
    "derive": (*NOBODY, *NO_API, "portway.inspectors", "portway.outgoing", "portway.processing"),
    "sweep": (*NOBODY, *NO_API, *FORMATS, "portway.derivers", "PIL", "pypdf"),
}
MOST = {"api": 650, "process": 495, "dead_letter": 495, "derive": 575, "sweep": 495}
"""Modules at all, the standard library's and those of an empty interpreter (some 60) included."""


@dataclass(frozen=True)
class Start:
    """What is there when a handler is; how often garbage was looked for meanwhile, and if it is from now on."""

    modules: list[str]
    looks: int
    is_collecting: bool
    frozen: int


@cache
def started(function: str, policy: str) -> Start:
    done = subprocess.run(
        [sys.executable, "-c", START, f"functions.{function}.handler"],
        cwd=ROOT,
        env={**ENVIRONMENT, **CREDENTIALS, "PORTWAY_POLICY_FILE": policy, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return Start(**json.loads(done.stdout.splitlines()[-1]))


def imported(function: str, policy: str) -> frozenset[str]:
    return frozenset(started(function, policy).modules)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shipped policy, compiled."""
    path = tmp_path_factory.mktemp("policy") / "policy.json"
    path.write_text(compile_policy((ROOT / "policy.yaml").read_text("utf-8")), "utf-8")
    return str(path)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_nothing_that_it_does_not_use(function: str, policy: str) -> None:
    """Neither a package of its table nor anything inside one."""
    there = imported(function, policy)
    assert f"functions.{function}.handler" in there
    assert {name for name in FORBIDDEN[function] if name in there} == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_no_more_than_it_did(function: str, policy: str) -> None:
    """A bound on the number of modules: whoever goes over it says here what for."""
    assert len(imported(function, policy)) <= MOST[function]


def test_only_the_function_that_makes_results_needs_their_libraries(policy: str) -> None:
    """Pillow and pypdf are in a layer of DeriveFunction alone, and the table above would not see a misspelt name."""
    assert {"PIL", "pypdf"} & imported("derive", policy)
    assert "pydantic" in imported("api", policy)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_garbage_is_not_looked_for_before_a_function_has_started(function: str, policy: str) -> None:
    """But is from then on, and never again in what the start made: who forgets `settle` has a function that grows."""
    start = started(function, policy)
    assert start.looks < 10, "portway.start is not the first import"
    assert start.is_collecting
    assert start.frozen > 10_000
