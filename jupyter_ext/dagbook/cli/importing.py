"""`dagbook import KIND SOURCE`: a pipeline of another tool as one of ours."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.cli.screen import console, json_option, print_findings, print_json


@click.command("import")
@click.argument("kind", metavar="ploomber|elyra|mlproject|folder")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the pipeline; the source's own otherwise.")
@click.option("--force", is_flag=True, help="Write over what an earlier import wrote.")
@json_option
def command(kind: str, source: Path, *, name: str | None, force: bool, as_json: bool) -> None:
    """Write a pipeline file for SOURCE, of another tool: a pipeline.yaml, a .pipeline, or a folder.

    Nothing is executed and no original is touched; what changed and what needs a person is said.
    """
    from dagbook.api.importing import import_pipeline

    imported = import_pipeline(kind, source, name=name, replace=force)
    if as_json:
        print_json(
            {
                "file": str(imported.file),
                "nodes": list(imported.nodes),
                "notebooks": [str(path) for path in imported.notebooks],
                "changed": list(imported.changed),
                "open": [finding.to_json() for finding in imported.open],
            }
        )
        return
    console.print(
        f"Wrote [bold]{imported.file}[/] with {len(imported.nodes)} nodes: {', '.join(imported.nodes)}"
    )
    for line in imported.changed:
        console.print(f"  {line}", markup=False)
    if imported.open:
        console.print(f"For you to look at ({len(imported.open)}):")
    print_findings(imported.open)
    console.print(f"Next:  dagbook plan {imported.file}")
