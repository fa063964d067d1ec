"""The functions that `make host` built, and how each is started: as on Lambda, by awslambdaric.

With Linux namespaces a process has Lambda's own paths: the function at /var/task and its layers, merged, at /opt, both
read-only. Where they are not to be had, it finds the same folders by PYTHONPATH. Nothing of this repository, of its
environments or of the person's own variables reaches it either way.

    artefact = artefacts()["ApiFunction"]
    environment = artefact.environment({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", **template_variables})
    subprocess.Popen(artefact.command(), env=environment, cwd=artefact.task)
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dev.host import FACTS, HOST, layers_of
from dev.transform import transformed

MOUNT = """
set -e
mount --bind "$1" /opt
if test -n "$3"; then mount --bind "$3" /opt/policy.json; fi
mount -o remount,ro,bind /opt
mount -t tmpfs none /var
mkdir /var/task
mount --bind "$2" /var/task
mount -o remount,ro,bind /var/task
cd /var/task
shift 3
exec "$@"
"""
"""What happens in a mount namespace of its own before a process starts there: $1 the layers, $2 the function, $3 a
policy or nothing. Who starts it keeps the process: shells and unshare give way to what they start."""
COVERED = (Path("/opt"), Path("/var"))
"""What a process with Lambda's paths sees nothing of."""
POLICY = "/opt/policy.json"
UNSHARE = (("unshare", "-m"), ("unshare", "-Urm"))
"""As root, and as anybody where the kernel lets them."""


class NotBuilt(Exception):
    """There are no artefacts for this machine: `make host` makes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One built function. `handler` as in the template (module.name), `memory` in MiB."""

    function: str
    """Its logical id."""
    handler: str
    memory: int
    timeout_seconds: int
    task: Path
    """The folder with its code."""
    layers: tuple[Path, ...]
    """The folders of its layers, in the template's order."""
    opt: Path
    """All of them in one folder, as Lambda shows them at /opt."""
    interpreter: Path
    ric: Path
    """The folder with awslambdaric. Lambda has it apart from the layers, behind them on the path."""
    mounted: bool
    """Whether it runs with Lambda's real paths."""
    policy: Path | None
    """Another policy than the one it was built with."""

    @property
    def root(self) -> str:
        """Where its code is for the function itself (LAMBDA_TASK_ROOT)."""
        return "/var/task" if self.mounted else str(self.task)

    def command(self) -> list[str]:
        """The command line of one execution environment; start it in the folder `task`."""
        return self.inside([str(self.interpreter), "-m", "awslambdaric", self.handler])

    def inside(self, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` where the function runs."""
        if not self.mounted:
            return list(command)
        return _with_mounts(self.opt, self.task, self.policy, command)

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """What Lambda sets, and `extra`: the template's variables and where AWS is. Paths at /opt become those here."""
        opt = "/opt" if self.mounted else str(self.opt)
        name = extra.get("AWS_LAMBDA_FUNCTION_NAME", self.function)
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": f"{self.root}:{opt}/python:{self.ric}",
            "PYTHONNOUSERSITE": "1",
            "LAMBDA_TASK_ROOT": self.root,
            "_HANDLER": self.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{self.ric.name}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            **{key: self._path(value) for key, value in extra.items()},
        }

    def _path(self, value: str) -> str:
        if self.mounted or not value.startswith("/opt/"):
            return value
        return str(self.policy if self.policy and value == POLICY else self.opt / value.removeprefix("/opt/"))


def artefacts(
    host: Path = HOST, *, mounted: bool | None = None, policy: Path | None = None, reads: Sequence[Path] = ()
) -> dict[str, Artefact]:
    """Logical id: artefact, of the build that `host` points to now. Raises NotBuilt.

    `mounted` says whether they get Lambda's paths; if nobody says, they do where that works and hides nothing of what
    they need: `reads` is what else that is.
    """
    host = host.resolve()
    try:
        facts = json.loads((host / FACTS).read_text("utf-8"))
    except FileNotFoundError:
        raise NotBuilt(f"{host} holds no functions for this machine: run `make host`") from None
    interpreter, ric = Path(facts["interpreter"]), Path(facts["ric"])
    if mounted is None:
        needed = [host, ric, interpreter, interpreter.resolve(), *reads, *filter(None, [policy])]
        mounted = namespaces() and not _covered(needed)
    layers = layers_of(host / "build")
    return {
        name: Artefact(
            function=name,
            handler=properties["Handler"],
            memory=int(properties.get("MemorySize", 128)),
            timeout_seconds=int(properties.get("Timeout", 3)),
            task=host / "build" / name,
            layers=tuple(host / "build" / layer for layer in layers[name]),
            opt=host / "opt" / name,
            interpreter=interpreter,
            ric=ric,
            mounted=mounted,
            policy=policy,
        )
        for name, properties in _functions(host / "build/template.yaml").items()
    }


def _functions(template: Path) -> dict[str, dict[str, Any]]:
    """The properties of each function that say how it runs, parameters with their defaults."""
    document = transformed(template)
    defaults = {name: spec["Default"] for name, spec in document["Parameters"].items() if "Default" in spec}

    def plain(properties: Mapping[str, Any]) -> dict[str, Any]:
        asked = {key: properties[key] for key in ("Handler", "MemorySize", "Timeout") if key in properties}
        return {key: defaults[value["Ref"]] if isinstance(value, dict) else value for key, value in asked.items()}

    return {
        name: plain(resource["Properties"])
        for name, resource in document["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def namespaces() -> bool:
    """Whether a process here can get Lambda's real paths. Found out by doing it once."""
    return _unshare() is not None


@cache
def _unshare() -> tuple[str, ...] | None:
    """The command that gives a process a mount namespace of its own, if one does."""
    for unshare in UNSHARE[os.geteuid() != 0 :]:
        tried = [*unshare, "sh", "-c", MOUNT, "sh", "/opt", "/usr", "", "true"]
        try:
            if subprocess.run(tried, capture_output=True, timeout=60, check=False).returncode == 0:
                return unshare
        except (OSError, subprocess.TimeoutExpired):
            continue
    return None


def _with_mounts(opt: Path, task: Path, policy: Path | None, command: Sequence[str]) -> list[str]:
    unshare = _unshare()
    assert unshare, "mounted, although there are no namespaces"
    return [*unshare, "sh", "-c", MOUNT, "sh", str(opt), str(task), str(policy or ""), *command]


def _covered(paths: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for path in paths for folder in COVERED)
