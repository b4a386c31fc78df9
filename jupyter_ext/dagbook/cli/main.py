"""The `dagbook` command: finds the command's file when it is used, and makes every error a message."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import click

from dagbook.errors import DagbookError, Exit
from dagbook.version import __version__

# Name → module and sentence. Modules are imported on use: `dagbook --help` must not cost a second.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "new": ("new", "Make a project that runs, to begin from."),
    "init": ("init", "Write a pipeline file for a folder of notebooks."),
    "import": ("importing", "Make a pipeline of one of Ploomber's, Elyra's or MLflow's."),
    "validate": ("validate", "Say everything that is wrong with a pipeline, at once."),
    "plan": ("plan", "Show what a run would do, and why."),
    "run": ("run", "Run a pipeline, or a notebook alone."),
    "check": ("check", "Run a pipeline for its gates: what its %%check cells come to."),
    "runs": ("runs", "List runs, newest first."),
    "show": ("show", "Show a run; the newest unless one is named."),
    "history": ("history", "Show how each node came out in the newest runs of a pipeline."),
    "logs": ("logs", "Show what a step printed."),
    "compare": ("compare", "Say what differs between two runs."),
    "reproduce": ("reproduce", "Do a run again from what it kept, and say whether it came to the same."),
    "report": ("report", "Write a run as one page of HTML that can be mailed."),
    "models": ("models", "Registered models: list, show, register, promote."),
    "serve": ("serve", "Serve a registered model over HTTP."),
    "deploy": ("deploy", "Deploy a registered model to SageMaker, or where a plug-in of MLflow does."),
    "graph": ("graph", "Draw a pipeline as text, Mermaid, DOT or SVG."),
    "package": ("package", "Make a package of a pipeline, to be run elsewhere; an MLflow Project too."),
    "compile": ("compile", "Write a pipeline for another scheduler: Argo, …"),
    "submit": ("submit", "Have another scheduler's server run a pipeline, and follow it: Argo."),
    "approve": ("approve", "Answer for a step that waits for a person."),
    "cancel": ("cancel", "End a run that is going on."),
    "resume": ("resume", "Do what a run has not finished."),
    "retry": ("retry", "Do again what failed in a run, or a step of it."),
    "attach": ("attach", "Say where to go on with a step that failed, whose kernel was kept."),
    "continue": ("continuing", "Go on with a run from a step that was finished by hand."),
    "release": ("release", "Let the kept kernel of a step go: it fails."),
    "open": ("open", "Copy a step's notebook with the inputs that a run gave it, to work on."),
    "rm": ("rm", "Remove runs for good."),
    "gc": ("gc", "Tidy up: old runs, and results that nobody needs."),
    "sync": ("sync", "Send what notebooks logged while MLflow was away."),
    "schedule": ("schedule", "Run pipelines by the clock: list, add, remove, run."),
    "scheduler": ("scheduler", "Fire the project's schedules."),
    "schema": ("schema", "Print a JSON Schema: of pipeline files, or of what a command answers."),
    "explain": ("explain", "Say what the code of an error means."),
    "doctor": ("doctor", "Check what is installed, what can be reached, and what is wrong."),
    "demo": ("demo", "Run the digits example."),
    "completion": ("completion", "Make Tab complete commands and options: bash, zsh, fish."),
    "node": ("node", "Run one node from a request file (what executors call)."),
    "part": ("part", "Do a part of a run that another scheduler runs (what compiled pipelines call)."),
    "drive": ("drive", "Drive a prepared run folder (what `run` starts)."),
    "send": ("send", "Deliver what kernels logged (what `%load_ext dagbook` starts)."),
}
HIDDEN: Final = frozenset({"node", "part", "drive", "send"})


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The commands for people, in the order of a first day."""
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command, imported."""
        if name not in COMMANDS:
            return None
        module = import_module(f"dagbook.cli.{COMMANDS[name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and sentences, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in COMMANDS if name not in HIDDEN])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command named for one that does not exist."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from dagbook.errors import did_you_mean

            raise click.UsageError(
                f"there is no command '{args[0]}'; {did_you_mean(args[0], self.list_commands(ctx))}", ctx
            ) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it raises becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except DagbookError as error:
            from dagbook.cli.screen import print_error

            print_error(error, as_json="--json" in sys.argv)
            ctx.exit(error.exit_code)
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except BrokenPipeError:
            # `dagbook runs | head`: nothing is wrong.
            sys.stderr.close()
            ctx.exit(Exit.OK)
        except Exception:  # noqa: BLE001  # the last line before a traceback in a user's face
            _report_bug()
            ctx.exit(Exit.BUG)


def _report_bug() -> None:
    with NamedTemporaryFile("w", prefix="dagbook-report-", suffix=".txt", delete=False) as file:
        file.write(f"dagbook {__version__}\npython {sys.version}\n{' '.join(sys.argv)}\n\n")
        file.write(traceback.format_exc())
    reason = traceback.format_exception_only(*sys.exc_info()[:2])[-1].strip()
    click.echo(
        f"This is a bug of Dagbook, not yours: {reason}\nFix: please send us the report {Path(file.name)}",
        err=True,
    )


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="dagbook")
def main() -> None:
    """Tracked, orchestrated Jupyter notebooks.

    Begin with `dagbook demo`, or with `dagbook init FOLDER` for notebooks of your own.
    """
