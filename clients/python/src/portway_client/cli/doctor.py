"""`portway doctor`: what stands between this machine and a published file."""

from __future__ import annotations

import contextlib

import click

from portway_client.cli import options
from portway_client.cli.checks import Level, Visit, checkup
from portway_client.cli.exits import Exit
from portway_client.cli.session import Session

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
EXITS = {
    "name": Exit.UNAVAILABLE,
    "connection": Exit.UNAVAILABLE,
    "TLS": Exit.UNAVAILABLE,
    "token": Exit.NOT_AUTHORISED,
    "accepted": Exit.NOT_AUTHORISED,
}
"""By the first check that failed; others are FAILED."""


@click.command()
@click.option("--origin", metavar="URL", help="Also: may web pages of this origin, such as https://app.example.com?")
@click.option("--category", help="For the test upload, where the policy wants one.")
@options.everywhere
@options.in_session
def doctor(session: Session, origin: str | None, category: str | None) -> Exit:
    """Say what is wrong between here and the backend.

    Checks name, connection, TLS, token, clock, storage, and what web pages may. A small upload is created, sent and
    cancelled; nothing is left.
    """
    endpoint = session.endpoint()
    failed = []
    with contextlib.closing(session.outside.transport()) as transport:
        for line in checkup(Visit(session, transport, endpoint, origin and origin.rstrip("/"), category)):
            level = click.style(f"{line.level:<4}", fg=COLOURS[line.level])
            click.echo(f"{level}  {line.check:<12}  {line.words}")
            if line.advice:
                click.echo(f"{'':<20}→ {line.advice}")
            if line.level is Level.FAIL:
                failed.append(line.check)
    return EXITS.get(failed[0], Exit.FAILED) if failed else Exit.DONE
