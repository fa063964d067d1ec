"""docs/operating.md keeps up with the template."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from dev.transform import ROOT
from portway import settings
from portway.deriving import Derivation
from portway.processing import ALARMING, Outcome
from tests.template.stack import Stack

CODE = ROOT / "layers/core/python/portway"


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


def test_every_resource_is_described(stack: Stack, full: Stack, documented: set[str]) -> None:
    """Whoever looks into the account finds out what each resource is for."""
    every = stack.template["Resources"].keys() | full.template["Resources"].keys()
    written = {re.sub(r"(Layer|Version)[0-9a-f]{10}$", r"\1", name) for name in every}
    made_for_others = {
        "ProcessFunctionStored",
        "DeadLetterFunctionFailed",
        "DeriveFunctionPublished",
        "SweepFunctionSchedule",
    }  # mappings and a schedule, named by the transform
    assert not written - documented - made_for_others


def test_every_metric_is_described(documented: set[str]) -> None:
    """Whoever makes a dashboard or an alarm finds each metric on the page, and what each outcome means."""
    counted, families = set(_last_words("count")), set(_last_words("Reaction"))
    assert "UploadsCreated" in counted
    assert {name for name in counted if "{" not in name} <= documented
    made_of_parts = {name for name in counted if "{" in name}
    expected = {"{self.family}-{outcome.value}", "{kind.capitalize()}-failed", "Results-{outcome.value}"}
    assert made_of_parts == expected, "another metric whose name is put together"
    assert {"Inspector-failed", "Maker-failed", "Results-<outcome>"} <= documented
    assert {outcome.value for outcome in Derivation} <= documented
    assert families == {"Object", "Scan", "DeadLetter"}
    assert {f"{family}-<outcome>" for family in families} | {outcome.value for outcome in Outcome} <= documented


def test_every_outcome_that_deserves_an_alarm_says_so() -> None:
    """The page and the log level agree."""
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    rows = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \| (.*) \|$", page, re.MULTILINE)
    alarming = {name for names, words in rows if "Worth an alarm" in words for name in re.findall(r"`(\w+)`", names)}
    assert alarming == {outcome.value for outcome in ALARMING}


def _last_words(function: str) -> Iterator[str]:
    """The last argument of each call of a function of ours, f-strings as they are written."""
    for path in (CODE / "protocols").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                last = node.args[-1]
                yield str(last.value) if isinstance(last, ast.Constant) else ast.unparse(last)[2:-1]


def test_a_number_on_the_page_is_the_number_in_the_template(stack: Stack) -> None:
    """Defaults on the page are those of the template, or of the settings for a variable."""
    parameters = {name: str(made.get("Default")) for name, made in stack.template["Parameters"].items()}
    variables = {name: str(default) for name, (default, _, _) in settings.NUMBERS.items()}
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    assert len(rows) >= 10
    assert rows == {name: (parameters | variables)[name] for name in rows}
