"""The built functions start."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from dev.transform import ROOT
from tests.template.builds import FUNCTIONS, THIRD_PARTY
from tests.template.stack import Stack

STARTS = """
import json, sys
sys.path[:0] = sys.argv[1:]
import handler
import botocore, portway
event = json.load(sys.stdin)
class Context:
    function_name, memory_limit_in_mb, function_version = "f", 1024, "1"
    invoked_function_arn, aws_request_id = "arn:aws:lambda:eu-central-1:123456789012:function:f", "id"
answer = handler.handler(event, Context()) if event else None
print(json.dumps({"answer": answer, "from": [botocore.__file__, portway.__file__]}))
"""


def start(folder: Path, function: str, event: object, stack: Stack) -> dict[str, object]:
    """Import the built handler as Lambda does, in a clean process, and hand it `event` if there is one."""
    variables = stack.properties(function)["Environment"]["Variables"]
    mounted = stack.properties(function)["Layers"]
    used = [layer for layer in ("CoreLayer", *THIRD_PARTY) if any(layer in str(each) for each in mounted)]
    layers = [str(folder / function), *(str(folder / layer / "python") for layer in used)]
    environment = {name: str(value) for name, value in variables.items()} | {
        "PATH": os.defpath,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "PORTWAY_POLICY_FILE": str(folder / "PolicyLayer/policy.json"),
    }
    interpreter = json.loads((folder.parent / "host.json").read_text("utf-8"))["interpreter"]
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", STARTS, *layers],
        input=json.dumps(event), env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert all(str(path).startswith(str(folder)) for path in result["from"])  # type: ignore[attr-defined]
    return result


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_built_function_starts_from_its_artefacts_alone(runnable: Path, stack: Stack, function: str) -> None:
    """With the template's environment and nothing else installed: handler, clients and policy are complete."""
    start(runnable, function, None, stack)


def test_the_built_api_answers(runnable: Path, stack: Stack) -> None:
    """A path that nobody knows is a clean 404, made by the router inside the artefact."""
    event = json.loads((ROOT / "events/api_status.json").read_text("utf-8"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/v1/nowhere"
    answer = start(runnable, "ApiFunction", event, stack)["answer"]
    assert isinstance(answer, dict)
    assert answer["statusCode"] == 404
