"""Resolves what nodes ask for, so that a plan knows every package of every environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dagbook.engine.ports import Environments
from dagbook.errors import EnvironmentFault, InvalidInput
from dagbook.notebook.environment import Requirements
from dagbook.pipeline.facts import NotebookFacts


def with_locks(
    facts: Mapping[str, NotebookFacts], environments: Environments, otherwise: str = ""
) -> dict[str, NotebookFacts]:
    """The facts, with what each node's requirements were resolved to; each set is resolved once.

    Args:
        facts: node → its notebook.
        environments: resolves.
        otherwise: the lock of Python notebooks that ask for nothing.

    Raises:
        InvalidInput: requirements cannot be met; the message names the package.
        EnvironmentFault: uv is missing, or the registry cannot be reached.
    """
    locks: dict[Requirements, str] = {}
    found: dict[str, NotebookFacts] = {}
    for node, known in facts.items():
        wanted = known.requirements
        if wanted is not None and wanted not in locks:
            try:
                locks[wanted] = environments.lock(wanted)
            except (InvalidInput, EnvironmentFault) as error:
                raise type(error)(*(replace(finding, node=node) for finding in error.findings)) from error
        if wanted is not None:
            found[node] = replace(known, lock=locks[wanted])
        else:
            found[node] = replace(known, lock=otherwise) if known.language == "python" else known
    return found
