"""The command as a whole: its parts in the order of a first day with it, and how each run ends."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import click

from portway_client.cli import options, reports, words
from portway_client.cli.completion import completion
from portway_client.cli.doctor import doctor
from portway_client.cli.download import get
from portway_client.cli.exits import MEANINGS, Exit, exit_code
from portway_client.cli.session import Outside, Session
from portway_client.cli.signing_in import login, logout
from portway_client.cli.upload import resume, upload
from portway_client.cli.uploads import cancel, ls, retry, rm, status
from portway_client.errors import PortwayError

ENVIRONMENT = {
    "PORTWAY_ENDPOINT": "the backend's address, before the last login's",
    "PORTWAY_TOKEN": "the bearer token",
    "PORTWAY_TOKEN_COMMAND": "a command whose first line of output is the token",
    "NO_COLOR, COLUMNS": "as everywhere",
}
COMMANDS = (login, upload, resume, status, ls, get, cancel, retry, rm, doctor, logout, completion)


class InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _table(title: str, rows: dict[str, str]) -> str:
    """Click leaves a paragraph that begins with \\b as it is."""
    wide = max(map(len, rows))
    return "\n".join(["\b", title, *(f"  {name:<{wide}}  {text}" for name, text in rows.items())])


EPILOG = "\n\n".join(
    [
        _table("Exit codes:", {str(int(code)): meaning for code, meaning in MEANINGS.items()}),
        _table("Environment:", ENVIRONMENT),
    ]
)


def _version() -> str:
    try:
        return version("portway-client")
    except PackageNotFoundError:
        return "0 (not installed)"


@click.group("portway", cls=InOrder, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), message="%(prog)s %(version)s")
@options.everywhere
def portway() -> None:
    """Send files of any size to a Portway backend, and look after them.

    \b
      portway login --endpoint https://uploads.example.com
      portway upload film.mov
    """


for _each in COMMANDS:
    portway.add_command(_each)


def run(arguments: Sequence[str] | None = None, outside: Outside | None = None) -> int:
    """One run; the exit code. Raises only SystemExit, when nobody reads its output to the end (`| head`)."""
    session = Session(outside or Outside())
    try:
        return int(portway.main(arguments, "portway", standalone_mode=False, obj=session) or 0)
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        return Exit.INTERRUPTED
    except PortwayError as error:
        _tell(session, error, reports.complaint("portway", error))
        return exit_code(error)
    except OSError as error:
        _tell(session, error, f"portway: {words.printable(str(error))}")
        return Exit.FAILED
    except Exception as error:
        _tell(session, error, f"portway: a mistake of this program: {words.scrubbed(repr(error))}. Please report it.")
        return Exit.FAILED


def _tell(session: Session, error: Exception, text: str) -> None:
    if session.debug:
        click.echo(words.trace(error), err=True)
    click.echo(text, err=True)
