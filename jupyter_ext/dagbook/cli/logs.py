"""`dagbook logs RUN [STEP]`: what steps printed, cell by cell, and their errors; live with `--follow`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dagbook.api.logs import Printed, StepOver, chosen_steps, follow_logs, printed_in
from dagbook.api.run import Run, find
from dagbook.cli.screen import json_option, print_json
from dagbook.engine.folders import NOTEBOOK
from dagbook.run.state import BAD


@click.command("logs")
@click.argument("run")
@click.argument("step", required=False)
@click.option("-f", "--follow", "following", is_flag=True, help="Go on as more is printed, to the run's end.")
@json_option
def command(run: str, step: str | None, *, following: bool, as_json: bool) -> None:
    """Show what STEP of RUN printed, and its traceback when it failed; every step unless one is named.

    The name of a node means all of its steps.
    """
    found = find(run, Path())
    steps = chosen_steps(found, step)
    if following:
        _follow(found, steps, as_json=as_json)
        return
    shown = [one for one in found.show()["steps"] if steps is None or one["step"] in steps]
    if as_json:
        logs = [_as_json(one) for one in shown]
        # Of one step it was one object before there were several.
        print_json(logs[0] if step is not None and len(logs) == 1 else logs)
        return
    for one in shown:
        if len(shown) > 1:
            click.secho(f"━━ {one['step']}", bold=True)
        _print_step(one)


def _as_json(shown: dict[str, Any]) -> dict[str, Any]:
    return {
        "step": shown["step"],
        "state": shown["state"],
        "cells": [{"cell": cell, "text": text} for cell, text in _printed(shown)],
        "worker": _read(shown["log"]),
        "error": shown["error"],
    }


def _print_step(shown: dict[str, Any]) -> None:
    printed = _printed(shown)
    worker = _read(shown["log"])
    for cell, text in printed:
        click.secho(f"── cell {cell}", dim=True)
        click.echo(text.rstrip("\n"))
    error = shown["error"]
    if error is not None:
        _print_error(shown["state"], error)
    elif printed and shown["state"] in BAD | {"lost"}:
        click.secho(f"── {shown['state']}", fg="red")
    if worker.strip():
        click.secho("── worker", dim=True)
        click.echo(worker.rstrip("\n"))
    if not printed and error is None and not worker.strip():
        click.echo(f"{shown['step']} is {shown['state']} and printed nothing.")


def _print_error(state: str, error: dict[str, Any]) -> None:
    click.secho(f"── {state}" + (f" in cell {error['cell']}" if error["cell"] else ""), fg="red")
    click.echo(error["traceback"] or f"{error['name']}: {error['value']}")


def _follow(run: Run, steps: list[str] | None, *, as_json: bool) -> None:
    """One block for each piece of news; with `as_json` one object a line."""
    for news in follow_logs(run, steps):
        if as_json:
            click.echo(json.dumps(_news_as_json(news), ensure_ascii=False))
        elif isinstance(news, Printed):
            for line in news.text.rstrip("\n").split("\n"):
                click.echo(click.style(f"{news.step} │ ", dim=True) + line)
        else:
            _print_end(news)


def _news_as_json(news: Printed | StepOver) -> dict[str, Any]:
    if isinstance(news, Printed):
        return {"step": news.step, "attempt": news.attempt, "cell": news.cell, "text": news.text}
    return {"step": news.step.outline.step, "attempt": news.step.attempt, "state": news.step.state}


def _print_end(news: StepOver) -> None:
    step = news.step
    name = step.outline.step
    if step.state in BAD and step.error is not None:
        said = step.error.traceback or f"{step.error.name}: {step.error.value}"
        for line in said.rstrip("\n").split("\n"):
            click.echo(click.style(f"{name} │ ", fg="red") + line)
    click.secho(f"{name} │ {step.state}", dim=True)


def _printed(shown: dict[str, Any]) -> list[tuple[int, str]]:
    """What stands in the executed notebook; of an attempt that goes on, as far as it was saved."""
    if shown["notebook"] is not None:
        return printed_in(Path(shown["notebook"]))
    return [] if shown["log"] is None else printed_in(Path(shown["log"]).with_name(NOTEBOOK))


def _read(path: str | None) -> str:
    try:
        return Path(path).read_text("utf-8", "replace") if path else ""
    except OSError:
        return ""
