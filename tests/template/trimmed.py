"""botocore as the layer has it: descriptions cut by dev/trim.py, where botocore takes them for its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader
from botocore.model import StructureShape
from botocore.session import Session
from botocore.utils import ArgumentGenerator

from dev.trim import OPERATIONS, cut

WHOLE = Path(botocore.__file__).parent / "data"


def trimmed(data: Path) -> Path:
    """The folder as the layer ships it, made from the installed one."""
    data.mkdir()
    for path in WHOLE.iterdir():
        if path.name in (*OPERATIONS, "sqs"):
            shutil.copytree(path, data / path.name)
        elif path.is_file():
            shutil.copy(path, data)
    cut(data)
    return data


def on(data: Path, session: Session) -> Session:
    """This session with these descriptions. Of a folder that is not botocore's own it would take the old table of
    endpoints, and no rules."""

    class Layer(Loader):
        BUILTIN_DATA_PATH = str(data)

    loader = Layer(extra_search_paths=[str(data)], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    return session


def example(shape: StructureShape) -> dict[str, Any]:
    """Arguments for what has to be given."""
    made = _known(ArgumentGenerator(use_member_names=True).generate_skeleton(shape))
    return {name: made[name] for name in shape.required_members}


def _known(part: Any) -> Any:
    """Without bytes, for which the generator has None."""
    if isinstance(part, list):
        return [_known(each) for each in part if each is not None]
    return {name: _known(each) for name, each in part.items() if each is not None} if isinstance(part, dict) else part
