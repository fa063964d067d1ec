"""docs/operating.md keeps up with the template."""

from __future__ import annotations

import re

import pytest

from dev.transform import ROOT
from portway import settings
from tests.template.stack import Stack


@pytest.fixture(scope="module")
def documented() -> set[str]:
    """Every name that the page writes as code."""
    return set(re.findall(r"`([^`\n]+)`", (ROOT / "docs/operating.md").read_text("utf-8")))


def test_every_parameter_is_described(stack: Stack, documented: set[str]) -> None:
    """Whoever deploys finds each parameter on the page."""
    assert not set(stack.template["Parameters"]) - documented


def test_every_variable_is_described(documented: set[str]) -> None:
    """Whoever runs a function elsewhere finds each variable on the page."""
    assert not {*settings.NUMBERS, *settings.NAMES} - documented


def test_every_resource_is_described(stack: Stack, documented: set[str]) -> None:
    """Whoever looks into the account finds out what each resource is for."""
    written = {re.sub(r"(?<=Layer)[0-9a-f]{10}$", "", name) for name in stack.resources}
    made_for_others = {
        "ProcessFunctionStored",
        "DeadLetterFunctionFailed",
        "SweepFunctionSchedule",
    }  # mappings and a schedule, named by the transform
    assert not written - documented - made_for_others


def test_a_number_on_the_page_is_the_number_in_the_template(stack: Stack) -> None:
    """Defaults on the page are those of the template, or of the settings for a variable."""
    parameters = {name: str(made.get("Default")) for name, made in stack.template["Parameters"].items()}
    variables = {name: str(default) for name, (default, _, _) in settings.NUMBERS.items()}
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    assert len(rows) >= 10
    assert rows == {name: (parameters | variables)[name] for name in rows}
