"""What a notebook does to MLflow's own idea of where runs go, told from its code without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dagbook.notebook.cells import code_cells, language_of, source_of


@dataclass(frozen=True, kw_only=True)
class MlflowCalls:
    """Calls that would take a notebook's runs away from the run that Dagbook made for it.

    Attributes:
        experiment: the one literal name given to `mlflow.set_experiment`, if that is all there is.
        moves_experiment: it calls `mlflow.set_experiment` with something that only a run will know.
        moves_store: it calls `mlflow.set_tracking_uri`.
    """

    experiment: str | None = None
    moves_experiment: bool = False
    moves_store: bool = False


def mlflow_calls(notebook: Mapping[str, Any]) -> MlflowCalls:
    """The calls of a notebook; nothing for one that is not Python."""
    if language_of(notebook) != "python":
        return MlflowCalls()
    named: set[str | None] = set()
    moves_store = False
    for _, cell in code_cells(notebook):
        for call in _calls(source_of(cell)):
            if call.func.attr == "set_tracking_uri":
                moves_store = True
            elif call.func.attr == "set_experiment":
                named.add(_literal_name(call))
    literal = next(iter(named)) if len(named) == 1 else None
    return MlflowCalls(
        experiment=literal, moves_experiment=bool(named) and literal is None, moves_store=moves_store
    )


@dataclass(frozen=True)
class _Call:
    func: ast.Attribute
    node: ast.Call


def _calls(source: str) -> Iterator[_Call]:
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "mlflow":
                yield _Call(node.func, node)


def _literal_name(call: _Call) -> str | None:
    given = [
        *call.node.args[:1],
        *(word.value for word in call.node.keywords if word.arg == "experiment_name"),
    ]
    if len(given) == 1 and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str):
        return given[0].value
    return None
