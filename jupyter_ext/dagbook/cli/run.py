"""`dagbook run FILE`: start a run and follow it. The run outlives this command; Ctrl-C asks it to end."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType
from typing import Any

import click

from dagbook.api.packages.opening import is_package, no_package, open_package
from dagbook.api.planning import Prepared
from dagbook.api.run import Run, exit_code, start
from dagbook.cli.choices import file_argument, prepare, run_options
from dagbook.cli.progress import follow
from dagbook.cli.screen import console, errors, json_option, print_findings, print_json
from dagbook.errors import EnvironmentFault, Exit, Finding


@click.command("run")
@file_argument
@run_options
@click.option(
    "--same-environment", is_flag=True, help="Of a package: take this Python and its packages; make none."
)
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Of a package in a ZIP file: unpack it there.  [default: a folder of its name]",
)  # fmt: skip
@click.option("--detach", is_flag=True, help="Start it and come back at once.")
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML for CI there."
)
@json_option
@click.pass_context
def command(  # noqa: PLR0913  # each is an option
    ctx: click.Context,
    /,
    file: Path,
    *,
    same_environment: bool,
    into: Path | None,
    detach: bool,
    junit: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Run the pipeline in FILE, or the notebook FILE alone, or what `dagbook package` made.

    Steps run in parallel as their inputs are there; what is unchanged is reused. The run belongs to a process
    of its own: closing this terminal harms nothing, and Ctrl-C cancels it in order.
    """
    if is_package(file):
        opened = open_package(file, same_environment=same_environment, into=into, look=_say)
        print_findings(opened.notes)
        file, options["lock"] = opened.file, opened.lock
    elif same_environment or into is not None:
        raise no_package(file)
    prepared = prepare(file, **options)
    run = start(prepared)
    code = follow_run(run, detach=detach, as_json=as_json)
    if junit is not None and not detach:
        from dagbook.api.checks import write_junit

        write_junit(run, junit)
    ctx.exit(code)


def _say(sentence: str) -> None:
    errors.print(sentence, style="dim")


def execute(prepared: Prepared, *, detach: bool = False, as_json: bool = False) -> Exit:
    """Start what was prepared, and follow it unless `detach`; the exit code of the command."""
    return follow_run(start(prepared), detach=detach, as_json=as_json)


def follow_run(run: Run, *, detach: bool, as_json: bool) -> Exit:
    """Follow a run whose driver was just started, unless `detach`; the exit code of the command."""
    if detach:
        if not run.has_begun():
            return _driver_died(run)
        if as_json:
            print_json({"run": run.id, "folder": str(run.folder)})
        else:
            console.print(f"{run.id}\nFollow it:  dagbook show {run.id} --watch", highlight=False)
        return Exit.OK
    with _Interrupts(run):
        state = follow(run, live=not as_json)
    if state.state in {"running", "interrupted"} or run.driver_code == Exit.BUSY:
        return _driver_died(run)
    if as_json:
        print_json(run.show())
    return exit_code(state)


class _Interrupts:
    """Ctrl-C and SIGTERM while following: the first asks the run to end, the second ends it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._asked_to_end)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _asked_to_end(self, number: int, _frame: FrameType | None) -> None:
        if self._asked:
            self._run.kill()
            raise SystemExit(Exit.SIGINT if number == signal.SIGINT else Exit.SIGTERM)
        self._asked = True
        self._run.cancel(by=signal.Signals(number).name)
        errors.print("\nCancelling; steps are being ended in order (again to kill them) …", style="yellow")


def _driver_died(run: Run) -> Exit:
    said = run.driver_said()
    last = said.splitlines()[-1] if said else "it left no word"
    if run.driver_code in {Exit.ENVIRONMENT, Exit.BUSY}:
        errors.print(last, markup=False)
        return Exit(run.driver_code)
    raise EnvironmentFault(
        Finding(
            code="driver-died",
            message=f"the driver of run {run.id} died (code {run.driver_code}): {last}",
            remedy=f"`dagbook resume {run.id}` goes on with it; in a new run finished steps are reused",
            file=str(run.folder),
        )
    )
