"""`dagbook doctor`: what is installed, what can be reached, what is wrong."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from dagbook.api.doctor import examine
from dagbook.cli.screen import console, json_option, print_json
from dagbook.errors import Exit

_LOOKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@click.command("doctor")
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Check everything that a run needs. Exit code 3 if something is missing."""
    checks = list(examine(Path()))
    if as_json:
        print_json([check.to_json() for check in checks])
    else:
        for check in checks:
            icon, style = _LOOKS[check.state]
            console.print(
                Text.assemble((f"{icon} ", style), (f"{check.name:<15}", "bold"), check.message),
                soft_wrap=True,
            )
            if check.remedy:
                console.print(Text(f"  {'':<15}Fix: {check.remedy}"), soft_wrap=True)
    if any(check.state == "error" for check in checks):
        ctx.exit(Exit.ENVIRONMENT)
