"""What the centre needs to know of a notebook, read once by a loader: values, no document, no disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dagbook.notebook.environment import Requirements
from dagbook.notebook.outputs import PublishedOutputs
from dagbook.notebook.parameters import Parameter


@dataclass(frozen=True, kw_only=True)
class NotebookFacts:
    """A notebook as a node of a graph.

    Attributes:
        path: absolute path of the notebook.
        parameters: what it declares; None when that cannot be known (another language).
        published: which outputs its code publishes.
        cells: position from 1 → code that counts (see notebook.cells), of every code cell.
        modules: name → source of every local module it can reach by import.
        deps: declared dependency → digest of its content.
        kernel: name of the kernel it will run on.
        language: of the notebook.
        requirements: packages that its kernel is to have; None for those of the machine.
        lock: what these were resolved to, once that is known.
    """

    path: str
    parameters: tuple[Parameter, ...] | None
    published: PublishedOutputs
    cells: Mapping[int, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    deps: Mapping[str, str] = field(default_factory=dict)
    kernel: str = "python3"
    language: str = "python"
    requirements: Requirements | None = None
    lock: str = ""
