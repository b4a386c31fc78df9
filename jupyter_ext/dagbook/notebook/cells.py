"""The cells of a notebook: their source, tags and language, and what of their code counts.

Knows only the JSON form of a notebook (nbformat 4) as `json.loads` gives it; never changes it in place.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from dagbook.notebook.python import parse

Notebook: TypeAlias = dict[str, Any]
Cell: TypeAlias = dict[str, Any]

PYTHON: Final = "python"
PARAMETERS_TAG: Final = "parameters"
INJECTED_TAG: Final = "injected-parameters"
PARAMETERS_MAGIC: Final = "%%parameters"
SKIPPING_TAGS: Final = frozenset({"skip", "interactive"})

_LANGUAGE_OF_KERNEL: Final = {"ir": "r", "irkernel": "r", "bash": "bash", "deno": "typescript"}


def cells(nb: Mapping[str, Any]) -> list[Cell]:
    """All cells, in order."""
    found: list[Cell] = nb.get("cells") or []
    return found


def source_of(cell: Mapping[str, Any]) -> str:
    """The text of a cell, which may be stored as one string or as a list of lines."""
    source = cell.get("source", "")
    if isinstance(source, str):
        return source
    return "".join(map(str, source)) if isinstance(source, list) else ""


def tags_of(cell: Mapping[str, Any]) -> tuple[str, ...]:
    """The cell's tags; none where they are not a list."""
    tags = _mapping(cell, "metadata").get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def code_cells(nb: Mapping[str, Any]) -> tuple[tuple[int, Cell], ...]:
    """The code cells, each with its position among all cells, from 1."""
    return tuple(
        (position, cell) for position, cell in enumerate(cells(nb), 1) if cell.get("cell_type") == "code"
    )


def language_of(nb: Mapping[str, Any]) -> str:
    """The language of the code, in lower case; `python` when the notebook does not say."""
    metadata = _mapping(nb, "metadata")
    kernelspec = _mapping(metadata, "kernelspec")
    for said in (kernelspec.get("language"), _mapping(metadata, "language_info").get("name")):
        if isinstance(said, str) and said.strip():
            language = said.strip().lower()
            return PYTHON if language in {"ipython", "python3"} else language
    kernel = kernel_name_of(nb) or ""
    if kernel.startswith("julia"):
        return "julia"
    return _LANGUAGE_OF_KERNEL.get(kernel, PYTHON)


def kernel_name_of(nb: Mapping[str, Any]) -> str | None:
    """The name of the kernel that the notebook asks for, if it does."""
    name = _mapping(_mapping(nb, "metadata"), "kernelspec").get("name")
    return name if isinstance(name, str) and name else None


def parameters_cells(nb: Mapping[str, Any]) -> tuple[tuple[int, Cell], ...]:
    """The code cells tagged `parameters` or beginning with `%%parameters`; at most one is sound."""
    return tuple((position, cell) for position, cell in code_cells(nb) if _is_parameters(cell))


def parameters_cell(nb: Mapping[str, Any]) -> tuple[int, Cell] | None:
    """The first parameters cell and its position, from 1."""
    return next(iter(parameters_cells(nb)), None)


def without_skipped(nb: Mapping[str, Any]) -> Notebook:
    """A copy for a batch run: without the code and markdown cells tagged `skip` or `interactive`."""
    left_out = copy.deepcopy(dict(nb))
    left_out["cells"] = [cell for cell in cells(left_out) if not _is_skipped(cell)]
    return left_out


def normalised_code(nb: Mapping[str, Any]) -> str:
    """The code that counts for a fingerprint: equal for notebooks that do the same.

    Comments, blank lines, formatting, markdown and outputs do not count, nor do cells that a batch run leaves
    out or replaces. Docstrings, magics and the place of the parameters cell do. What does not parse, and code
    in every other language, counts by its stripped text. The text may differ between versions of Python.
    """
    return "\n\n".join(normalised_cells(nb).values())


def normalised_cells(nb: Mapping[str, Any]) -> dict[int, str]:
    """Position among all cells, from 1 → the code of that cell that counts; see `normalised_code`."""
    return dict(_normalised_cells(nb))


def _normalised_cells(nb: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    is_python = language_of(nb) == PYTHON
    for position, cell in code_cells(nb):
        if _is_skipped(cell) or INJECTED_TAG in tags_of(cell):
            continue
        text = _normalised(source_of(cell), is_python=is_python)
        # A comment survives no unparsing, so these marks cannot be mistaken for code.
        mark = "# parameters" if _is_parameters(cell) else "# cell"
        if text or mark == "# parameters":
            yield position, f"{mark}\n{text}"


def _normalised(source: str, *, is_python: bool) -> str:
    if is_python:
        try:
            return ast.unparse(parse(source))
        except (SyntaxError, RecursionError):
            pass
    return source.strip()


def _is_parameters(cell: Mapping[str, Any]) -> bool:
    if PARAMETERS_TAG in tags_of(cell):
        return True
    first = source_of(cell).lstrip().partition("\n")[0].split()
    return bool(first) and first[0] == PARAMETERS_MAGIC


def _is_skipped(cell: Mapping[str, Any]) -> bool:
    return cell.get("cell_type") in {"code", "markdown"} and not SKIPPING_TAGS.isdisjoint(tags_of(cell))


def _mapping(outer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = outer.get(key)
    return inner if isinstance(inner, Mapping) else {}
