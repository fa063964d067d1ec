"""`python -m dev.host` (make host): what Lambda would run, built for this machine into .aws-sam/host.

Layers hold compiled code of one Python minor version, so the build is for the newest of MINORS that runs here. Nothing
is built while neither sources nor interpreter changed, and two processes may ask at the same time. Each build has a
folder of its own under its fingerprint and `.aws-sam/host` points to the last that worked: what still runs on the one
before goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from dev import ship
from dev.config import ROOT
from dev.packages import BuildFailed, installed, locked, minor_of, run
from dev.transform import transformed

HOST = ROOT / ".aws-sam/host"
BUILDS = ROOT / ".aws-sam/hosts"
FACTS = "host.json"
"""With what a build was made and is to be run; written when it is whole, removed before the rest of it is."""
KEPT_BUILDS = 3
"""More than one: other stacks and test runs of this working copy may still run on an older one."""
MINORS = ("3.13", "3.12", "3.11")
"""What the layers' packages and awslambdaric have wheels for, the best first."""
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
REQUIREMENTS = ROOT / "requirements/runtime.txt"
MAKERS = ("Makefile", "dev/host.py", "dev/policy*.py", "dev/ship.py", "dev/trim.py", "dev/precompiled.py")
SOURCES = ("template.yaml", "policy.yaml", "layers/**/*", "functions/**/*", *MAKERS)
READY_MADE = (".venv", ".venv-sam", ".venv-checkov")
"""Environments that a build must not renew: it may run in one of them (make -o)."""


def built() -> Path:
    """The folder that .aws-sam/host points to, after building what is not built yet. Raises BuildFailed."""
    BUILDS.mkdir(parents=True, exist_ok=True)
    with locked(BUILDS / ".lock"):
        python = interpreter()
        ric = _runtime_client(python)
        folder = BUILDS / _fingerprint(python)
        while not (folder / FACTS).exists():
            _build(folder, python)
            if (now := BUILDS / _fingerprint(python)) == folder:
                (folder / FACTS).write_text(json.dumps({"interpreter": str(python), "ric": str(ric)}), "utf-8")
            folder = now  # somebody saved a file meanwhile: nobody knows what was built
        _point(HOST, folder)
        _forget_old(folder)
    return folder


def interpreter() -> Path:
    """The newest interpreter of MINORS here; BuildFailed if none. pyenv's shims exist without one, so each is tried."""
    for minor in MINORS:
        homes = sorted(Path.home().glob(f".pyenv/versions/{minor}.*/bin/python"), reverse=True)
        for candidate in (shutil.which(f"python{minor}"), *homes, sys.executable):
            found = candidate and _runs(candidate, minor)
            if found:
                return Path(found)
    raise BuildFailed(f"none of Python {', '.join(MINORS)} runs here: install one")


def _runs(candidate: str | Path, minor: str) -> str | None:
    """The interpreter behind `candidate`, not the environment that it may belong to, if it is whole and of `minor`."""
    ask = "import ctypes, json, ssl, sys, zlib; print(json.dumps([sys._base_executable, *sys.version_info[:2]]))"
    with contextlib.suppress(OSError, ValueError):
        done = subprocess.run([candidate, "-I", "-c", ask], capture_output=True, text=True, timeout=60, check=False)
        path, *version = json.loads(done.stdout)
        if ".".join(map(str, version)) == minor:
            return str(path)
    return None


def _fingerprint(python: Path) -> str:
    """Of everything that the build depends on, by content: a checkout changes file times."""
    digest = hashlib.sha256(f"{python} {platform.machine()}".encode())
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)}):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _build(folder: Path, python: Path) -> None:
    """As `make build` does, without what makes two builds equal; then what each function finds at /opt."""
    _remove(folder)
    folder.mkdir()
    minor = minor_of(python)
    print(f"building the functions for this machine (Python {minor})", flush=True)
    old = [part for name in READY_MADE for part in ("-o", f"{name}/.ready")]
    chosen = {
        "ARTIFACTS": folder / "build",
        "ARCH": ARCHITECTURES[platform.machine()],
        "PYV": minor,
        "POLICY": "policy.yaml",
    }
    run("make", *old, "gather", *(f"{name}={value}" for name, value in chosen.items()))
    ship.precompile(folder / "build", str(python), folder / "build/DepsLayer/python")
    for artefact in ship.artefacts(folder / "build"):
        ship.cut(artefact)
        ship.compile_code(artefact, str(python))
    for function, layers in layers_of(folder / "build").items():
        _merge([folder / "build" / layer for layer in layers], folder / "opt" / function)


def layers_of(build: Path) -> dict[str, list[str]]:
    """Function: its layers in the template's order, all by the logical ids that name their folders in `build`."""
    resources = transformed(build / "template.yaml")["Resources"]

    def folder(layer: Any) -> str:
        return str(resources[layer["Ref"]]["Properties"]["Content"]["S3Key"])

    return {
        name: [folder(layer) for layer in resource["Properties"].get("Layers", [])]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def _merge(layers: list[Path], target: Path) -> None:
    """All layers in one folder, the later over the earlier as at /opt. Hard links: five copies would be 250 MB."""

    def link(source: str, wanted: str) -> None:
        Path(wanted).unlink(missing_ok=True)
        os.link(source, wanted)

    target.mkdir(parents=True)
    for layer in layers:
        shutil.copytree(layer, target, copy_function=link, dirs_exist_ok=True)


def _runtime_client(python: Path) -> Path:
    """The folder with awslambdaric for this interpreter's minor version, installed if it is not there."""
    folder = installed(python, REQUIREMENTS, ROOT / ".build/ric" / minor_of(python))
    run(str(python), "-m", "compileall", "-q", str(folder))
    return folder


def _point(link: Path, folder: Path) -> None:
    """Whoever follows the link meanwhile finds one build or the other."""
    scratch = link.with_name(f"{link.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(os.path.relpath(folder, link.parent))
    scratch.replace(link)


def _forget_old(current: Path) -> None:
    os.utime(current)
    builds = sorted((path for path in BUILDS.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in builds[:-KEPT_BUILDS]:
        _remove(old)


def _remove(build: Path) -> None:
    (build / FACTS).unlink(missing_ok=True)
    shutil.rmtree(build, ignore_errors=True)


if __name__ == "__main__":
    try:
        built()
    except BuildFailed as error:
        sys.exit(f"the functions cannot be built:\n{error}")
