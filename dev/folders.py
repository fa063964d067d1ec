"""Folders that somebody chose."""

from __future__ import annotations

import tempfile
from pathlib import Path


def why_not(folder: Path) -> str | None:
    """Make the folder if it is not there. None if files can be kept in it, else the reason in a few words."""
    if folder.exists() and not folder.is_dir():
        return "it is not a folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return error.strerror
    return None
