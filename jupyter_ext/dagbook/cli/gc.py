"""`dagbook gc`: tidy up, by a rule."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from dagbook.api.gc import Garbage, Retention, garbage, gc
from dagbook.cli.confirm import confirm
from dagbook.cli.screen import bytes_text, console, errors, json_option, print_json, since_text
from dagbook.errors import Finding, InvalidInput
from dagbook.pipeline.written import parse_duration


@click.command("gc")
@click.option("--keep", type=click.IntRange(0), help="Keep so many of the newest runs of each pipeline.")
@click.option("--older-than", metavar="AGE", help="Keep what started within: 12h, 30d.")
@click.option("--pipeline", "pipelines", multiple=True, help="Remove runs of this pipeline only.")
@click.option("--keep-tag", "tags", multiple=True, metavar="NAME[=VALUE]", help="Keep runs with this tag.")
@click.option("--mlflow", is_flag=True, help="Also delete the runs' records in MLflow.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
def command(*, mlflow: bool, dry_run: bool, yes: bool, as_json: bool, **rule: Any) -> None:
    """Remove old runs, and kept results that no kept run refers to.

    With neither --keep nor --older-than no run goes: only what is left of runs that were removed, and
    contents that no result names. Runs that are going on always stay.
    """
    found = garbage(Path(), _retention(**rule))
    busy: list[str] = []
    if found and not dry_run:
        confirm(f"Remove {_what(found)}? This cannot be undone.", yes=yes)
        busy = gc(Path(), found, mlflow=mlflow)
    if as_json:
        print_json(_as_json(found, dry_run=dry_run, busy=busy))
        return
    for run in found.runs:
        console.print(f"{run['run']}  {run['pipeline']}, {run['state']}, {since_text(run['started'])}")
    if not found:
        console.print(f"nothing to remove; {found.kept} runs are kept")
    else:
        said = "would remove" if dry_run else "removed"
        console.print(f"{said} {_what(found)}; {found.kept} runs are kept", soft_wrap=True)
    for name in busy:
        errors.print(f"{name} was taken up meanwhile, and stays", markup=False)


def _retention(
    *, keep: int | None, older_than: str | None, pipelines: tuple[str, ...], tags: tuple[str, ...]
) -> Retention:
    try:
        age = None if older_than is None else timedelta(seconds=parse_duration(older_than))
    except (ValueError, OverflowError) as error:
        message, _, remedy = str(error).partition("; ")
        raise InvalidInput(
            Finding(
                code="wrong-time", message=f"--older-than: {message}", remedy=remedy or "write 12h or 30d"
            )
        ) from error
    named = (tag.partition("=") for tag in tags)
    kept = {name: value if equals else None for name, equals, value in named}
    return Retention(keep=keep, older_than=age, pipelines=pipelines, keep_tags=kept)


def _what(found: Garbage) -> str:
    parts = (
        (len(found.runs), "runs"),
        (len(found.leftovers), "remains of runs"),
        (len(found.cache.results), "results"),
        (len(found.cache.objects), "contents of results"),
    )
    said = ", ".join(f"{count} {name}" for count, name in parts if count)
    return f"{said} ({bytes_text(found.bytes)})"


def _as_json(found: Garbage, *, dry_run: bool, busy: list[str]) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "runs": [
            {key: run[key] for key in ("run", "pipeline", "state", "started", "bytes")} for run in found.runs
        ],
        "kept": found.kept,
        "busy": busy,
        "leftovers": [str(path) for path in found.leftovers],
        "results": len(found.cache.results),
        "objects": len(found.cache.objects),
        "bytes": found.bytes,
    }
