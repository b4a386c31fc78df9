"""The parameters of the notebook that runs here, with the values they have now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from dagbook.magics.secret_texts import masked
from dagbook.notebook.parameters import ParametersError, declared_parameters

_Cells = dict[str, str | None]


class NotebookParameters:
    """Knows the names from the notebook's file, and from parameters cells that ran here, saved or not."""

    def __init__(self) -> None:
        self._ran: _Cells = {}
        self._read: tuple[Path, float, _Cells] | None = None

    def ran(self, source: str, cell_id: str | None) -> None:
        """A cell that begins with `%%parameters` ran."""
        cell: dict[str, Any] = {"cell_type": "code", "id": cell_id, "metadata": {}, "source": source}
        self._ran = _cells({"metadata": {"kernelspec": {"language": "python"}}, "cells": [cell]})

    def cells(self, notebook: Path | None) -> Mapping[str, str | None]:
        """Name → the id of the cell that declares it, where that is known."""
        return {**self._of_file(notebook), **self._ran}

    def values(self, notebook: Path | None, namespace: Mapping[str, Any]) -> dict[str, str]:
        """Name → value as text; without those that have none yet."""
        return {
            name: masked(str(namespace[name]))
            for name in self.cells(notebook)
            if name in namespace and not isinstance(namespace[name], ModuleType)
        }

    def _of_file(self, notebook: Path | None) -> _Cells:
        if notebook is None or notebook.suffix != ".ipynb":
            return {}
        try:
            changed = notebook.stat().st_mtime
            if self._read is None or self._read[:2] != (notebook, changed):
                self._read = (notebook, changed, _cells(json.loads(notebook.read_text("utf-8"))))
        except (OSError, ValueError):
            return {}
        return self._read[2]


def _cells(document: Mapping[str, Any]) -> _Cells:
    try:
        declared = declared_parameters(document) or ()
        return {
            parameter.name: document["cells"][parameter.cell - 1].get("id") or None for parameter in declared
        }
    except (ParametersError, KeyError, IndexError, TypeError, AttributeError):
        return {}
