"""Makes real attempts of small notebooks, in real kernels, and shows what they left."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.engine.run_node import run_node
from dagbook.kernels.local import LocalKernels
from dagbook.loaders.notebooks import NotebookLoader
from dagbook.run.events import Event
from dagbook.runners.papermill import PapermillRunner

PYTHON = {"name": "python3", "language": "python", "display_name": "Python 3"}


def code(source: str, *tags: str, **more: Any) -> dict[str, Any]:
    """A code cell."""
    metadata = {"tags": list(tags)} if tags else {}
    cell = {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return {**cell, **more}


def notebook(*cells: str | dict[str, Any], kernel: dict[str, str] | None = None) -> dict[str, Any]:
    """A notebook; a cell that is only text is a code cell."""
    return {
        "cells": [code(cell) if isinstance(cell, str) else cell for cell in cells],
        "metadata": {"kernelspec": kernel or PYTHON},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@dataclass
class Attempt:
    """One attempt and what is left of it."""

    cwd: Path
    folder: Path
    events: list[Event] = field(default_factory=list)
    result: NodeResult | None = None

    def request(self, **more: Any) -> NodeRequest:
        given = {
            "run": "r1",
            "step": "train",
            "node": "train",
            "attempt": 1,
            "notebook": str(self.cwd / "train.ipynb"),
            "folder": str(self.folder),
            "cwd": str(self.cwd),
        }
        return NodeRequest(**{**given, **more})

    def run(self, **more: Any) -> NodeResult:
        runner = PapermillRunner(
            loader=NotebookLoader(), kernels=LocalKernels(), output_limit=more.pop("output_limit", 10_000_000)
        )
        self.result = run_node(self.request(**more), runner, self.events.append)
        return self.result

    @property
    def executed(self) -> dict[str, Any]:
        """The executed notebook, read as strictly as any other program would."""
        text = (self.folder / "notebook.ipynb").read_text(encoding="utf-8")
        return json.loads(text, parse_constant=_refuse)

    @property
    def statuses(self) -> list[str]:
        return [cell["metadata"]["papermill"]["status"] for cell in self.executed["cells"]]

    def printed(self, cell: int = -1) -> str:
        """All that a cell wrote to its streams."""
        outputs = self.executed["cells"][cell]["outputs"]
        return "".join("".join(output.get("text", "")) for output in outputs)


def prepare(folder: Path, *cells: str | dict[str, Any]) -> Attempt:
    """The first attempt of a notebook with these cells: notebook and results in folders of their own."""
    made = Attempt(cwd=folder / "project", folder=folder / "run" / "train" / "1")
    made.cwd.mkdir()
    made.folder.mkdir(parents=True)
    (made.cwd / "train.ipynb").write_text(json.dumps(notebook(*cells)), "utf-8")
    return made


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
