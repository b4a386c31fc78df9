"""An MLproject as a pipeline: entry points are nodes; papermill's notebooks are taken out of commands."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.foreign import (
    MOST_NODES,
    Draft,
    code_cell,
    identifier,
    python_notebook,
    read_text,
    read_yaml,
)

_KNOWN: Final = frozenset({"name", "entry_points"})
_TYPES: Final = {"float": "float", "string": "str", "path": "str", "uri": "str"}
_FIELD: Final = re.compile(r"\{(\w+)\}")
_RUN: Final = """import shlex
import subprocess

command = {template!r}.format({fields})
said = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
with subprocess.Popen(["bash", "-c", command], **said) as process:
    for line in process.stdout:
        print(line, end="")
if process.returncode:
    raise RuntimeError(f"{{command}} ended with code {{process.returncode}}")"""


def import_mlproject(folder: Path) -> Draft:
    """The project in the folder. Reads; writes and executes nothing.

    Raises:
        InvalidInput: there is no MLproject, or it cannot be read.
    """
    file = folder / "MLproject" if folder.is_dir() else folder
    content = read_yaml(file)
    points = content.get("entry_points")
    if not isinstance(points, dict) or not 0 < len(points) <= MOST_NODES:
        raise InvalidInput(
            Finding(
                code="no-pipeline", message="it has no `entry_points:`",
                remedy="name a folder with an MLproject file", file=str(file),
            )
        )  # fmt: skip
    root = file.resolve().parent
    draft = Draft(name=str(content.get("name") or root.name), root=root, source=file)
    draft.ask_of_unknown(content, _KNOWN, "MLproject")
    nodes: dict[str, str] = {}
    for name, point in points.items():
        node = draft.node_named(str(name))
        draft.nodes[node] = {}
        draft.nodes[node].update(_node(draft, node, point if isinstance(point, dict) else {}))
        nodes[str(name)] = node
    _put_in_order(draft, points, nodes)
    return draft


def _node(draft: Draft, node: str, point: Mapping[str, Any]) -> dict[str, Any]:
    command = str(point.get("command") or "")
    draft.ask_of_unknown(point, {"parameters", "command"}, f"entry point '{node}'")
    params = {
        str(name): _parameter(draft, node, str(name), said)
        for name, said in (point.get("parameters") or {}).items()
    }
    notebook = _of_papermill(draft, command, params)
    if notebook is not None:
        return notebook
    file = f"{identifier(node)}.dagbook.ipynb"
    fields = ", ".join(f"{name}=shlex.quote(str({name}))" for name in params if f"{{{name}}}" in command)
    cells = [code_cell(_RUN.format(template=command, fields=fields))]
    if params:
        cells.insert(0, code_cell("\n".join(f"{name} = None" for name in params), "parameters"))
    draft.notebooks[file] = python_notebook(*cells)
    draft.changed.append(f"{file} was written: it runs `{command}`")
    return {
        "notebook": file,
        **({"params": {n: f"${{params.{p}}}" for n, p in params.items()}} if params else {}),
    }


def _parameter(draft: Draft, node: str, name: str, said: Any) -> str:
    """The pipeline's parameter for one of an entry point; two that differ have names of their own."""
    said = said if isinstance(said, dict) else {"type": said}
    kind = _TYPES.get(str(said.get("type") or "string"), "str")
    default = (
        {"default": float(said["default"]) if kind == "float" else said["default"]}
        if "default" in said
        else {}
    )
    spec = {"type": kind, **default}
    word = name if draft.params.get(identifier(name), spec) == spec else f"{node}_{name}"
    return draft.param(word, spec)


def _of_papermill(draft: Draft, command: str, params: Mapping[str, str]) -> dict[str, Any] | None:
    """The node for `papermill IN OUT -p NAME VALUE …`; None for any other command."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if words[:1] != ["papermill"]:
        return None
    given: dict[str, Any] = {}
    files: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if word in {"-p", "-r", "--parameters", "--parameters_raw"}:
            name, value = next(rest, ""), next(rest, "")
            found = _FIELD.fullmatch(value)
            given[name] = f"${{params.{params[found[1]]}}}" if found and found[1] in params else value
        elif word.startswith("-"):
            draft.ask(f"`papermill {word}` was not taken over", "see `dagbook run --help` for what there is")
        else:
            files.append(word)
    if not files or not files[0].endswith(".ipynb"):
        return None
    return {"notebook": files[0], **({"params": given} if given else {})}


def _put_in_order(draft: Draft, points: Mapping[str, Any], nodes: Mapping[str, str]) -> None:
    """MLproject has no order; a `main` that calls the others by name in Python has one."""
    if len(nodes) == 1:
        return
    main = points.get("main")
    called = _called(draft.root, str(main.get("command") or ""), nodes) if isinstance(main, dict) else []
    if not called:
        draft.ask("MLproject says no order of its entry points: none was given", "add `needs:` to the nodes")
        return
    for before, after in pairwise(called):
        draft.nodes[nodes[after]]["needs"] = [nodes[before]]
    draft.nodes.pop(nodes["main"])
    draft.notebooks.pop(f"{identifier(nodes['main'])}.dagbook.ipynb", None)
    draft.changed.append(f"`main` was left out: it calls {', '.join(called)}, which is their order now")
    draft.ask(
        "the order was read off `main`, by the names that stand in it", "see whether it is the right one"
    )


def _called(root: Path, command: str, nodes: Mapping[str, str]) -> list[str]:
    """The entry points that stand as texts in the Python file of a command, in the order of their lines."""
    files = [word for word in command.split() if word.endswith(".py") and (root / word).is_file()]
    if not files:
        return []
    try:
        tree = ast.parse(read_text(root / files[0]))
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = [
        (node.lineno, node.col_offset, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in nodes
    ]
    return [name for name in dict.fromkeys(name for *_, name in sorted(found)) if name != "main"]
