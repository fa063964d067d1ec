"""Release, a parameter of the template: a digest of what is deployed, and with which parameters.

SAM publishes a new version of a function when its code changes, but does not see the values of parameters
(docs/decisions/0028); another Release says that they are other ones. The same build with the same parameters is the
same release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
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
