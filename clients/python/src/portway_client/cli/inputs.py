"""Which files are meant by the arguments of `portway upload`: files, folders, and globs for shells that know none."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


class NothingThere(Exception):
    """An argument names no file. The message says which, and why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a folder is meant. A file that is named itself is always meant, hidden or linked or not."""

    hidden: bool = False
    links: bool = False


def files(arguments: Iterable[str], choice: Choice) -> list[Path]:
    """Each file once, in order of the arguments; folders by name. Raises NothingThere before anything is sent."""
    found: dict[Path, None] = {}
    for argument in arguments:
        paths = list(_named(argument, choice))
        if not paths:
            raise NothingThere(f"{argument}: no files in it (hidden ones are left out without --hidden)")
        found.update(dict.fromkeys(paths))
    return list(found)


def _named(argument: str, choice: Choice) -> Iterator[Path]:
    path = Path(argument).expanduser()
    if path.is_dir():
        yield from _inside(path, choice, frozenset())
    elif path.exists():
        yield _sendable(path)
    else:
        yield from _matches(argument, path, choice)


def _matches(argument: str, path: Path, choice: Choice) -> Iterator[Path]:
    """A shell without globs (cmd, PowerShell) hands over the pattern."""
    matches = sorted(glob.glob(str(path), recursive=True)) if glob.has_magic(argument) else []  # noqa: PTH207
    if not matches:
        raise NothingThere(f"{argument}: there is no such file or folder")
    for match in _without_circles(map(Path, matches), choice):
        yield from [match] if match.is_file() else _inside(match, choice, frozenset())


def _without_circles(matches: Iterable[Path], choice: Choice) -> Iterator[Path]:
    """`**` follows every link, round and round."""
    seen = set[Path]()
    for match in matches:
        place = match.parent.resolve() / match.name
        if place not in seen and (choice.links or not any(above.is_symlink() for above in match.parents)):
            seen.add(place)
            yield match


def _sendable(path: Path) -> Path:
    """A pipe such as `<(command)` has no size to see: it goes through `-`."""
    if not path.is_file():
        raise NothingThere(f"{path}: not a regular file; send a pipe by `- --name NAME`")
    return path


def _inside(folder: Path, choice: Choice, above: frozenset[Path]) -> Iterator[Path]:
    """All files below; a linked folder that leads back to one above it is entered once."""
    place = folder.resolve()
    if place in above:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise NothingThere(f"{folder}: {error.strerror or error}") from error
    for entry in entries:
        if (entry.name.startswith(".") and not choice.hidden) or (entry.is_symlink() and not choice.links):
            continue
        if entry.is_dir():
            yield from _inside(folder / entry.name, choice, above | {place})
        elif entry.is_file():
            yield folder / entry.name
