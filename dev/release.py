"""`python -m dev.release ENV [CONFIG]`: the parameters of `sam deploy` for an environment of samconfig.toml.

Quoted for a shell. Those of its parameter_overrides, and Release: a digest of them and of what `make build` made. SAM
publishes a new version of a function when its code changes, but does not see the values of parameters
(docs/decisions/0028); another Release says that they are other ones. The same build with the same parameters is the
same release.
"""

from __future__ import annotations

import hashlib
import shlex
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dev.config import ROOT

BUILD = ROOT / ".aws-sam/build"


def release(build: Path, overrides: Iterable[str]) -> str:
    """16 hexadecimal digits. FileNotFoundError when nothing was built."""
    digest = hashlib.sha256((build / "template.yaml").read_bytes())
    for override in sorted(overrides):
        digest.update(f"\0{override}".encode())
    for path in sorted(_shipped(build)):
        digest.update(f"\0{path.relative_to(build).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _shipped(build: Path) -> Iterator[Path]:
    """What is uploaded: the folders of functions and layers."""
    for folder in build.iterdir():
        if folder.is_dir():
            yield from (path for path in folder.rglob("*") if path.is_file())


def overrides_of(environment: str, config: Path = ROOT / "samconfig.toml") -> list[str]:
    """The parameters of an environment as they stand there, `Name=value`. KeyError when there are none."""
    settings = tomllib.loads(config.read_text("utf-8"))
    written: list[str] = settings[environment]["deploy"]["parameters"]["parameter_overrides"]
    return written


def main(arguments: Sequence[str]) -> None:
    overrides = overrides_of(arguments[0], *map(Path, arguments[1:]))
    print(shlex.join([*overrides, f"Release={release(BUILD, overrides)}"]))


if __name__ == "__main__":
    main(sys.argv[1:])
