"""`dagbook deploy TARGET MODEL@ALIAS`: a registered model to where others serve it."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from dagbook.api.params import split_assignments
from dagbook.cli.screen import console, errors, json_option, print_json
from dagbook.errors import Finding, InvalidInput


@click.command("deploy")
@click.argument("target")
@click.argument("model", required=False)
@click.option("--name", metavar="NAME", help="Of the deployment.  [default: the model's]")
@click.option("-C", "--config", multiple=True, metavar="KEY=VALUE", help="What the target wants to be told.")
@click.option("--update", is_flag=True, help="Replace the deployment of that name.")
@click.option("--delete", metavar="NAME", help="Take this deployment away.")
@click.option("--list", "listing", is_flag=True, help="Show what is deployed there.")
@json_option
def command(  # noqa: PLR0913  # each is an option
    target: str,
    model: str | None,
    *,
    name: str | None,
    config: tuple[str, ...],
    update: bool,
    delete: str | None,
    listing: bool,
    as_json: bool,
) -> None:
    """Deploy MODEL (churn@champion, churn/3) to TARGET: sagemaker:/REGION, or what a plug-in of MLflow names.

    `mlflow deployments help -t TARGET` lists what -C may say.
    """
    from dagbook.api.deploying import delete_deployment, deploy

    if listing:
        _list(target, as_json=as_json)
        return
    if delete is not None:
        done, words = delete_deployment(target, delete), "is deployed no more"
    elif model is None:
        raise InvalidInput(
            Finding(
                code="no-model-named", message="there is nothing to deploy",
                remedy=f"dagbook deploy {target} churn@champion",
            )
        )  # fmt: skip
    else:
        told = split_assignments(config, "-C KEY=VALUE")
        done = deploy(model, target, name, Path(), config=told, update=update)
        words = f"is {done.model}"
    if as_json:
        print_json(done.to_json())
        return
    for warning in done.warnings:
        errors.print(Text(f"warning: {warning}", "yellow"), soft_wrap=True)
    state = f" ({done.state})" if model and done.state else ""
    console.print(Text.assemble((done.name, "bold"), f" at {done.target} {words}{state}"), soft_wrap=True)


def _list(target: str, *, as_json: bool) -> None:
    from dagbook.api.deploying import deployments

    found = deployments(target)
    if as_json:
        print_json({"target": target, "deployments": [one.to_json() for one in found]})
        return
    if not found:
        console.print(f"Nothing is deployed at {target}.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("name", "state"):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(one.name, one.state)
    console.print(table)
