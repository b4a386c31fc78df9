"""What an attempt published: by our functions, by files that it wrote, and by files that were declared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from dagbook.engine.artifacts import file_output, name_of, value_in
from dagbook.engine.disk import copy_whole
from dagbook.engine.request import NodeRequest
from dagbook.notebook.outputs import Output
from dagbook.notebook.values import is_name
from dagbook.run.facts import NodeError

MANIFEST = "outputs.jsonl"
"""Beside the outputs folder; one line for each publication, the last of a name counts."""

OUTPUTS = "outputs"

_SHOWN = 12


class MissingOutput(Exception):  # the notebook's failure, not ours
    """Something that was to be published is not there; `error` says what is."""

    def __init__(self, error: NodeError) -> None:
        self.error = error
        super().__init__(error.value)


def collect(request: NodeRequest) -> tuple[dict[str, Output], list[str]]:
    """Every output of the attempt by name, and warnings.

    Raises:
        MissingOutput: a declared or needed one is missing.
        OSError: the disk is in the way.
    """
    attempt = Path(request.folder)
    folder = attempt / OUTPUTS
    _copy_declared(request, folder)
    manifest = read_manifest(attempt / MANIFEST)
    found: dict[str, Output] = {}
    warnings: list[str] = []
    for name, output in manifest.items():
        found[name] = _from_manifest(output, attempt)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = name_of(path)
        if path.name.startswith(".") or name in manifest:
            continue
        if not is_name(name):
            warnings.append(
                f"outputs/{path.name} was not published: '{name}' is no name (letters, digits, _)"
            )
        elif name in found:
            warnings.append(f"outputs/{path.name} was not published: there is another file for '{name}'")
        else:
            found[name] = value_in(path, name) or file_output(path, attempt, name=name)
    _check_expected(request.expected, found)
    return found, warnings


def read_manifest(path: Path) -> dict[str, Output]:
    """What was published by name; a line that was cut off by a sudden end is passed over."""
    found: dict[str, Output] = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for line in lines:
        try:
            output = Output.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            continue
        found.pop(output.name, None)
        found[output.name] = output
    return found


def _from_manifest(output: Output, attempt: Path) -> Output:
    if output.kind == "value":
        return output
    path = attempt / output.path
    outside = ".." in Path(output.path).parts or Path(output.path).is_absolute()
    if outside or not path.exists():
        raise MissingOutput(
            NodeError(
                name="MissingOutput",
                value=f"'{output.name}' was published as {output.path}, which is not there any more",
                remedy="leave what is below $DAGBOOK_OUTPUTS where it is",
            )
        )
    return file_output(path, attempt, name=output.name, kind_of_value=output.type)


def _copy_declared(request: NodeRequest, folder: Path) -> None:
    for name, relative in request.collect.items():
        source = Path(request.cwd) / relative
        if not source.exists():
            raise MissingOutput(_not_written(name, relative, source))
        suffix = "" if source.is_dir() else "".join(source.suffixes)
        copy_whole(source, folder / f"{name}{suffix}")


def _not_written(name: str, relative: str, source: Path) -> NodeError:
    there = sorted(entry.name for entry in source.parent.iterdir()) if source.parent.is_dir() else []
    shown = ", ".join(there[:_SHOWN]) + (", …" if len(there) > _SHOWN else "")
    return NodeError(
        name="MissingOutput",
        value=f"output '{name}' is declared as {relative}, which the notebook did not write; "
        f"in {source.parent} there is: {shown or 'nothing'}",
        remedy="write that file, or correct the path under `outputs:`",
    )


def _check_expected(expected: tuple[str, ...], found: Mapping[str, Output]) -> None:
    missing = [name for name in expected if name not in found]
    if missing:
        named = ", ".join(f"'{name}'" for name in missing)
        raise MissingOutput(
            NodeError(
                name="MissingOutput",
                value=f"needed downstream, and not published by the notebook: {named}; "
                f"it published: {', '.join(sorted(found)) or 'nothing'}",
                remedy=f"publish it: %output {missing[0]}",
            )
        )
