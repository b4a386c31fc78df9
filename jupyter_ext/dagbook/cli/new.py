"""`dagbook new FOLDER`: a project that runs, to begin from."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.api.new import new_project
from dagbook.cli.screen import console, json_option, print_json


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def command(folder: Path, *, as_json: bool) -> None:
    """Make FOLDER with two notebooks and the pipeline that chains them.

    The folder's name is the pipeline's.
    """
    made = new_project(folder)
    if as_json:
        print_json({"folder": str(made.folder), "file": str(made.file), "files": list(made.files)})
        return
    console.print(f"Made [bold]{made.folder}[/]: {', '.join(made.files)}")
    console.print(f"Next:  dagbook run {made.file}")
