"""`portway get`: published files, to a folder, a file or stdout."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

import click

from portway_client.cli import options, words
from portway_client.cli.exits import Exit
from portway_client.cli.screen import Screen
from portway_client.cli.session import Session
from portway_client.cli.uploads import each, ids
from portway_client.client import Client
from portway_client.errors import PortwayError
from portway_client.model import Progress

STDOUT = "-"


class InTheWay(PortwayError):
    code = "file_exists"
    advice = "--force replaces it."


@click.command()
@ids
@click.option(
    "-o", "--output", default=".", metavar="FILE|DIR|-", help="Where to; `-` is stdout. Default: here, by its name."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@options.no_progress
@options.everywhere
@options.in_session
def get(session: Session, upload_id: tuple[str, ...], output: str, force: bool, no_progress: bool) -> Exit:
    """Fetch published files. Each appears under its name once it is whole and its checksum is right."""
    if len(upload_id) > 1 and output != STDOUT and not Path(output).is_dir():
        raise click.UsageError(f"{output} is not a folder; several files need one.")
    screen = Screen(bars=not no_progress and output != STDOUT)
    told: dict[str, Progress] = {}
    with session.client() as client, screen.progress(len(upload_id), None, lambda: list(told.items())):

        def fetch(file_id: str) -> None:
            if output == STDOUT:
                client.download(file_id, sys.stdout.buffer)
                return
            target = place(client, file_id, Path(output), force=force)
            file = client.download(file_id, target, on_progress=partial(told.__setitem__, str(target)))
            told.clear()
            screen.fetched(file.size, f"{file_id}  {words.size(file.size)}  {target}")

        return each(upload_id, fetch)


def place(client: Client, file_id: str, output: Path, *, force: bool) -> Path:
    """The file to write. Raises InTheWay rather than replace one."""
    target = output / base_name(client.file(file_id).name) if output.is_dir() else output
    if target.exists() and not force:
        raise InTheWay(f"{words.path_text(target)} is there already.", upload_id=file_id)
    return target


def base_name(name: str) -> str:
    """What of the server's word may be a file here: no way out of the folder on any system."""
    found = PureWindowsPath(PurePosixPath(name).name).name
    return "file" if found in ("", ".", "..") else words.printable(found)
