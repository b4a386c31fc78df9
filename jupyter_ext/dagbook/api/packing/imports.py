"""Modules that notebooks import and that a package would lack."""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from dagbook.api.packages.installed import OURS
from dagbook.errors import Finding
from dagbook.notebook.imports import imported_at_once
from dagbook.pipeline.facts import NotebookFacts


def modules_elsewhere(facts: Mapping[str, NotebookFacts], included: Iterable[str]) -> Iterator[Finding]:
    """A finding for each import that leads neither into the package nor to an installed one.

    Args:
        facts: node → its notebook.
        included: files of the package.
    """
    held = {part.removesuffix(".py") for name in included for part in Path(name).parts}
    for node, known in facts.items():
        if known.language != "python" or known.requirements is not None:
            continue
        own = {file.partition("/")[0].removesuffix(".py") for file in known.modules}
        names = {
            name.partition(".")[0]
            for code in (*known.cells.values(), *known.modules.values())
            for name in imported_at_once(code)
        }
        for name in sorted(names - own - held - sys.stdlib_module_names - {OURS}):
            place = _elsewhere(name)
            if place is not None:
                yield _finding(node, name, place, known.path)


def _elsewhere(name: str) -> str | None:
    """Where the module lies, if not among installed packages; empty when it lies nowhere."""
    try:
        found = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        found = None
    if found is None:
        return ""
    places = [found.origin] if found.origin else list(found.submodule_search_locations or ())
    for place in places:
        if place not in {"built-in", "frozen"} and not any(
            Path(place).is_relative_to(up) for up in _installed()
        ):
            return place
    return None


def _installed() -> set[str]:
    known = [sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib", "platstdlib")]
    return {*known, *site.getsitepackages(), site.getusersitepackages()}


def _finding(node: str, name: str, place: str, notebook: str) -> Finding:
    if place:
        message = f"it imports `{name}` from {place}, outside of the project: the package would lack it"
        remedy = "put the module beside the notebook, or install it from a package registry"
    else:
        message = f"it imports `{name}`, which is neither in the project nor installed"
        remedy = f"put {name}.py beside the notebook, install it, or name its folder with --include"
    return Finding(code="module-outside", message=message, remedy=remedy, node=node, file=notebook)
