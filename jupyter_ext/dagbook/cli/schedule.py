"""`dagbook schedule list|add|remove|run`: pipelines that run by the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from dagbook.api.params import split_assignments
from dagbook.cli.choices import file_argument
from dagbook.cli.progress import follow
from dagbook.cli.screen import console, json_option, print_json


@click.group("schedule", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Run pipelines by the clock. `dagbook scheduler`, or JupyterLab's server, fires them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=as_json)


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Show the project's schedules: when each is next, what it did last, and how it drifted."""
    api = _api()
    found = api.schedules(Path())
    scheduler = api.scheduler_state(Path())
    if as_json:
        print_json({"schedules": found, "scheduler": scheduler})
        return
    if not found:
        console.print("No schedules yet. Add one with `dagbook schedule add FILE`.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("schedule", "cron", "timezone", "next (UTC)", "last (UTC)", "last run"):
        table.add_column(column, no_wrap=True)
    for entry in found:
        table.add_row(
            entry["schedule"], entry["cron"] or "", entry["timezone"], _minute(entry["next"]),
            _minute(entry["last"]), entry["run"] or "",
        )  # fmt: skip
    console.print(table)
    for entry in found:
        for line, style in _remarks(entry):
            console.print(Text(f"{entry['schedule']}: {line}", style), soft_wrap=True)
    if not scheduler["running"]:
        console.print(Text("Nobody fires them now. Fix: dagbook scheduler", "yellow"))


@command.command("add")
@file_argument
@click.option("--name", help="Name of the schedule; the pipeline's otherwise.")
@click.option("--cron", help="Minute, hour, day, month, weekday; the file's `on.schedule` otherwise.")
@click.option("--timezone", default="UTC", show_default=True, help="That --cron is read in.")
@click.option(
    "--missed",
    type=click.Choice(["run-once", "skip", "run-all"]),
    default="run-once",
    show_default=True,
    help="What becomes of firings that nobody was there for.",
)
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter.")
@click.option("--jobs", type=click.IntRange(1, 512), help="How many steps may run at once.")
@click.option(
    "--pin", is_flag=False, flag_value="HEAD", metavar="COMMIT", help="Run this git commit, not the file."
)
@json_option
def add(file: Path, *, params: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Run the pipeline in FILE by the clock."""
    api = _api()
    added = api.add_schedule(file, params=split_assignments(params), **options)
    if as_json:
        print_json(added)
        return
    console.print(f"Added [bold]{added['schedule']}[/]; next {_minute(added['next'])} UTC")
    if not api.scheduler_state(Path(added["file"]))["running"]:
        console.print(Text("Nobody fires schedules now. Fix: dagbook scheduler", "yellow"))


@command.command("remove")
@click.argument("name")
@json_option
def remove(name: str, *, as_json: bool) -> None:
    """Forget the schedule NAME; its runs stay."""
    _api().remove_schedule(name, Path())
    if as_json:
        print_json({"removed": name})
    else:
        console.print(f"Removed [bold]{name}[/]")


@command.command("pause")
@click.argument("name")
@json_option
def pause(name: str, *, as_json: bool) -> None:
    """Have the schedule NAME bring no runs until it is resumed."""
    changed = _api().pause_schedule(name, Path())
    if as_json:
        print_json(changed)
    else:
        console.print(f"Paused [bold]{name}[/]; dagbook schedule resume {name} has it go on")


@command.command("resume")
@click.argument("name")
@json_option
def resume(name: str, *, as_json: bool) -> None:
    """Have the schedule NAME bring runs again; what fell into the pause is not made up for."""
    changed = _api().resume_schedule(name, Path())
    if as_json:
        print_json(changed)
    else:
        console.print(f"Resumed [bold]{name}[/]; next {_minute(changed['next'])} UTC")


@command.command("run")
@click.argument("name")
@json_option
def run(name: str, *, as_json: bool) -> None:
    """Run what the schedule NAME would, now, and follow it."""
    started = _api().run_schedule(name, Path())
    state = follow(started, live=not as_json)
    if as_json:
        print_json(started.show())
    from dagbook.api.run import exit_code

    click.get_current_context().exit(exit_code(state))


def _api() -> Any:
    from dagbook.api import schedules  # cron and all that runs need: not for `--help`

    return schedules


def _minute(instant: str | None) -> str:
    return instant[:16].replace("T", " ") if instant else ""


def _remarks(entry: dict[str, Any]) -> list[tuple[str, str]]:
    said = []
    if entry["paused"]:
        said.append((f"paused; dagbook schedule resume {entry['schedule']} has it go on", "yellow"))
    if entry["pin"]:
        said.append((f"pinned to commit {entry['pin'][:10]}", "dim"))
    if entry["drift"]:
        shown, more = entry["drift"][:5], len(entry["drift"]) - 5
        said.append((f"drift: {', '.join(shown)}" + (f" and {more} more" if more > 0 else ""), "yellow"))
    if entry["missed_firings"]:
        said.append((f"{entry['missed_firings']} firings were missed", "yellow"))
    if entry["problem"]:
        said.append((f"the last firing brought no run: {entry['problem']}", "red"))
    return said
