"""`make build` gives the same bytes whoever builds, and says what it cannot do."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from dev.ship import MOMENT, compile_code, files
from dev.transform import ROOT
from tests.template.builds import FUNCTIONS, LAYERS, build

ARCHIVE = """
import hashlib, sys, tempfile, zipfile
zipfile.ZIP_DEFLATED = zipfile.ZIP_STORED
from samcli.lib.package.utils import make_zip
for folder in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as scratch:
        print(hashlib.sha256(open(make_zip(f"{scratch}/made", folder), "rb").read()).hexdigest())
"""
"""What `sam package` sends, by its own code, less the compression: that takes long and depends on nothing else."""


@pytest.fixture(scope="session")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same commit built by somebody else: another folder, other rights, other hashes, and every way out closed."""
    folder, closed, before = tmp_path_factory.mktemp("again") / "else/where", "http://127.0.0.1:9", os.umask(0o077)
    try:
        build(
            folder, UV_OFFLINE="1", HTTPS_PROXY=closed, HTTP_PROXY=closed,
            PYTHONHASHSEED="7", TZ="Pacific/Auckland", LC_ALL="C",
        )  # fmt: skip
    finally:
        os.umask(before)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {path.as_posix(): (folder / path).read_bytes() for path in files(folder)}


def test_two_builds_are_identical_and_the_second_needs_no_network(built: Path, again: Path) -> None:
    """Byte for byte in all files, template and list of packages included: whoever builds it gets this."""
    one, other = tree(built), tree(again)
    assert set(one) == set(other)
    assert [name for name in one if one[name] != other[name]] == []


def test_the_archives_of_two_builds_are_identical(built: Path, again: Path) -> None:
    """`sam package` archives files in the order of the file system, with their modes: these do not tell who built."""
    folders = [str(build / name) for build in (built, again) for name in (*FUNCTIONS, *LAYERS)]
    done = subprocess.run(
        [ROOT / ".venv-sam/bin/python", "-c", ARCHIVE, *folders],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    sums = done.stdout.split()
    half = len(folders) // 2
    assert (sums[:half], len(set(sums[:half]))) == (sums[half:], half)


def test_every_file_has_one_time_and_one_mode(again: Path) -> None:
    """Also for archives that keep times, and for whoever builds under a narrow umask: Lambda must be able to read."""
    for artefact in (*FUNCTIONS, *LAYERS):
        for path in (again / artefact).rglob("*"):
            told = path.stat()
            assert (told.st_mode & 0o777, told.st_mtime) == (0o755 if path.is_dir() else 0o644, MOMENT)


def test_byte_code_is_the_same_wherever_it_is_made(tmp_path: Path) -> None:
    """It has Lambda's paths and nothing of this machine: what `make build` has, if the right Python is here."""
    folders = [tmp_path / "CoreLayer", tmp_path / "else/where/CoreLayer"]
    for folder in folders:
        shutil.copytree(ROOT / "layers/core", folder, ignore=shutil.ignore_patterns("__pycache__"))
        compile_code(folder, sys.executable)
    one, other = map(tree, folders)
    assert sum(name.endswith(".pyc") for name in one) > 100
    assert [name for name in one if one[name] != other.get(name)] == []


def test_no_artefact_knows_where_it_was_built(built: Path, runnable: Path) -> None:
    """Neither folders of this machine nor its temporary ones are in any file; tracebacks name Lambda's own."""
    for build_ in (built, runnable):
        here = [str(build_).encode(), str(ROOT).encode()]
        for artefact in (*FUNCTIONS, *LAYERS):
            for name, content in tree(build_ / artefact).items():
                assert not any(path in content for path in here), name
    (model,) = (runnable / "CoreLayer/python/portway/__pycache__").glob("model.*.pyc")
    (handler,) = (runnable / "ApiFunction/__pycache__").glob("handler.*.pyc")
    assert b"/opt/python/portway/model.py" in model.read_bytes()
    assert b"/var/task/handler.py" in handler.read_bytes()


def test_byte_code_is_shipped_and_needs_no_file_times(runnable: Path) -> None:
    """Every module has it, used whatever the source's time is (PEP 552): the first start is twice as fast."""
    for artefact in (*FUNCTIONS, *LAYERS):
        found = files(runnable / artefact)
        compiled = [path for path in found if path.suffix == ".pyc"]
        sources = {path.with_suffix("") for path in found if path.suffix == ".py"}
        assert {path.parent.parent / path.name.partition(".")[0] for path in compiled} == sources
        assert {struct.unpack_from("<I", (runnable / artefact / path).read_bytes(), 4)[0] for path in compiled} <= {1}


def gathered(folder: Path) -> Path:
    """What SAM leaves in a build folder, in small."""
    for name, text in {
        "ApiFunction/handler.py": "def handler(event, context):\n    return {'b', 'a', event}\n",
        "CoreLayer/python/portway/model.py": "X = 1\n",
        "CoreLayer/python/portway/py.typed": "",
        "CoreLayer/python/portway/__pycache__/model.cpython-39.pyc": "old",
        "DepsLayer/python/botocore-1.0.dist-info/METADATA": "Name: botocore\nVersion: 1.0\n",
        "DepsLayer/python/botocore-1.0.dist-info/RECORD": "",
        "DepsLayer/python/bin/jp.py": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def ship(folder: Path) -> str:
    command = [sys.executable, "-m", "dev.ship", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout


def test_without_an_interpreter_of_the_functions_version_the_build_says_so(tmp_path: Path) -> None:
    """It ships sources alone, which start slower. What is superfluous is gone all the same."""
    said = ship(gathered(tmp_path))
    assert "without byte code" in said
    left = [path.as_posix() for name in ("ApiFunction", "CoreLayer", "DepsLayer") for path in files(tmp_path / name)]
    assert set(left) == {
        "handler.py", "python/portway/model.py",
        "python/botocore-1.0.dist-info/METADATA",
    }  # fmt: skip


def test_the_build_prints_what_each_artefact_weighs(tmp_path: Path) -> None:
    """A row for each function and layer: unpacked, zipped, and a digest that standard tools compute, too."""
    *table, _ = ship(gathered(tmp_path)).splitlines()
    rows = {row.split()[0]: row.split()[1:] for row in table}
    assert set(rows) == {"artefact", "ApiFunction", "CoreLayer", "DepsLayer"}
    for name in ("ApiFunction", "CoreLayer", "DepsLayer"):
        unpacked = sum(len(content) for content in tree(tmp_path / name).values())
        command = "find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"
        by_hand = subprocess.run(command, cwd=tmp_path / name, shell=True, capture_output=True, text=True, check=True)
        assert (rows[name][0], rows[name][2]) == (f"{unpacked:,}", by_hand.stdout.split()[0])
