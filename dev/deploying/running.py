"""What `make deploy` runs, in order, and how: each command is shown before it runs, and a dry run shows it only."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence

from dev.config import ROOT
from dev.deploying.environments import Environment

Run = Callable[[Sequence[str], Mapping[str, str]], int]
SAM = ".venv-sam/bin/sam"


class Failed(Exception):
    """A command did not end well. The words say what to do."""


def really(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Its exit code. It speaks and asks for itself; make's own settings are not handed on."""
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    path = f"{ROOT / '.venv/bin'}{os.pathsep}{kept.get('PATH', '')}"
    return subprocess.call(command, cwd=ROOT, env={**kept, "PATH": path, "SAM_CLI_TELEMETRY": "0", **environment})


def shown(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """As somebody would type it."""
    return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in environment.items()), shlex.join(command)])


def build(values: Mapping[str, str]) -> list[str]:
    """For the machine that the environment's parameters name: layers hold compiled code."""
    return ["make", "build", f"ARCH={values['Arch']}", f"PYV={values['Py'].removeprefix('python')}"]


def deploy(environment: Environment, more: Mapping[str, str], region: str | None, *, asks: bool) -> list[str]:
    """`more` are parameters besides those of samconfig.toml. Without `asks` a change set is shown and carried out."""
    pairs = [f"{name}={value}" for name, value in {**environment.overrides, **more}.items()]
    command = [SAM, "deploy", "--config-env", environment.name, "--parameter-overrides", *pairs]
    command += ["--region", region] if region else []
    return command if asks else [*command, "--no-confirm-changeset"]
