"""The packages that a notebook asks for: a PEP 723 block in a code cell, or an entry in its metadata."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dagbook.notebook.cells import Notebook, source_of

# As in PEP 723.
_BLOCK: Final = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
_KEYS: Final = frozenset({"dependencies", "requires-python"})


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What an environment is to hold, as it was written: `pandas>=2`, and perhaps the Python it needs."""

    dependencies: tuple[str, ...]
    requires_python: str = ""


class RequirementsError(ValueError):
    """A block that cannot be read. `cell` counts all cells from 1; None for the metadata."""

    def __init__(self, message: str, cell: int | None = None) -> None:
        self.cell = cell
        super().__init__(message)


def declared_requirements(nb: Notebook) -> Requirements | None:
    """What the notebook asks for; None when it asks for nothing.

    Raises:
        RequirementsError: two blocks, no TOML, or no such keys.
    """
    blocks = [
        (number, match["content"])
        for number, cell in enumerate(nb["cells"], 1)
        if cell["cell_type"] == "code"
        for match in _BLOCK.finditer(source_of(cell) + "\n")
        if match["type"] == "script"
    ]
    if len(blocks) > 1:
        raise RequirementsError(
            f"there is a `# /// script` block in cell {blocks[0][0]} already", blocks[1][0]
        )
    for number, content in blocks:
        lines = content.splitlines()
        text = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)
        try:
            return requirements_of(tomllib.loads(text), number)
        except tomllib.TOMLDecodeError as error:
            raise RequirementsError(f"the `# /// script` block is no TOML: {error}", number) from None
    own = nb.get("metadata", {}).get("dagbook", {})
    written = own.get("environment") if isinstance(own, dict) else None
    return None if written is None else requirements_of(written, None)


def requirements_of(written: Any, cell: int | None) -> Requirements:
    """Requirements from a list, or a mapping in the words of PEP 723. Raises RequirementsError."""
    given: Mapping[str, Any] = {"dependencies": written} if isinstance(written, list) else written
    if not isinstance(given, Mapping):
        raise RequirementsError(
            "an environment is a list of packages, or a mapping with `dependencies`", cell
        )
    dependencies, python = given.get("dependencies", []), given.get("requires-python", "")
    if not isinstance(dependencies, list) or not all(isinstance(name, str) and name for name in dependencies):
        raise RequirementsError('`dependencies` is no list of texts such as "pandas>=2"', cell)
    if not isinstance(python, str):
        raise RequirementsError('`requires-python` is no text such as ">=3.11"', cell)
    return Requirements(dependencies=tuple(dependencies), requires_python=python)
