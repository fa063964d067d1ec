"""What is known of uploads that exist: `status`, `ls`, `cancel`, `retry`, `rm`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import click

from portway_client.cli import options, reports, words
from portway_client.cli.exits import Exit, exit_of_all
from portway_client.cli.session import Session
from portway_client.client import Client
from portway_client.errors import PortwayError
from portway_client.model import Status, Upload

WANTED = tuple(status.value for status in Status)
ids = click.argument("upload_id", nargs=-1, required=True, metavar="ID...")


def each(upload_ids: Iterable[str], act: Callable[[str], object]) -> Exit:
    """One after the other; what fails is told and the rest is done."""
    errors: list[PortwayError] = []
    for upload_id in upload_ids:
        try:
            act(upload_id)
        except PortwayError as error:
            errors.append(error)
            click.echo(f"portway: {reports.complaint(upload_id, error)}", err=True)
    return exit_of_all(errors)


@click.command()
@ids
@options.as_json
@click.option("--wait", is_flag=True, help="Until each is published; exit code 4 for what never will be.")
@options.everywhere
@options.in_session
def status(session: Session, upload_id: tuple[str, ...], as_json: bool, wait: bool) -> Exit:
    """Say where uploads stand, and what inspection found."""
    with session.client() as client:

        def tell(each_id: str) -> None:
            if wait:
                client.wait(each_id)
            found = client.status(each_id)
            click.echo(reports.dumped(status_fields(found)) if as_json else status_text(found))

        return each(upload_id, tell)


def status_fields(upload: Upload) -> dict[str, Any]:
    found = [{"code": each.code, "severity": each.severity, "words": each.words} for each in upload.findings]
    more = ("bytes_stored", "percentage", "part_size", "part_count", "missing", "expires_at", "checksum", "risk")
    named = {name: getattr(upload, name) for name in more}
    return {**reports.upload_fields(upload), **named, "metadata": dict(upload.metadata), "findings": found}


def status_text(upload: Upload) -> str:
    """Some lines: what it is, how far it is, what was found."""
    removed = f", removed {words.moment(upload.removed_at)}" if upload.removed_at else ""
    reason = f" ({upload.reason})" if upload.reason else removed
    rows = [f"{upload.id}  {upload.status}{reason}", f"  {upload.name}, {upload.content_type}, {upload.category}"]
    percentage = f", {upload.percentage:.0f} %" if upload.percentage is not None else ""
    rows.append(f"  {words.size(upload.bytes_stored)} of {words.size(upload.size)} stored{percentage}")
    missing = sum(last - first + 1 for first, last in upload.missing)
    if missing and upload.status.is_open:
        until = f", until {words.moment(upload.expires_at)}" if upload.expires_at else ""
        rows.append(f"  {words.count(missing, 'part')} missing{until}")
    rows += [f"  {finding.severity}: {finding.words} ({finding.code})" for finding in upload.findings]
    return "\n".join(map(words.printable, rows))


@click.command()
@click.option("--status", "wanted", type=click.Choice(list(WANTED)), metavar="WORD", help=f"Only: {', '.join(WANTED)}.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many, the newest.")
@options.as_json
@options.everywhere
@options.in_session
def ls(session: Session, wanted: str | None, limit: int | None, as_json: bool) -> Exit:
    """List your uploads, the newest first."""
    with session.client() as client:
        for upload in islice(client.uploads(wanted), limit):
            click.echo(reports.dumped(reports.upload_fields(upload)) if as_json else row(upload))
    return Exit.DONE


def row(upload: Upload) -> str:
    """`FYH…  completed    5.1 GB  2026-11-20 20:14  film.mov`."""
    at, size = words.moment(upload.created_at), words.size(upload.size)
    state = "removed" if upload.removed_at else upload.status
    return words.printable(f"{upload.id}  {state:<11}  {size:>8}  {at}  {upload.name}")


def _command(name: str, act: Callable[[Client, str], object], said: str, about: str) -> click.Command:
    """A command that does one thing with each id and says so."""

    @click.command(name, help=about)
    @ids
    @options.everywhere
    @options.in_session
    def command(session: Session, upload_id: tuple[str, ...]) -> Exit:
        with session.client() as client:

            def do(each_id: str) -> None:
                act(client, each_id)
                click.echo(f"{each_id}  {said}")

            return each(upload_id, do)

    return command


cancel = _command("cancel", Client.cancel, "cancelled", "Give uploads up; what was sent of them is forgotten.")
retry = _command("retry", Client.retry, "processing", "Have files that could not be processed processed again.")
rm = _command("rm", Client.delete, "deleted", "Delete published files. There is no way back.")
