"""`make invoke` and `make invoke-all`: events through `sam local invoke`. What needs no Docker of it is tested here."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from dev import host
from dev.artefacts import artefacts
from dev.invoke import ELSEWHERE, FUNCTIONS, answered, events, function_of, template
from dev.provision.plan import Function, Plan
from dev.transform import ROOT
from dev.world import EVENTS, World
from tests.template.stack import Stack

AS_SAM_READS_IT = """
import json, sys
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
stacks, _ = SamLocalStackProvider.get_stacks(sys.argv[1])
for each in SamFunctionProvider(stacks).get_all():
    layers = [layer.codeuri for layer in each.layers]
    told = [each.name, each.codeuri, each.handler, each.runtime, each.architectures, layers, each.environment]
    print(json.dumps(told))
"""


def test_every_event_belongs_to_one_function(stack: Stack) -> None:
    """The table names each function of the template; what is in no row of it is for an example's own template."""
    assert set(FUNCTIONS.values()) == set(stack.of_type("AWS::Lambda::Function"))
    rest = {path.stem for path in EVENTS.glob("*.json")} - set(events())
    assert rest
    for name in rest:
        assert (ROOT / ELSEWHERE[name.partition("_")[0]] / "template.yaml").exists()
    assert {function_of(name) for name in events()} == set(FUNCTIONS.values())


def test_events_behind_the_authorizer_carry_its_claims() -> None:
    """`sam local invoke` asks no issuer: whoever it stands for is in the event."""
    protected = 0
    for name in events():
        event = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
        if event.get("routeKey") == "ANY /v1/{proxy+}":
            protected += 1
            assert {"iss", "aud", "sub"} <= set(event["requestContext"]["authorizer"]["jwt"]["claims"])
    assert protected > 10


def test_sam_finds_the_built_functions_with_layers_and_variables(tmp_path: Path) -> None:
    """Read by SAM's own code: handler, folders and layers in their order, and no keys among the variables."""
    variables = {"PORTWAY_TABLE": "table", "AWS_SECRET_ACCESS_KEY": "secret"}
    built = artefacts(host.built())
    plan = Plan(functions={
        name: Function(name=name, handler="", environment=variables, arn="", timeout_seconds=1, memory=1, concurrency=1)
        for name in built
    })  # fmt: skip
    file = tmp_path / "template.json"
    file.write_text(json.dumps(template(built, World(plan, None))), "utf-8")
    command = [str(ROOT / ".venv-sam/bin/python"), "-c", AS_SAM_READS_IT, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    rows = {row[0]: row[1:] for row in map(json.loads, done.stdout.splitlines())}
    assert set(rows) == set(built)
    for name, artefact in built.items():
        assert rows[name] == [
            str(artefact.task), artefact.handler, f"python{artefact.ric.name}",
            [host.ARCHITECTURES[platform.machine()]], [str(layer) for layer in artefact.layers],
            {"Variables": {"PORTWAY_TABLE": "table"}},
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "well"),
    [
        ('{"statusCode": 404, "body": "{}"}', True),
        ('{"batchItemFailures": []}', True),
        ('{"statusCode": 500}', False),
        ('{"errorMessage": "no", "errorType": "ValueError"}', False),
        ("", False),
    ],
)
def test_a_function_that_failed_is_told_from_one_that_refused(told: str, well: bool) -> None:
    """SAM exits with 0 either way, so the answer decides: an upload that nobody knows is an answer."""
    assert answered(told) == well


def test_without_docker_it_says_what_to_do_instead() -> None:
    """Exit code 2, and two commands that ask the same functions."""
    done = subprocess.run(
        [sys.executable, "-m", "dev.invoke"], cwd=ROOT, env={"PATH": "/nonexistent"}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "make test-sam" in done.stderr) == (2, True)
