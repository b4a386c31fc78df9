"""Asking before something is lost for good."""

from __future__ import annotations

import sys

import click

from dagbook.errors import Finding, InvalidInput


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if a person says so, or `--yes` did.

    Raises:
        InvalidInput: nobody can be asked.
        click.Abort: the answer was no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(
            Finding(
                code="not-confirmed",
                message=f"{question} Nobody is there to answer, so nothing was done",
                remedy="add --yes",
            )
        )
    click.confirm(question, abort=True, err=True)
