"""The parameters of the notebook that runs here, with the values they have now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from dagbook.magics.secret_texts import masked
from dagbook.notebook.parameters import ParametersError, declared_parameters


class NotebookParameters:
    """Knows the names from the notebook's file, and from parameters cells that ran here, saved or not."""

    def __init__(self) -> None:
        self._ran: tuple[str, ...] = ()
        self._read: tuple[Path, float, tuple[str, ...]] | None = None

    def ran(self, source: str) -> None:
        """A cell that begins with `%%parameters` ran."""
        cell = {"cell_type": "code", "id": "parameters", "metadata": {}, "source": source, "outputs": []}
        self._ran = _names({"metadata": {"kernelspec": {"language": "python"}}, "cells": [cell]})

    def values(self, notebook: Path | None, namespace: Mapping[str, Any]) -> dict[str, str]:
        """Name → value as text; without those that have none yet."""
        names = dict.fromkeys((*self._of_file(notebook), *self._ran))
        return {
            name: masked(str(namespace[name]))
            for name in names
            if name in namespace and not isinstance(namespace[name], ModuleType)
        }

    def _of_file(self, notebook: Path | None) -> tuple[str, ...]:
        if notebook is None or notebook.suffix != ".ipynb":
            return ()
        try:
            changed = notebook.stat().st_mtime
            if self._read is None or self._read[:2] != (notebook, changed):
                self._read = (notebook, changed, _names(json.loads(notebook.read_text("utf-8"))))
        except (OSError, ValueError):
            return ()
        return self._read[2]


def _names(document: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return tuple(parameter.name for parameter in declared_parameters(document) or ())
    except (ParametersError, KeyError, TypeError, AttributeError):
        return ()
