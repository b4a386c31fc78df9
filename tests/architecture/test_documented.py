"""The reference names what there is, and both halves carry one version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version

import click
from packaging.version import Version

from tests.architecture.sources import ROOT


def commands(group: click.Command, name: str) -> Iterator[str]:
    """Each command that can be typed, in full: `dagbook run`, `dagbook node run`, …"""
    if not isinstance(group, click.Group):
        yield name
        return
    context = click.Context(group)
    for sub in group.list_commands(context):
        command = group.get_command(context, sub)
        if command and not command.hidden:
            yield from commands(command, f"{name} {sub}")


def test_the_reference_names_every_command():
    from dagbook.cli.main import main

    reference = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    known = list(commands(main, "dagbook"))
    assert len(known) > 1
    assert [name for name in known if name not in reference] == []


def test_package_and_front_end_have_one_version():
    front_end = json.loads((ROOT / "labextension" / "package.json").read_text(encoding="utf-8"))
    assert Version(version("dagbook")) == Version(front_end["version"])
