"""What people and programs see: one console, one way to print JSON, one way to print an error."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from dagbook.api.phrases import SIGNS, bytes_text, seconds_text, since_text, value_text
from dagbook.errors import DagbookError, Finding

__all__ = [
    "COLOURS", "bytes_text", "console", "errors", "json_option", "print_error", "print_findings",
    "print_json", "seconds_text", "since_text", "state_text", "value_text",
]  # fmt: skip

console: Final = Console(highlight=False, soft_wrap=False)
errors: Final = Console(stderr=True, highlight=False)

COLOURS: Final[dict[str, str]] = {
    "pending": "dim",
    "running": "cyan",
    "succeeded": "green",
    "reused": "green",
    "failed": "red",
    "timed-out": "red",
    "killed": "red",
    "cancelled": "yellow",
    "skipped": "dim",
    "lost": "yellow",
    "interrupted": "yellow",
    "run": "cyan",
    "reuse": "green",
    "skip": "dim",
}


def json_option(command: Any) -> Any:
    """`--json`: the same content for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def print_json(content: Any) -> None:
    """One JSON value on standard output."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def print_error(error: DagbookError, *, as_json: bool) -> None:
    """Every finding of an error, on standard error; or as JSON on standard output."""
    if as_json:
        print_json({"error": [finding.to_json() for finding in error.findings]})
    else:
        print_findings(error.findings)


def print_findings(findings: Iterable[Finding]) -> None:
    """Findings for people, on standard error."""
    for finding in findings:
        text = Text(str(finding), overflow="fold")
        text.highlight_regex(r"Fix: .*", "bold")
        if finding.severity == "warning":
            text = Text("warning: ", "yellow") + text
        if errors.is_terminal:
            text.append(f"  dagbook explain {finding.code}", "dim")
        errors.print(text, soft_wrap=True)


def state_text(state: str) -> Text:
    """A state by icon, word and colour."""
    return Text(f"{SIGNS.get(state, '•')} {state}", COLOURS.get(state, ""))
