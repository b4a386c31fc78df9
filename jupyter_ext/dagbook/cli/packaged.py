"""A package in place of a pipeline file, for commands that run nothing here."""

from __future__ import annotations

from pathlib import Path

from dagbook.api.packages.opening import is_package, open_package
from dagbook.cli.screen import print_findings


def pipeline_in(file: Path) -> Path:
    """The pipeline file in a package, with a word about what has changed in it; any other file as it is."""
    if not is_package(file):
        return file
    opened = open_package(file, same_environment=True)
    print_findings(opened.notes)
    return opened.file
