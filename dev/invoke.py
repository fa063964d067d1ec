"""`python -m dev.invoke [EVENT…]` (make invoke, make invoke-all): files of events/ through `sam local invoke`.

For those with Docker: each function, as it was built for this machine, in the container that AWS made for its Python.
Behind it are the S3 endpoint and moto of the local stack with the template's resources, empty at the beginning. All
events if none is named; exits with 1 if a function failed, with 2 without Docker.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dev import host
from dev.artefacts import Artefact, artefacts
from dev.config import ROOT
from dev.world import EVENTS, EXAMPLE_ID, HERE, World, world

FUNCTIONS = {
    "api": "ApiFunction",
    "process": "ProcessFunction",
    "dead_letter": "DeadLetterFunction",
    "derive": "DeriveFunction",
    "sweep": "SweepFunction",
}
"""Beginning of an event's name: the logical id of the function that it is for."""
ELSEWHERE = {"consumer": "examples/consumer"}
"""Those that are for another template, and its folder."""
WITHOUT_DOCKER = """sam local invoke needs Docker, and none answers here. Without it:
  make test-sam              every event of events/ under the same emulator, with Lambda's paths
  make dev COMPUTE=lambda    the whole system on the built functions"""
BRIDGE = """
import docker
print(docker.from_env().networks.get("bridge").attrs["IPAM"]["Config"][0].get("Gateway", ""))
"""
DESKTOP = "192.168.65.254"
"""Where containers of Docker Desktop find the machine that it runs on."""
SECONDS = 600
"""The first call of a Python version fetches its image."""


def function_of(event: str) -> str:
    """The logical id of the function that events/<event>.json is for; KeyError for those of ELSEWHERE."""
    return FUNCTIONS[_beginning(event)]


def _beginning(event: str) -> str:
    return max((name for name in (*FUNCTIONS, *ELSEWHERE) if event.startswith(f"{name}_")), key=len, default=event)


def events() -> list[str]:
    """The names of all events that are for functions of template.yaml."""
    return sorted(path.stem for path in EVENTS.glob("*.json") if _beginning(path.stem) in FUNCTIONS)


def bridge() -> tuple[str, str] | None:
    """Where to listen so that containers reach us, and where they find that; None without Docker."""
    asked = [str(ROOT / ".venv-sam/bin/python"), "-c", BRIDGE]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return None
    gateway = done.stdout.strip()
    with contextlib.suppress(OSError):
        if gateway:
            socket.create_server((gateway, 0)).close()
            return gateway, gateway
    return HERE, DESKTOP  # Docker runs in a machine of its own


def template(built: Mapping[str, Artefact], found: World) -> dict[str, Any]:
    """The built functions and layers for SAM, with the variables that they have in this world."""
    layers = {layer.name: layer for artefact in built.values() for layer in artefact.layers}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            name: {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": str(folder)}}
            for name, folder in layers.items()
        }
        | {name: _function(artefact, found.environment(name)) for name, artefact in built.items()},
    }


def _function(artefact: Artefact, variables: Mapping[str, str]) -> dict[str, Any]:
    properties = {
        "CodeUri": str(artefact.task),
        "Handler": artefact.handler,
        "Runtime": f"python{artefact.ric.name}",
        "Architectures": [host.ARCHITECTURES[platform.machine()]],
        "MemorySize": artefact.memory,
        "Timeout": artefact.timeout_seconds,
        "Layers": [{"Ref": layer.name} for layer in artefact.layers],
        "Environment": {"Variables": {name: value for name, value in variables.items() if name not in _KEYS}},
    }
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""What SAM hands over from its own environment."""


def invoke(file: Path, name: str, found: World) -> str:
    """What went wrong with events/<name>.json, or nothing. What the function answered is printed."""
    function = function_of(name)
    variables = found.environment(function)
    done = subprocess.run(
        [ROOT / ".venv-sam/bin/sam", "local", "invoke", function, "--template", file, "--event", "-"],
        input=json.dumps(found.event(name, EXAMPLE_ID)),
        env={**os.environ, "SAM_CLI_TELEMETRY": "0", **{key: variables[key] for key in (*_KEYS, "AWS_REGION")}},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    told = (done.stdout.strip().splitlines() or [""])[-1]
    print(f"{name:<30} {told[:200]}", flush=True)
    return "" if done.returncode == 0 and answered(told) else done.stderr[-3000:] or told


def answered(told: str) -> bool:
    """Whether the function returned: an answer of the API that is no failure of ours, or any other value."""
    try:
        value = json.loads(told)
    except ValueError:
        return False
    return isinstance(value, dict) and "errorMessage" not in value and value.get("statusCode", 200) < 500


def main(names: Iterable[str]) -> int:
    """The exit code."""
    reached = bridge() if shutil.which("docker") else None
    if not reached:
        print(WITHOUT_DOCKER, file=sys.stderr)
        return 2
    built = artefacts(host.built())
    with tempfile.TemporaryDirectory(prefix="portway-") as scratch, world(Path(scratch), *reached) as found:
        file = Path(scratch) / "template.json"
        file.write_text(json.dumps(template(built, found)), "utf-8")
        failures = {name: invoke(file, name, found) for name in names}
    failed = {name: words for name, words in failures.items() if words}
    for name, words in failed.items():
        print(f"\n{name} failed:\n{words}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main([Path(name).stem for name in sys.argv[1:]] or events()))
