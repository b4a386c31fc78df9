"""`dagbook init FOLDER`: a first pipeline file from what the notebooks declare."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.api.init import init_folder
from dagbook.cli.screen import console, json_option, print_json


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--name", help="Name of the pipeline; the folder's name otherwise.")
@click.option("--force", is_flag=True, help="Replace a pipeline file that is there.")
@json_option
def command(folder: Path, name: str | None, *, force: bool, as_json: bool) -> None:
    """Write a pipeline file for FOLDER: a node a notebook, chained where a parameter has an output's name."""
    written = init_folder(folder, name, replace=force)
    if as_json:
        print_json({"file": str(written.file), "nodes": list(written.nodes)})
        return
    console.print(
        f"Wrote [bold]{written.file}[/] with {len(written.nodes)} nodes: {', '.join(written.nodes)}"
    )
    console.print(f"Next:  dagbook plan {written.file}")
