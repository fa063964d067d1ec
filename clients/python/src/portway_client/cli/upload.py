"""`portway upload` and `portway resume`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from portway_client.cli import inputs, options
from portway_client.cli.exits import Exit
from portway_client.cli.pool import Job
from portway_client.cli.screen import Screen
from portway_client.cli.sending import send
from portway_client.cli.session import Session
from portway_client.client import Client
from portway_client.errors import NotResumable
from portway_client.state import Remembered

UPLOAD_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
STREAM = "-"
ONE_PUT = 16 << 20
"""Smaller files go in one piece: nothing is remembered of them."""


@click.command()
@click.argument("file", nargs=-1, required=True)
@click.option("--category", help="What the file is to the backend's policy; see there for the choices.")
@click.option(
    "--meta", multiple=True, metavar="KEY=VALUE", callback=options.metadata, help="Metadata, as often as needed."
)
@click.option("--name", help="Its name there, for a single file; needed for `-`.")
@click.option("--type", "content_type", metavar="TYPE", help="Content type; guessed by the name if not given.")
@click.option("--part-size", type=options.SizeType(), help="Such as 64MiB; chosen by the backend if not given.")
@click.option("--hidden", is_flag=True, help="Also hidden files of folders.")
@click.option("--follow-links", is_flag=True, help="Also what symbolic links in folders lead to.")
@options.transfers
@options.everywhere
@options.in_session
def upload(session: Session, /, file: tuple[str, ...], **chosen: Any) -> Exit:
    """Send files, and wait until they are published.

    FILE is a file, a folder (everything in it), a pattern, or `-` for standard input of any length. An upload that is
    interrupted is remembered: `portway resume` goes on with it.

    \b
      portway upload film.mov --category video --meta course=biology-1
      portway upload scans/ --files 16
      tar c scans | portway upload - --name scans.tar
    """
    about = {key: chosen[key] for key in ("category", "name", "content_type", "part_size")}
    about["metadata"] = chosen["meta"]
    about["wait"] = not chosen["no_wait"]
    if STREAM in file:
        _check_stream(file, chosen["name"])
        return _run(session, chosen, lambda client: [_stream_job(client, about)])
    try:
        paths = inputs.files(file, inputs.Choice(hidden=chosen["hidden"], links=chosen["follow_links"]))
    except inputs.NothingThere as error:
        raise click.UsageError(str(error)) from None
    if chosen["name"] and len(paths) > 1:
        raise click.UsageError("--name is for a single file.")
    return _run(session, chosen, lambda client: [_file_job(client, path, about) for path in paths])


def _check_stream(file: Sequence[str], name: str | None) -> None:
    if len(file) > 1:
        raise click.UsageError("`-` has to stand alone.")
    if sys.stdin is None:
        raise click.UsageError("Standard input is closed.")
    if not name:
        raise click.UsageError("Standard input has no name; give it one by --name.")


def _stream_job(client: Client, about: dict[str, Any]) -> Job:
    stream = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)  # who ends while it is read must not wait for its lock
    return Job(about["name"], None, lambda: client.start(stream, **about), can_resume=False)


def _file_job(client: Client, path: Path, about: dict[str, Any]) -> Job:
    size = _size(path)
    keeps = size is None or size > ONE_PUT
    return Job(str(path), size, lambda: client.start(path, **about), can_resume=keeps)


def _size(path: Path) -> int | None:
    """None if it went away meanwhile: the client says so in its turn."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _run(session: Session, chosen: dict[str, Any], jobs_of: Callable[[Client], Sequence[Job]]) -> Exit:
    screen = Screen(as_json=chosen["as_json"], bars=not chosen["no_progress"])
    settings = {key: chosen[key] for key in ("parallel", "retries", "offline_seconds")}
    with session.client(**settings) as client:
        return send(jobs_of(client), chosen["files"], screen)


@click.command()
@click.argument("what", nargs=-1, metavar="[FILE|ID]...")
@click.option(
    "--id", "upload_id", metavar="ID", help="The upload that FILE belongs to, when this machine does not know."
)
@options.transfers
@options.everywhere
@options.in_session
def resume(session: Session, /, what: tuple[str, ...], upload_id: str | None, **chosen: Any) -> Exit:
    """Go on with interrupted uploads.

    Of these files, or of all that this machine remembers.

    Only what S3 does not have is sent. A file that has changed since is refused. An upload that another machine began
    goes on by its id:

    \b
      portway resume
      portway resume film.mov
      portway resume film.mov --id FYH55TYKZB5KN8D9P9FMNM476E
    """
    if upload_id and len(what) != 1:
        raise click.UsageError("--id goes with one FILE.")
    wait = not chosen["no_wait"]
    known = {each.path: each for each in session.outside.state().all() if each.endpoint == session.endpoint()}
    found = [_meant(each, upload_id, known) for each in what] or [
        (path, each.upload_id) for path, each in known.items()
    ]
    if not found:
        click.echo("portway: nothing to go on with", err=True)
        return Exit.DONE
    return _run(session, chosen, lambda client: [_resumed(client, Path(path), of, wait) for path, of in found])


def _meant(argument: str, upload_id: str | None, known: Mapping[str, Remembered]) -> tuple[str, str | None]:
    """Path and id of what an argument names. Raises NotResumable for an id that nothing is remembered of."""
    if upload_id or Path(argument).exists() or not UPLOAD_ID.fullmatch(argument):
        return argument, upload_id
    for path, each in known.items():
        if each.upload_id == argument:
            return path, argument
    advice = f"Name its file, too: portway resume FILE --id {argument}"
    raise NotResumable("This machine remembers nothing of that upload.", upload_id=argument, advice=advice)


def _resumed(client: Client, path: Path, upload_id: str | None, wait: bool) -> Job:
    return Job(
        str(path),
        _size(path),
        lambda: client.start_resume(path, upload_id, wait=wait),
    )
