"""`dagbook graph FILE`: the pipeline as a drawing."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.api.pipelines import open_pipeline
from dagbook.cli.choices import file_argument
from dagbook.cli.screen import json_option, print_json
from dagbook.errors import InvalidInput
from dagbook.pipeline.check import check_spec
from dagbook.pipeline.drawing import FORMATS
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.plan import matrix_items


@click.command("graph")
@file_argument
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead.")
@json_option
def command(file: Path, form: str, output: Path | None, *, as_json: bool) -> None:
    """Draw the nodes of FILE and what depends on what."""
    loaded = open_pipeline(file)
    found = (*loaded.remarks, *loaded.findings(check_spec(loaded.spec)))
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise InvalidInput(*errors)
    spec, graph = loaded.spec, make_graph(loaded.spec)
    if as_json:
        print_json(
            {"nodes": list(graph.order()), "needs": {node: list(ups) for node, ups in graph.upstream.items()}}
        )
        return
    labels = {
        name: _label(node.predict or node.notebook, len(matrix_items(node)))
        for name, node in spec.nodes.items()
    }
    drawing = FORMATS[form](graph, labels)
    if output is None:
        click.echo(drawing)
    else:
        output.write_text(drawing + "\n", "utf-8")
        click.echo(f"Wrote {output}")


def _label(notebook: str, steps: int) -> str:
    return notebook if steps == 1 else f"{notebook} × {steps}"
