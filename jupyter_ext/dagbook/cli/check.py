"""`dagbook check FILE`: the gates of a pipeline, on inputs as small as the parameters make them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from dagbook.cli.choices import file_argument, prepare, run_options
from dagbook.cli.screen import console, json_option, print_json
from dagbook.errors import Exit


@click.command("check")
@file_argument
@run_options
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML for CI there."
)
@json_option
@click.pass_context
def command(ctx: click.Context, /, file: Path, *, junit: Path | None, as_json: bool, **options: Any) -> None:
    """Run FILE, reusing nothing, and say what its %%check cells came to.

    Exit code 1 when a check of severity `error` does not hold, or a step fails.
    """
    from dagbook.api.checks import checks_of, write_junit
    from dagbook.api.run import exit_code, start
    from dagbook.cli.progress import follow

    run = start(prepare(file, **{**options, "no_cache": True}))
    state = follow(run, live=not as_json)
    found = checks_of(run)
    if junit is not None:
        write_junit(run, junit)
    held = sum(check.result.passed for check in found)
    if as_json:
        print_json({"run": run.id, "state": state.state, "checks": [check.to_json() for check in found]})
    else:
        console.print()
        for check in found:
            sign, colour = ("✓", "green") if check.result.passed else ("✗", "red")
            if not check.result.passed and check.result.severity == "warn":
                sign, colour = "!", "yellow"
            said = f"  {check.result.message}" if check.result.message else ""
            console.print(Text(f"{sign} {check.step}: {check.result.name}{said}", colour), soft_wrap=True)
        console.print(f"{held} of {len(found)} checks hold" if found else "No notebook has a %%check cell.")
    code = exit_code(state)
    wrong = any(not one.result.passed and one.result.severity == "error" for one in found)
    ctx.exit(Exit.FAILED if wrong and code == Exit.OK else code)
