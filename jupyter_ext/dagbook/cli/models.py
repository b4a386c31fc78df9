"""`dagbook models list|show|register|promote|demote|describe`: the registered models of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from dagbook.api.params import split_assignments
from dagbook.cli.screen import console, json_option, print_json, since_text
from dagbook.errors import Exit


@click.group("models", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Registered models: versions, aliases, where each comes from."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=as_json)


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Show the project's registered models, with their aliases."""
    found = _api().models(Path())
    if as_json:
        print_json({"models": found})
        return
    if not found:
        console.print("No registered models yet. Register one with `dagbook models register NAME`.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("model", "latest", "aliases", "changed", "description"):
        table.add_column(column)
    for model in found:
        aliases = ", ".join(f"{alias} → {version}" for alias, version in sorted(model["aliases"].items()))
        table.add_row(
            model["name"], str(model["latest"] or ""), aliases, since_text(model["changed"]),
            Text(model["description"]),
        )  # fmt: skip
    console.print(table)


@command.command("show")
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show the model NAME with its versions, or one version: churn/3, churn@champion."""
    found = _api().show_model(name, Path())
    if as_json:
        print_json(found)
        return
    for version in found.get("versions", [found]):
        _print_version(version)
    if found.get("versions") == []:
        console.print(f"{found['name']} has no versions.")


@command.command("register")
@click.argument("name")
@click.option("--run", metavar="RUN", help="Whose model; the newest run's otherwise.")
@click.option("--step", metavar="STEP", help="Which step logged it, where several did.")
@click.option("--logged", metavar="NAME", help="The name it was logged under, where the step logged several.")
@click.option("--description", default="", help="Of the version.")
@click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help="Of the version; may be repeated.")
@click.option("--to", "alias", metavar="ALIAS", help="Give the version this alias, too.")
@json_option
def register(
    name: str,
    *,
    description: str,
    tags: tuple[str, ...],
    alias: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Make a new version of NAME from the model that a step of a run logged."""
    api = _api()
    if alias is not None:
        api.alias_of(alias)  # refused before anything is made
    made = api.register_model(
        name, Path(), api.Source(**options), description=description,
        tags=split_assignments(tags, "--tag NAME=VALUE"),
    )  # fmt: skip
    if alias is not None:
        api.promote(f"{made['name']}/{made['version']}", alias, Path())
        made = api.show_model(f"{made['name']}/{made['version']}", Path())
    if as_json:
        print_json(made)
        return
    step = made["made_by"].get("step")
    console.print(
        f"Registered [bold]{made['name']}/{made['version']}[/]" + (f" from step {step}" if step else "")
    )
    if not made["aliases"]:
        console.print(
            f"Then: dagbook models promote {made['name']}/{made['version']} --to champion", style="dim"
        )


@command.command("promote")
@click.argument("name")
@click.option("--to", default="champion", show_default=True, metavar="ALIAS", help="The alias to move.")
@click.option(
    "--if", "condition", metavar="CONDITION",
    help="Only if this holds: 'accuracy > 0.9 and accuracy >= current.accuracy'.",
)  # fmt: skip
@click.option("--reason", default="", help="Kept with the version.")
@json_option
def promote(name: str, *, to: str, condition: str | None, reason: str, as_json: bool) -> None:
    """Have an alias mean the version NAME/3 (the newest: NAME). Exit code 1 where --if does not hold."""
    done = _api().promote(name, to, Path(), condition=condition, reason=reason)
    if as_json:
        print_json(done)
    else:
        _print_promotion(done)
    if not done["promoted"]:
        raise click.exceptions.Exit(Exit.FAILED)


@command.command("demote")
@click.argument("name")
@click.option("--from", "alias", required=True, metavar="ALIAS", help="The alias to take away.")
@json_option
def demote(name: str, *, alias: str, as_json: bool) -> None:
    """Take an alias away from the model NAME; its versions stay."""
    done = _api().demote(name, alias, Path())
    if as_json:
        print_json(done)
    else:
        console.print(f"{done['name']}/{done['from']} is not {done['alias']} any more")


@command.command("describe")
@click.argument("name")
@click.argument("text", required=False)
@click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help="Add a tag; may be repeated.")
@json_option
def describe(name: str, text: str | None, *, tags: tuple[str, ...], as_json: bool) -> None:
    """Say in TEXT what the model NAME, or a version of it (churn/3), is."""
    found = _api().describe_model(name, text, Path(), tags=split_assignments(tags, "--tag NAME=VALUE"))
    if as_json:
        print_json(found)
    else:
        console.print(Text(f"{found['name']}: {found['description']}"))


def _print_version(version: dict[str, Any]) -> None:
    aliases = " ".join(f"@{alias}" for alias in version["aliases"])
    console.print(
        Text.assemble((f"{version['name']}/{version['version']}", "bold"), f"  {aliases}",
                      (f"  {since_text(version['created'])}", "dim"))
    )  # fmt: skip
    made_by = version["made_by"]
    if version["description"]:
        console.print(Text(f"  {version['description']}"))
    if version["metrics"]:
        numbers = "  ".join(f"{name}={value:.4g}" for name, value in sorted(version["metrics"].items()))
        console.print(Text(f"  {numbers}"))
    origin = [
        f"{key} {made_by[key]}"
        for key in ("pipeline", "run", "step", "notebook", "commit")
        if made_by.get(key)
    ]
    if origin:
        console.print(Text(f"  made by {', '.join(origin)}", "dim"))
    for name, source in made_by["inputs"].items():
        console.print(Text(f"  input {name} from {source}", "dim"))
    for one in version["promotions"]:
        why = f", if {one['condition']}" if one.get("condition") else ""
        console.print(Text(f"  {one['alias']} since {one.get('at')} by {one.get('by')}{why}", "dim"))


def _print_promotion(done: dict[str, Any]) -> None:
    version = f"{done['name']}/{done['version']}"
    values = ", ".join(f"{name} = {value:.6g}" for name, value in done["values"].items())
    if done["without_current"]:
        console.print(f"No version is {done['alias']} yet: comparisons with it are left out", style="dim")
    if done["promoted"]:
        before = f"; before it was {done['from']}" if done["from"] else ""
        console.print(f"[bold]{version}[/] is {done['alias']}{before}" + (f" ({values})" if values else ""))
    else:
        stays = (
            f"version {done['from']} stays {done['alias']}" if done["from"] else f"nothing is {done['alias']}"
        )
        console.print(
            Text(f"{version} is not promoted: {done['condition']} does not hold ({values}); {stays}", "red")
        )


def _api() -> Any:
    from dagbook.api import models

    return models
