"""`dagbook show [RUN]`: one run, whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from dagbook.api.run import Run, find
from dagbook.cli.hook_text import hook_lines
from dagbook.cli.progress import failure_text, follow, kept_text, question_text
from dagbook.cli.screen import (
    console,
    json_option,
    print_json,
    seconds_text,
    since_text,
    state_text,
    value_text,
)
from dagbook.run.approval import is_unanswered
from dagbook.run.holding import is_held
from dagbook.run.state import BAD


@click.command("show")
@click.argument("run", required=False)
@click.option("--watch", is_flag=True, help="Follow it to its end.")
@json_option
def command(run: str | None, *, watch: bool, as_json: bool) -> None:
    """Show RUN (an id, the beginning of one, or the newest): steps, outputs, errors, where everything is."""
    found = find(run, Path())
    if watch and found.state.state == "running":
        follow(found, live=not as_json)
    if as_json:
        print_json(found.show())
        return
    _print_run(found)


def _print_run(run: Run) -> None:
    shown = run.show()
    console.print(
        Text.assemble(
            (f"{shown['pipeline']}  ", "bold"), state_text(shown["state"]),
            f"  {since_text(shown['started'])}, took {seconds_text(shown['seconds']) or 'so far unknown'}",
        )
    )  # fmt: skip
    for label, value in (
        ("run", shown["run"]),
        ("file", shown["file"]),
        (
            "schedule",
            f"{shown['schedule']}, due {shown['due'] or 'when asked'}" if shown["schedule"] else None,
        ),
        ("params", ", ".join(f"{name}={value_text(value)}" for name, value in shown["params"].items())),
        ("folder", shown["folder"]),
        ("tracking", shown["tracking_uri"]),
    ):
        if value:
            console.print(Text.assemble((f"{label:<9}", "dim"), str(value)), soft_wrap=True)
    console.print()
    console.print(_steps_table(shown["steps"]))
    if shown["damage"]:
        console.print(Text(f"warning: its journal is damaged: {shown['damage']}", "yellow"), soft_wrap=True)
    state = run.state
    for line in hook_lines(state):
        console.print(line)
    for step in state.steps.values():
        if is_unanswered(step):
            console.print(question_text(step, run.id))
        if is_held(step):
            console.print(kept_text(step, run.id))
        if step.state in BAD and step.error is not None:
            console.print(failure_text(step))
        for warning in step.warnings:
            console.print(Text(f"warning: {step.outline.step}: {warning}", "yellow"))


def _steps_table(steps: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("step", "state", "took", "with", "outputs"):
        table.add_column(column, no_wrap=column in {"step", "state", "took"})
    for step in steps:
        outputs = ", ".join(f"{name}={_output_text(value)}" for name, value in step["outputs"].items())
        remark = step["reason"] if step["state"] in {"skipped", "reused"} else outputs
        if step["state"] == "pending" and step["waiting"]:
            remark = f"waits for {step['waiting']}"
        if step["by_hand"]:
            remark = f"finished by hand by {step['by_hand']}  {remark}"
        item = ", ".join(f"{name}={value_text(value)}" for name, value in step["item"].items())
        table.add_row(
            step["step"], state_text(step["state"]), seconds_text(step["seconds"]), item, Text(remark, "dim")
        )
    return table


def _output_text(value: Any) -> str:
    if isinstance(value, str) and value.startswith("/"):
        return Path(value).name
    return value_text(value, 24)
