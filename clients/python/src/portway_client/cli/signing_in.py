"""`portway login` and `portway logout`."""

from __future__ import annotations

import sys

import click

from portway_client.cli import options, words
from portway_client.cli.credentials import Credential, is_private
from portway_client.cli.exits import Exit
from portway_client.cli.jwt import Claims
from portway_client.cli.session import Session

SCOPE = "openid offline_access"


@click.command()
@click.option("--issuer", metavar="URL", help="Log in there by a browser, on this or another device (RFC 8628).")
@click.option("--client-id", help="This program's name there; needed with --issuer.")
@click.option("--scope", default=SCOPE, show_default=True)
@click.option("--audience", help="For servers that want to know who the token is for.")
@options.everywhere
@options.in_session
def login(session: Session, issuer: str | None, client_id: str | None, scope: str, audience: str | None) -> Exit:
    """Keep a token for a backend, and use that backend from now on.

    Without --issuer it is asked for (hidden), or read from standard input if that is no terminal. It is kept in your
    configuration folder, readable for you only.
    """
    endpoint = session.endpoint()
    if not is_private(endpoint):
        raise click.UsageError(f"A token does not go to {endpoint} in the clear: use https.")
    if issuer and not client_id:
        raise click.UsageError("--issuer needs --client-id.")
    extra = {"scope": scope, **({"audience": audience} if audience else {})}
    credential = by_device(session, issuer, client_id or "", extra) if issuer else pasted()
    session.credentials.put(endpoint, credential, default=True)
    until = f" until {words.instant(credential.expires_at)}" if credential.expires_at else ""
    renewed = ", renewed by itself" if credential.refresh_token else ""
    click.echo(f"Logged in to {endpoint}{until}{renewed}.", err=True)
    return Exit.DONE


def pasted() -> Credential:
    """Its end is read out of it, if it can be read."""
    text = click.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    token = text.strip().removeprefix("Bearer ").strip()
    if not token or not token.isascii() or any(letter.isspace() for letter in token):
        raise click.UsageError("That is no token.")
    return Credential(token, Claims.of(token).expires_at)


def by_device(session: Session, issuer: str, client_id: str, extra: dict[str, str]) -> Credential:
    if not is_private(issuer):
        raise click.UsageError(f"{issuer} is not safe to log in to: use https.")
    server = session.oauth()
    provider = server.discover(issuer)
    code = server.begin(provider, client_id, extra)
    where = words.printable(code.whole_address or code.address)
    click.echo(f"Open {where}\nand confirm the code {words.printable(code.user_code)}", err=True)
    return server.wait(provider, client_id, code, session.outside.sleep)


@click.command()
@options.everywhere
@options.in_session
def logout(session: Session) -> Exit:
    """Forget the token of a backend on this machine. It stays good until it ends."""
    endpoint = session.endpoint()
    was_there = session.credentials.remove(endpoint)
    click.echo(f"Logged out of {endpoint}." if was_there else f"There was no login for {endpoint}.", err=True)
    return Exit.DONE
