"""What is built runs where nothing else is installed: every module, and every call of AWS that the roles name.

The usual way of a file is gone by `make test-sam` and by the stack; this is about scanners, checks, secrets, copies in
parts and whatever else few files need.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.session import Session

from dev.artefacts import artefacts
from dev.trim import CALLED_BY_BOTOCORE, OPERATIONS
from tests.conftest import ENVIRONMENT
from tests.template.trimmed import example

INSIDE = """
import importlib, json, pkgutil, sys
import botocore, portway
from botocore.config import Config
from portway.aws import clients

for found in pkgutil.walk_packages(portway.__path__, "portway."):
    importlib.import_module(found.name)

class Sent(Exception): pass

def send(request, **_):
    raise Sent(request.url)

session, told = clients.session(), {}
for service, calls in json.load(sys.stdin).items():
    client = session.create_client(service, config=Config(parameter_validation=False))
    client.meta.events.register_first("before-send", send)
    for method, arguments in calls.items():
        try:
            getattr(client, method)(**arguments)
        except Sent as sent:
            told[f"{service} {method}"] = str(sent)
print(json.dumps({"botocore": botocore.__file__, "portway": portway.__file__, "sent": told}))
"""


def wanted() -> dict[str, dict[str, Any]]:
    """By service and method: arguments."""
    calls: dict[str, dict[str, Any]] = {}
    for service, names in OPERATIONS.items():
        model: Any = Session().get_service_model(service)
        ours = [name for name in names if name not in CALLED_BY_BOTOCORE]
        calls[service] = {xform_name(name): example(model.operation_model(name).input_shape) for name in ours}
    return calls


def test_every_call_is_made_from_the_layers_alone(runnable: Path) -> None:
    """Every module of Portway is imported, and every request signed for an endpoint of AWS, by the packages, the byte
    code and the descriptions of the artefact."""
    function, calls = artefacts(runnable.parent, mounted=False)["DeriveFunction"], wanted()  # it has all layers
    done = subprocess.run(
        [function.interpreter, "-S", "-c", INSIDE],
        env=function.environment(ENVIRONMENT),
        input=json.dumps(calls, default=str),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    for package in ("botocore", "portway"):
        assert Path(told[package]).is_relative_to(function.opt)
    assert set(told["sent"]) == {f"{service} {method}" for service, methods in calls.items() for method in methods}
    assert all(".amazonaws.com/" in url for url in told["sent"].values())
