"""`dagbook logs RUN STEP`: what a step printed, cell by cell, and its error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dagbook.api.run import find
from dagbook.cli.screen import json_option, print_json
from dagbook.errors import Finding, NotFound, did_you_mean
from dagbook.notebook.cells import cells


@click.command("logs")
@click.argument("run")
@click.argument("step")
@json_option
def command(run: str, step: str, *, as_json: bool) -> None:
    """Show what STEP of RUN printed, and its traceback when it failed."""
    steps = {shown["step"]: shown for shown in find(run, Path()).show()["steps"]}
    if step not in steps:
        raise NotFound(
            Finding(
                code="unknown-step",
                message=f"run {run} has no step '{step}'",
                remedy=did_you_mean(step, steps),
            )
        )
    shown = steps[step]
    printed = [] if shown["notebook"] is None else _printed(Path(shown["notebook"]))
    worker = _read(shown["log"])
    if as_json:
        print_json(
            {
                "step": step,
                "state": shown["state"],
                "cells": printed,
                "worker": worker,
                "error": shown["error"],
            }
        )
        return
    for cell in printed:
        click.secho(f"── cell {cell['cell']}", dim=True)
        click.echo(cell["text"].rstrip("\n"))
    error = shown["error"]
    if error is not None:
        click.secho(f"── {shown['state']}" + (f" in cell {error['cell']}" if error["cell"] else ""), fg="red")
        click.echo(error["traceback"] or f"{error['name']}: {error['value']}")
    if worker.strip():
        click.secho("── worker", dim=True)
        click.echo(worker.rstrip("\n"))
    if not printed and error is None and not worker.strip():
        click.echo(f"{step} is {shown['state']} and printed nothing.")


def _printed(notebook: Path) -> list[dict[str, Any]]:
    found = []
    for position, cell in enumerate(cells(json.loads(_read(str(notebook)) or "{}")), 1):
        text = "".join(_text(output) for output in cell.get("outputs", []))
        if text.strip():
            found.append({"cell": position, "text": text})
    return found


def _text(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return _joined(output.get("text", ""))
    plain = _joined(output.get("data", {}).get("text/plain", ""))
    return f"{plain}\n" if plain else ""


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _read(path: str | None) -> str:
    try:
        return Path(path).read_text("utf-8", "replace") if path else ""
    except OSError:
        return ""
