"""`dagbook demo`: the digits example, run before your eyes."""

from __future__ import annotations

import os
import shutil
import site
import sys
from pathlib import Path

import click

from dagbook.bootstrap import settings
from dagbook.cli.choices import prepare
from dagbook.cli.run import execute
from dagbook.cli.screen import console, json_option
from dagbook.errors import Exit, Finding, InvalidInput

_FILE = "digits.pipeline.yaml"


@click.command("demo")
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Run the digits example: prepare, train six models side by side, pick the best, report."""
    folder = _example()
    file = Path(os.path.relpath(folder / _FILE))
    if not as_json:
        console.print(f"[bold]{file}[/]  (real data: scikit-learn's handwritten digits)\n")
    prepared = prepare(file, params=(), params_file=None, only=(), start=(), no_cache=False, jobs=None)
    code = execute(prepared, as_json=as_json)
    if code is Exit.OK and not as_json:
        _say_what_next(file)
    ctx.exit(code)


def _say_what_next(file: Path) -> None:
    dagbook, jupyter, mlflow = (_as_typed(name) for name in ("dagbook", "jupyter", "mlflow"))
    store = os.path.relpath(settings(file).state / "mlflow.db")
    console.print("\nLook at it:")
    for line, why in (
        (f"{dagbook} show", "steps, outputs and where everything is"),
        (f"{dagbook} plan {file}", "nothing would run again; change a cell and see why something would"),
        (f"{dagbook} run {file} -p rows=500", "the same with another parameter"),
        (f"{jupyter} lab {file.parent}", "the Dagbook panel on the left shows runs live"),
        (f"{mlflow} ui --backend-store-uri sqlite:///{store}", "every parameter and metric"),
    ):
        console.print(f"  {line}", style="bold", highlight=False, soft_wrap=True)
        console.print(f"      {why}", style="dim")


def _as_typed(name: str) -> str:
    """A command of our environment as it can be typed from here, also when the environment is not active."""
    script = Path(sys.executable).parent / name
    relative = os.path.relpath(script)
    return relative if script.exists() and not relative.startswith("..") else name


def _example() -> Path:
    """The example in the checkout we are part of, or a copy of the installed one in the current folder."""
    checkout = Path(__file__).resolve().parents[3] / "examples" / "digits"
    if (checkout / _FILE).exists():
        return checkout
    places = [Path(place) / "share/dagbook/examples/digits" for place in (sys.prefix, site.getuserbase())]
    installed = next((place for place in places if (place / _FILE).exists()), None)
    if installed is None:
        raise InvalidInput(
            Finding(
                code="no-example",
                message="the example was not installed with this Dagbook",
                remedy="reinstall dagbook",
            )
        )
    copy = Path("dagbook-demo")
    if not (copy / _FILE).exists():
        shutil.copytree(installed, copy, dirs_exist_ok=True)
    return copy.resolve()
