"""`python -m dev.ship BUILD [INTERPRETER]`: makes of what `sam build` gathered in BUILD what is sent to Lambda.

What nothing reads there is removed, the rest compiled by INTERPRETER, which must be of the Python version that the
functions run on; without one, none is shipped compiled. Two builds of one commit are then equal byte for byte, and so
are the archives that `sam package` makes of them. Beside the folders lies sbom.cdx.json; a table tells their sizes.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from dev import sbom, trim
from dev.config import ROOT
from dev.packages import BuildFailed, installed, minor_of, run

SUPERFLUOUS = (
    "*/bin/*", "*/.lock", "*/__pycache__/*", "*.pyi", "*/py.typed",  # for developers; byte code is made here
    "*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/WHEEL",
    "*.dist-info/top_level.txt", "*.dist-info/zip-safe", "*.dist-info/entry_points.txt",  # for installers
    "*/swagger-ui*",
)  # fmt: skip
"""Patterns of paths in an artefact that nothing on Lambda reads. What a package says of its licence stays."""
BOTOCORE = "python/botocore/data"
PRECOMPILES = Path(__file__).with_name("precompiled.py")
MOUNTED = {True: "/opt", False: "/var/task"}
"""Where Lambda puts a layer, and a function: what tracebacks name."""
MOMENT = 315_619_200
"""The time of every file, in seconds: 2 January 1980, which an archive can hold in every time zone."""


def is_layer(artefact: Path) -> bool:
    """Layers have Layer in their logical id, and nothing else has."""
    return "Layer" in artefact.name


def artefacts(build: Path) -> list[Path]:
    """The folders of functions and layers, by name."""
    return sorted(path for path in build.iterdir() if path.is_dir())


def files(artefact: Path) -> list[Path]:
    """Every file, relative to the artefact, in the one order that depends on the names alone."""
    return sorted(path.relative_to(artefact) for path in artefact.rglob("*") if path.is_file())


def cut(artefact: Path) -> None:
    """Remove what nothing on Lambda reads."""
    for path in files(artefact):
        if any(fnmatch.fnmatchcase(f"/{path}", pattern) for pattern in SUPERFLUOUS):
            (artefact / path).unlink()
    if (artefact / BOTOCORE).is_dir():
        trim.cut(artefact / BOTOCORE)


def precompile(build: Path, interpreter: str, libraries: Path) -> None:
    """Into the core, what Python would compile at every cold start (portway/start.py). `libraries` are the packages of
    the layers for this machine. Raises BuildFailed."""
    core = build / "CoreLayer/python"
    asked = "import sys; print(sys.implementation.cache_tag)"
    tag = subprocess.run([interpreter, "-I", "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    told = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": f"{core}:{libraries}"}
    command = (interpreter, "-s", "-S", "-P", str(PRECOMPILES), str(core / f"portway/compiled.{tag}"))
    run(*command, environment=told)


def libraries_for(interpreter: str) -> Path:
    """The packages of the layer as this machine can import them: those for the functions' machine may be none of its.
    Raises BuildFailed."""
    folder = ROOT / ".build/deps" / minor_of(Path(interpreter))
    return installed(Path(interpreter), ROOT / "layers/deps/requirements.txt", folder)


def compile_code(artefact: Path, interpreter: str) -> None:
    """Byte code that is valid whatever the times of the files (PEP 552), and names them as Lambda mounts them. Raises
    BuildFailed."""
    named = ("-s", str(artefact), "-p", MOUNTED[is_layer(artefact)])
    command = (interpreter, "-s", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *named)
    run(*command, str(artefact), environment={"PYTHONHASHSEED": "0"})


def settle(artefact: Path) -> None:
    """Write all names anew in one order, with one time and mode: SAM archives files as the file system lists them."""
    settled = artefact.with_name(f"{artefact.name}.settled")
    for path in files(artefact):
        (settled / path).parent.mkdir(parents=True, exist_ok=True)
        (artefact / path).rename(settled / path)
        (settled / path).chmod(0o644)
    shutil.rmtree(artefact)
    settled.rename(artefact)
    for each in [artefact, *artefact.rglob("*")]:
        if each.is_dir():
            each.chmod(0o755)
        os.utime(each, (MOMENT, MOMENT))


def digest(artefact: Path) -> str:
    """SHA-256 of an artefact, as `find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` in it prints."""
    sums = [f"{hashlib.sha256((artefact / path).read_bytes()).hexdigest()}  ./{path}\n" for path in _listed(artefact)]
    return hashlib.sha256("".join(sums).encode()).hexdigest()


def _listed(artefact: Path) -> list[str]:
    return sorted((path.as_posix() for path in files(artefact)), key=str.encode)


def archived(artefact: Path) -> bytes:
    """The archive of an artefact as `sam package` makes it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, _, names in os.walk(artefact):
            for name in names:
                path = Path(folder, name)
                archive.write(path, path.relative_to(artefact))
    return written.getvalue()


def table(build: Path, digests: dict[str, str]) -> Iterator[str]:
    """Sizes in bytes and digests of all artefacts, as lines."""
    yield f"{'artefact':<20} {'unpacked':>10} {'zipped':>10}  SHA-256 of its files"
    for artefact in artefacts(build):
        unpacked = sum((artefact / path).stat().st_size for path in files(artefact))
        yield f"{artefact.name:<20} {unpacked:>10,} {len(archived(artefact)):>10,}  {digests[artefact.name]}"


def main() -> None:
    build, interpreter = Path(sys.argv[1]).resolve(), (*sys.argv[2:], "")[0]
    if interpreter:
        precompile(build, interpreter, libraries_for(interpreter))
    for artefact in artefacts(build):
        cut(artefact)
        if interpreter:
            compile_code(artefact, interpreter)
        settle(artefact)
    digests = {artefact.name: digest(artefact) for artefact in artefacts(build)}
    (build / sbom.NAME).write_text(json.dumps(sbom.document(build, digests), indent=2) + "\n", "utf-8")
    print(*table(build, digests), sep="\n")
    if not interpreter:
        print("no Python of the functions' version here: they are built without byte code, and start slower")


if __name__ == "__main__":
    try:
        main()
    except BuildFailed as error:
        sys.exit(f"what is shipped cannot be compiled:\n{error}")
