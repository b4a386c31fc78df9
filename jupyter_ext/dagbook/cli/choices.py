"""The options that choose what a run is: shared by `plan`, `run` and `demo`, which must mean the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dagbook.api.launch import Wish, open_launchable
from dagbook.api.params import read_params_file, split_assignments
from dagbook.api.places import WantedPlace
from dagbook.api.planning import Choices, Prepared
from dagbook.cli.screen import print_findings
from dagbook.pipeline.selection import Selection


def file_argument(command: Any) -> Any:
    """`FILE`: checked by us, so that a wrong one gets our message."""
    return click.argument("file", type=click.Path(path_type=Path))(command)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `plan` and `run` take: parameters, which nodes, how much at once, where, and with what kernels."""
    options = [
        click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter."),
        click.option(
            "--params-file", type=click.Path(path_type=Path), help="Take parameters from a YAML or JSON file."
        ),
        click.option(
            "--sweep",
            multiple=True,
            metavar="NAME=VALUES",
            help="Run a notebook once for each value: depth=2,4,8 or lr=0.1..0.5 step 0.1.",
        ),
        click.option(
            "--secret",
            "secrets",
            multiple=True,
            metavar="NAME=SECRET",
            help="Take a parameter from a secret, by the secret's name.",
        ),
        click.option(
            "--only", multiple=True, metavar="NODE", help="Run this node alone; its inputs are reused."
        ),
        click.option(
            "--from", "start", multiple=True, metavar="NODE", help="Run this node and what follows it."
        ),
        click.option(
            "--until", multiple=True, metavar="NODE", help="Run what this node needs, and it; nothing beyond."
        ),
        click.option(
            "--accept",
            multiple=True,
            metavar="NODE",
            help="Take the newest result of this node as current, whatever changed since.",
        ),
        click.option("--no-cache", is_flag=True, help="Run everything, also what is unchanged."),
        click.option("--jobs", type=click.IntRange(1, 512), help="How many steps may run at once."),
        *place_options(),
        click.option(
            "--warm/--cold", default=None, help="Fork kernels from a warm process, or start each anew."
        ),
        keep_failed_option(),
        click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help="Give the run this tag."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def keep_failed_option() -> Callable[[Any], Any]:
    """--keep-failed."""
    return click.option(
        "--keep-failed", metavar="DURATION",
        help="Keep the kernel of a step that fails for so long, to be attached to: 30m.",
    )  # fmt: skip


def place_options() -> list[Callable[[Any], Any]]:
    """--executor, --dask-address, --storage."""
    return [
        click.option("--executor", metavar="WHERE", help="Where steps run: local, or dask."),
        click.option(
            "--dask-address",
            metavar="ADDRESS",
            help="Of the Dask scheduler: tcp://HOST:8786. Without it, --executor dask makes a cluster here.",
        ),
        click.option(
            "--storage",
            metavar="URL",
            help="What files travel by to Dask workers that share no folder: s3://BUCKET/PATH, or a folder.",
        ),
    ]


def prepare(file: Path, **options: Any) -> Prepared:
    """Check and plan what the options ask for; warnings go to standard error."""
    given: dict[str, Any] = {}
    if options["params_file"] is not None:
        given = read_params_file(options["params_file"])
    wish = Wish(
        params=given,
        texts=split_assignments(options["params"]),
        sweep=split_assignments(options.get("sweep", ()), "--sweep NAME=VALUES"),
        secrets=split_assignments(options.get("secrets", ()), "--secret NAME=SECRET"),
        choices=Choices(
            jobs=options["jobs"],
            selection=Selection(
                only=options["only"],
                start=options["start"],
                until=options.get("until", ()),
                accept=options.get("accept", ()),
            ),
            use_cache=not options["no_cache"],
            place=WantedPlace(
                executor=options.get("executor") or "",
                dask_address=options.get("dask_address") or "",
                storage=options.get("storage") or "",
            ),
            warm=options.get("warm"),
            keep_failed=options.get("keep_failed"),
            lock=options.get("lock") or "",
            tags=split_assignments(options.get("tags", ()), "--tag NAME=VALUE"),
        ),
    )
    prepared = open_launchable(file).prepare(wish)
    print_findings(prepared.warnings)
    return prepared
