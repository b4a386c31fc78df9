"""`dagbook compile FILE --to argo`: the pipeline for another scheduler."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.api.compiling import Target, compile_pipeline
from dagbook.api.params import parse_assignments
from dagbook.api.planning import check_file
from dagbook.cli.choices import file_argument
from dagbook.cli.packaged import pipeline_in
from dagbook.cli.screen import print_findings
from dagbook.errors import not_writable


@click.command("compile")
@file_argument
@click.option("--to", required=True, metavar="SCHEDULER", help="argo, airflow, kubeflow or luigi.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write it there, not to the terminal.")
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Another default.")
@click.option("--image", help="Container image that has Dagbook, the notebooks and what they import.")
@click.option("--kind", help="argo: workflow, template or cron.")
@click.option("--store", help="argo: kind of the cluster's artifact store: s3, gcs or oss.")
@click.option("--secret", help="argo: Kubernetes secret that holds the pipeline's secret parameters.")
@click.option("--semaphores", help="argo: ConfigMap that says how many may hold each semaphore.")
@click.option("--project", help="airflow, kubeflow, luigi: folder of the project where steps run.")
@click.option("--volume", help="kubeflow: volume claim with the project, which all pods may write.")
@click.option("--start-date", help="airflow: from when on missed runs are made up for: 2026-01-31.")
@click.option("--service-account", help="argo: service account of the pods.")
def command(
    file: Path, *, to: str, output: Path | None, params: tuple[str, ...], **options: str | None
) -> None:
    """Write the pipeline in FILE, or in a package, for another scheduler, which then runs it without us.

    What it cannot do is refused, and what it does in another way is said; nothing is left out in silence.
    """
    checked = check_file(pipeline_in(file))
    chosen = {name.replace("_", "-"): value for name, value in options.items() if value is not None}
    values = parse_assignments(checked.spec, params)
    compiled = compile_pipeline(checked, Target(to=to, options=chosen), values)
    print_findings(compiled.notes)
    if output is None:
        click.echo(compiled.text, nl=False)
        return
    try:
        output.write_text(compiled.text, "utf-8")
    except OSError as error:
        remedy = "name a file in a folder that exists and may be written to"
        raise not_writable("the manifest cannot be written", error, output, remedy) from error
