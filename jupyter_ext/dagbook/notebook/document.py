"""Turns the text of an .ipynb file into a sound notebook, or says what is wrong with it.

Reads no file, and repairs only its own copy: the user's file is never touched.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from typing import Final, NoReturn

from dagbook.errors import Finding, InvalidInput
from dagbook.notebook.cells import Cell, Notebook, kernel_name_of, source_of

_CELL_TYPES: Final = ("code", "markdown", "raw")
_CELL_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FORMAT: Final = 4
_MINOR: Final = 5
_OPEN_AND_SAVE: Final = "open it in JupyterLab and save it once"


def parse_notebook(text: str, file: str) -> tuple[Notebook, tuple[Finding, ...]]:
    """The notebook in `text`, in format 4.5 with a unique id on every cell, and warnings of repairs.

    `file` is only named in messages. The ids that are missing are made from the cell's place and source, so
    the same text gives the same notebook.

    Raises:
        InvalidInput: when it is no notebook that could run, with every reason.
    """
    nb = _of_format_4(_load(text.removeprefix("\ufeff"), file), file)
    _check_cells(nb, file)
    return nb, tuple(_repair(nb, file))


def _load(text: str, file: str) -> object:
    if not text.strip():
        _refuse(file, "notebook-empty", "the file is empty", "restore it from a copy or from version control")
    try:
        loaded: object = json.loads(text)
    except json.JSONDecodeError as error:
        _refuse_conflict(text, file)
        raise InvalidInput(
            Finding(
                code="notebook-not-json",
                message=f"this is no notebook, or it was cut off: not JSON ({error.msg})",
                remedy="restore it from a copy or from version control",
                file=file,
                line=error.lineno,
                column=error.colno,
            )
        ) from None
    except RecursionError:
        _refuse(file, "notebook-not-json", "the JSON is nested too deeply", "check that this is a notebook")
    except ValueError as error:  # a number of thousands of digits
        _refuse(file, "notebook-not-json", f"the JSON cannot be read: {error}", "remove that value")
    return loaded


def _refuse_conflict(text: str, file: str) -> None:
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines, 1) if line.startswith("<<<<<<< ")), None)
    if start is not None and any(line.startswith(">>>>>>> ") for line in lines[start:]):
        raise InvalidInput(
            Finding(
                code="merge-conflict",
                message="the file holds an unresolved merge conflict",
                remedy="resolve it (`nbdime mergetool` understands notebooks), or check one side out again",
                file=file,
                line=start,
                column=1,
            )
        )


def _of_format_4(nb: object, file: str) -> Notebook:
    if not isinstance(nb, dict):
        said = "null" if nb is None else f"a {type(nb).__name__}"
        _refuse(file, "not-a-notebook", f"this is JSON, but no notebook: {said}", "name an .ipynb file")
    version = nb.get("nbformat")
    if type(version) is int and version < _FORMAT:
        _refuse(
            file,
            "old-notebook-format",
            f"the notebook has format {version}, which is too old; 4 is needed",
            f"jupyter nbconvert --to notebook --nbformat 4 --inplace {file}",
        )
    if type(version) is int and version > _FORMAT:
        _refuse(
            file,
            "new-notebook-format",
            f"the notebook has format {version}; 4 is the newest known",
            "save it in format 4, or upgrade dagbook",
        )
    if not isinstance(nb.get("cells"), list):
        _refuse(
            file, "not-a-notebook", "this is JSON, but no notebook: it has no list of cells", _OPEN_AND_SAVE
        )
    if type(version) is not int:
        _refuse(
            file, "not-a-notebook", 'the notebook does not say its format ("nbformat": 4)', _OPEN_AND_SAVE
        )
    return nb


def _check_cells(nb: Notebook, file: str) -> None:
    findings = []
    for position, cell in enumerate(nb["cells"], 1):
        message = _cell_problem(cell)
        if message:
            findings.append(
                Finding(
                    code="invalid-cell",
                    message=message,
                    remedy="delete the cell, or restore it from a copy",
                    file=file,
                    cell=position,
                )
            )
    if findings:
        raise InvalidInput(*findings)


def _cell_problem(cell: object) -> str | None:
    if not isinstance(cell, dict):
        return f"the cell is no object but {json.dumps(cell)[:40]}"
    if cell.get("cell_type") not in _CELL_TYPES:
        return f"the cell type is {cell.get('cell_type')!r:.40}, not one of {', '.join(_CELL_TYPES)}"
    source = cell.get("source")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        return "the cell's source is neither text nor a list of lines"
    return None


# What a repair is called, what was wrong with the cells concerned, and what mends the file for good.
_REPAIRS: Final = {
    "missing-metadata": ("without metadata", _OPEN_AND_SAVE),
    "missing-outputs": ("without outputs", _OPEN_AND_SAVE),
    "invalid-tags": ("with tags that are no list of text", "set the tags anew in JupyterLab"),
    "missing-cell-id": ("without an id", _OPEN_AND_SAVE),
    "invalid-cell-id": ("with an id that the format does not allow", _OPEN_AND_SAVE),
    "duplicate-cell-id": ("with the id of another cell", _OPEN_AND_SAVE),
}


def _repair(nb: Notebook, file: str) -> list[Finding]:
    repaired: dict[str, list[int]] = defaultdict(list)
    minor = nb.get("nbformat_minor")
    ids_expected = type(minor) is int and minor >= _MINOR
    findings = []
    if not isinstance(nb.get("metadata"), dict):
        nb["metadata"] = {}
        findings.append(_warning(file, "missing-metadata", "the notebook has no metadata", _OPEN_AND_SAVE))
    for position, cell in enumerate(nb["cells"], 1):
        for code in _repair_cell(cell):
            repaired[code].append(position)
    for code, position in _repair_ids(nb["cells"]):
        # Before format 4.5 cells had no ids, and nobody is to be blamed for that.
        if code != "missing-cell-id" or ids_expected:
            repaired[code].append(position)
    nb["nbformat_minor"] = minor if ids_expected else _MINOR
    for code, positions in repaired.items():
        what, remedy = _REPAIRS[code]
        count = "1 cell" if len(positions) == 1 else f"{len(positions)} cells"
        findings.append(_warning(file, code, f"{count} {what}, repaired for this run", remedy, positions[0]))
    if kernel_name_of(nb) is None:
        findings.append(
            _warning(
                file,
                "no-kernelspec",
                "the notebook names no kernel",
                "choose one in JupyterLab and save, or set `kernel:` on the node",
            )
        )
    return findings


def _repair_cell(cell: Cell) -> list[str]:
    codes = []
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"] = {}
        codes.append("missing-metadata")
    tags = cell["metadata"].get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        listed = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
        cell["metadata"]["tags"] = [tag for tag in listed if isinstance(tag, str)]
        codes.append("invalid-tags")
    if cell["cell_type"] == "code":
        if not isinstance(cell.get("outputs"), list):
            cell["outputs"] = []
            codes.append("missing-outputs")
        cell.setdefault("execution_count", None)
    return codes


def _repair_ids(cells: list[Cell]) -> list[tuple[str, int]]:
    codes = []
    used: set[str] = set()
    anew: list[tuple[int, Cell]] = []
    for position, cell in enumerate(cells, 1):
        given = cell.get("id")
        if isinstance(given, str) and _CELL_ID.fullmatch(given) and given not in used:
            used.add(given)
            continue
        duplicate = isinstance(given, str) and given in used
        code = "missing-cell-id" if given is None else "duplicate-cell-id" if duplicate else "invalid-cell-id"
        codes.append((code, position))
        anew.append((position, cell))
    for position, cell in anew:
        cell["id"] = _fresh_id(position, cell, used)
        used.add(cell["id"])
    return codes


def _fresh_id(position: int, cell: Cell, used: set[str]) -> str:
    seed = f"{position}:{source_of(cell)}".encode(errors="surrogatepass")
    while True:
        fresh = hashlib.blake2s(seed, digest_size=4).hexdigest()
        if fresh not in used:
            return fresh
        seed += b"'"


def _warning(file: str, code: str, message: str, remedy: str, cell: int | None = None) -> Finding:
    return Finding(code=code, message=message, remedy=remedy, file=file, cell=cell, severity="warning")


def _refuse(file: str, code: str, message: str, remedy: str) -> NoReturn:
    raise InvalidInput(Finding(code=code, message=message, remedy=remedy, file=file))
