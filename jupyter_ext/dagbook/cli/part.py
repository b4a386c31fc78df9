"""`dagbook part …`: a part of a run that another scheduler runs. What compiled pipelines call."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import click

from dagbook.cli.choices import file_argument
from dagbook.errors import Exit, PartExit
from dagbook.run.events import CellStarted, Event, OutputSeen, StepWarned, TrackingLost
from dagbook.run.state import BAD, GOOD, RunState, StepState


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """FILE, --key, --scheduler, --digest, -p."""
    for option in reversed(
        [
            file_argument,
            click.option("--key", required=True, help="The scheduler's name of the run."),
            click.option("--scheduler", required=True, help="Who runs the run: airflow, luigi, kubeflow."),
            click.option("--digest", default="", help="Of the pipeline that was compiled."),
            click.option(
                "-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter."
            ),
        ]
    ):
        command = option(command)
    return command


@click.group("part", hidden=True)
def command() -> None:
    """Do a part of a run that another scheduler runs."""


@command.command("begin")
@_options
def begin(**options: Any) -> None:
    """Begin the run, and print its id."""
    click.echo(_part(options)[0].state.run)


@command.command("step")
@_options
@click.argument("step")
@click.option("--every-attempt", is_flag=True, help="Try again here, as often as the pipeline says.")
@click.option("--last-ends", is_flag=True, help="End the run when nothing is left to do.")
@click.pass_context
def step(ctx: click.Context, /, step: str, *, every_attempt: bool, last_ends: bool, **options: Any) -> None:
    """Do one STEP of the run."""
    part, again = _part(options)
    _check(part, step)
    state = part.step(step, every_attempt=every_attempt)
    if last_ends:
        again().end(only_if_over=True)
    _say_end(state)
    ctx.exit(_code(state))


@command.command("expand")
@_options
@click.argument("step")
@click.pass_context
def expand(ctx: click.Context, /, step: str, **options: Any) -> None:
    """Find out what the `foreach` of STEP is over, and print how many elements there are."""
    part, _ = _part(options, quiet=True)
    _check(part, step)
    state = part.expand(step)
    click.echo(str(state.items or 0))
    if state.items is None:
        _say_end(state)
        ctx.exit(_code(state))


@command.command("gather")
@_options
@click.argument("step")
@click.option("--last-ends", is_flag=True, help="End the run when nothing is left to do.")
@click.pass_context
def gather(ctx: click.Context, /, step: str, *, last_ends: bool, **options: Any) -> None:
    """Say what the elements of STEP came to together."""
    part, again = _part(options)
    _check(part, step)
    state = part.gather(step)
    if last_ends:
        again().end(only_if_over=True)
    _say_end(state)
    ctx.exit(_code(state))


@command.command("end")
@_options
@click.pass_context
def end(ctx: click.Context, /, **options: Any) -> None:
    """End the run: hooks have their turn. The exit code is that of `dagbook run`."""
    from dagbook.api.run import exit_code

    state: RunState = _part(options)[0].end()
    click.echo(f"run {state.run} {state.state}")
    ctx.exit(exit_code(state))


def _part(options: dict[str, Any], *, quiet: bool = False) -> tuple[Any, Callable[[], Any]]:
    """A part, and how to get another one of the same run."""
    from dagbook.api.part import Appointment, Signals, take_part
    from dagbook.runners.node_command import die_with_parent

    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: told.append(received))
    die_with_parent()
    appointment = Appointment(**options)
    signals = Signals(is_to_end=lambda: bool(told), say=(lambda _: None) if quiet else _say)
    return take_part(appointment, signals), lambda: take_part(appointment, signals)


def _check(part: Any, step: str) -> None:
    from dagbook.api.part import check_step

    check_step(part, step)


def _say(event: Event) -> None:
    match event:
        case CellStarted(cell=cell, total=total):
            click.echo(f"cell {cell} of {total}")
        case OutputSeen(line=line):
            click.echo(line)
        case StepWarned(message=message):
            click.echo(f"warning: {message}", err=True)
        case TrackingLost(reason=reason):
            click.echo(f"warning: MLflow is away: {reason}", err=True)
        case _:
            pass


def _say_end(state: StepState) -> None:
    click.echo(f"{state.outline.step} {state.state}{f': {state.reason}' if state.reason else ''}")
    if state.error is not None:
        place = f" in cell {state.error.cell}" if state.error.cell else ""
        click.echo(f"{state.error.name}{place}: {state.error.value}", err=True)
        click.echo(state.error.traceback or state.error.remedy, err=True)


def _code(state: StepState) -> int:
    if state.state in GOOD or (state.items is not None and state.state == "running"):
        return Exit.OK
    if state.state == "skipped":
        return PartExit.SKIPPED if state.skipped_by == "condition" else PartExit.LEFT_OUT
    if state.state == "cancelled":
        return Exit.CANCELLED
    return Exit.FAILED if state.state in BAD else PartExit.AGAIN
