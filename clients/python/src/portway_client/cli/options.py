"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from portway_client.cli import words
from portway_client.cli.session import Session

Command = TypeVar("Command", bound=Callable[..., Any])
in_session = click.make_pass_decorator(Session)


class SizeType(click.ParamType[int]):
    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else words.parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def metadata(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """`key=value` each; the value may hold further `=`."""
    pairs = [pair.partition("=") for pair in given]
    if wrong := [key for key, equals, _ in pairs if not key or not equals]:
        raise click.BadParameter(f"write it as key=value, not {wrong[0]!r}", ctx, param)
    return {key: value for key, _, value in pairs}


def _endpoint(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.ensure_object(Session).wanted = value


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Session).debug = True


def everywhere(command: Command) -> Command:
    """--endpoint and --debug may stand before the command's name and after it."""
    debug = click.option(
        "--debug", is_flag=True, expose_value=False, callback=_debug, help="Show where an error arose."
    )
    endpoint = click.option(
        "--endpoint", metavar="URL", expose_value=False, callback=_endpoint, help="The backend's address."
    )
    return endpoint(debug(command))


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
no_progress = click.option("--no-progress", is_flag=True, help="No bars, also on a terminal.")


def transfers(command: Command) -> Command:
    """Options of whatever sends files."""
    for option in (
        no_progress,
        as_json,
        click.option("--no-wait", is_flag=True, help="Done once everything is sent; do not wait for the inspection."),
        click.option(
            "--offline-seconds", type=click.FloatRange(min=0), help="Give up after so long without a network."
        ),
        click.option(
            "--retries", type=click.IntRange(min=0), default=3, show_default=True, help="In a row, for each request."
        ),
        click.option("--files", type=click.IntRange(1, 256), default=16, show_default=True, help="Files at once."),
        click.option(
            "--parallel", type=click.IntRange(1, 256), default=16, show_default=True, help="Requests to S3 at once."
        ),
    ):
        command = option(command)
    return command
