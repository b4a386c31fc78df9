"""Notebooks as JSON, made of a few lines of source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


def code(source: str, *tags: str) -> dict[str, Any]:
    """A code cell that was never run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [],
        "source": source,
    }


def parameters(source: str) -> dict[str, Any]:
    """The parameters cell."""
    return code(source, "parameters")


def notebook(*cells: str | dict[str, Any], kernelspec: dict[str, str] | None = PYTHON) -> dict[str, Any]:
    """A notebook in format 4.5; a string is a code cell."""
    whole = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernelspec} if kernelspec else {},
        "cells": [{"id": f"cell-{index}", **cell} for index, cell in enumerate(whole, 1)],
    }


def write(path: Path, content: Any) -> Path:
    """Write a notebook's JSON, in folders that are made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    return path
