"""`dagbook report [RUN]`: a run as one page that can be mailed."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from dagbook.api.run import find
from dagbook.cli.screen import console, json_option, print_json
from dagbook.engine.disk import write_whole
from dagbook.errors import not_writable


@click.command("report")
@click.argument("run", required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file.  [default: PIPELINE-RUN.html]",
)  # fmt: skip
@click.option("--best", metavar="OUTPUT", help="Mark the best step of a matrix: accuracy, or min:loss.")
@json_option
def command(run: str | None, output: Path | None, best: str | None, *, as_json: bool) -> None:
    """Write RUN (an id, the beginning of one, or the newest) as one HTML page: graph, timeline, notebooks.

    The page holds everything and opens without a network.
    """
    found = find(run, Path())
    page = found.report(best=best).encode("utf-8", "replace")
    target = output or Path(f"{found.state.pipeline}-{found.id}.html")
    try:
        write_whole(target.absolute(), page)
    except OSError as error:
        remedy = "name another file with -o, in a folder that is there"
        raise not_writable("the report cannot be written", error, target, remedy) from error
    if as_json:
        print_json({"run": found.id, "report": str(target.absolute()), "bytes": len(page)})
        return
    console.print(
        Text.assemble("Wrote ", (str(target), "bold"), f" ({len(page) / 1e6:.1f} MB)"), soft_wrap=True
    )
