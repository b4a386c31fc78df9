"""`dagbook completion SHELL`: what makes Tab complete commands, options and files."""

from __future__ import annotations

import click

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what SHELL has to read to complete `dagbook …`: bash, zsh or fish.

    For bash: add `eval "$(dagbook completion bash)"` to ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "click knows the shells that it offers"
    root = ctx.find_root()
    click.echo(kind(root.command, {}, "dagbook", "_DAGBOOK_COMPLETE").source())
