"""What is installed is what was looked at: every requirement is pinned by hash, the layer holds few of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted([*ROOT.glob("requirements/*.txt"), ROOT / "layers/deps/requirements.txt"])
LAYER = {  # what the layer ships, and nothing else: a new dependency is a decision
    "annotated-types",
    "aws-lambda-powertools",
    "botocore",
    "jmespath",
    "pydantic",
    "pydantic-core",
    "python-dateutil",
    "six",
    "typing-extensions",
    "typing-inspection",
    "urllib3",
}


def requirements(lock: Path) -> list[str]:
    """Each requirement of a lock file with its options, as one line."""
    text = lock.read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.relative_to(ROOT).as_posix())
def test_every_requirement_has_a_hash(lock: Path) -> None:
    """One exact version with its digests for each: another file under the same name is not installed."""
    found = requirements(lock)
    assert found
    for line in found:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+]+", line), line
        assert "--hash=sha256:" in line, line


def test_the_layer_ships_few_packages() -> None:
    """Nothing comes along unseen: whoever adds a dependency says so here."""
    assert {re.split(r"[\[=]", line)[0] for line in requirements(ROOT / "layers/deps/requirements.txt")} <= LAYER
