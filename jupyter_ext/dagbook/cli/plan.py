"""`dagbook plan FILE`: what a run would do, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from dagbook.cli.choices import file_argument, prepare, run_options
from dagbook.cli.screen import console, json_option, print_json, state_text, value_text
from dagbook.pipeline.plan import Plan


@click.command("plan")
@file_argument
@run_options
@json_option
def command(file: Path, *, as_json: bool, **options: Any) -> None:
    """Show for each step of FILE whether it would run, be reused or be skipped, and why. Runs nothing."""
    plan = prepare(file, **options).plan
    if as_json:
        print_json(describe_plan(plan))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("step", "", "because", "with"):
        table.add_column(column, no_wrap=column == "step")
    for step in plan.steps:
        item = ", ".join(f"{name}={value_text(value)}" for name, value in step.item.items())
        table.add_row(step.step, state_text(step.action), step.reason, item)
    console.print(table)
    counts = plan.counts()
    console.print(
        f"\n{counts['run']} to run, {counts['reuse']} reused, {counts['skip']} skipped", style="dim"
    )


def describe_plan(plan: Plan) -> dict[str, Any]:
    """A plan in the shape of `run --json`, as far as a plan goes; what only a run can know is left empty."""
    empty: dict[str, Any] = {
        "outputs": {},
        "notebook": None,
        "mlflow_run_id": None,
        "seconds": None,
        "error": None,
    }
    return {
        "run": None,
        "pipeline": plan.pipeline,
        "state": "planned",
        "folder": None,
        "tracking_uri": None,
        "mlflow_run_id": None,
        "file": plan.file,
        "params": plan.params,
        "steps": [
            {
                "step": step.step, "node": step.node, "needs": list(step.needs), "item": step.item,
                "state": step.action, "reason": step.reason, **empty,
            }
            for step in plan.steps
        ],
    }  # fmt: skip
