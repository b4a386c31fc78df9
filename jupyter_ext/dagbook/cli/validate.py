"""`dagbook validate FILE`: everything that is wrong, at once, nothing run."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.api.planning import check_file
from dagbook.cli.choices import file_argument
from dagbook.cli.screen import console, json_option, print_findings, print_json
from dagbook.errors import DagbookError, Exit, Finding, InvalidInput


@click.command("validate")
@file_argument
@json_option
@click.pass_context
def command(ctx: click.Context, file: Path, *, as_json: bool) -> None:
    """Say everything that is wrong with FILE and its notebooks; exit code 2 if anything is."""
    code = Exit.OK
    findings: tuple[Finding, ...]
    try:
        checked = check_file(file)
        findings = checked.findings
        try:
            checked.require()
        except DagbookError as error:
            code = error.exit_code
            findings += tuple(finding for finding in error.findings if finding not in findings)
    except InvalidInput as error:
        findings, code = error.findings, error.exit_code
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        print_findings(findings)
        if code is Exit.OK:
            nodes, warned = len(checked.spec.nodes), len(findings)
            said = f", but {warned} warning{'s' * (warned != 1)}" if warned else ""
            console.print(f"[green]✓[/] {file}: {nodes} node{'s' * (nodes != 1)}, nothing wrong{said}")
    ctx.exit(code)
