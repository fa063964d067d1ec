"""`portway completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from portway_client.cli.exits import Exit


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> Exit:
    """Print the completion for a shell.

    \b
      bash: eval "$(portway completion bash)"                       in ~/.bashrc
      zsh:  eval "$(portway completion zsh)"                        in ~/.zshrc
      fish: portway completion fish > ~/.config/fish/completions/portway.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, "portway", "_PORTWAY_COMPLETE").source())
    return Exit.DONE
