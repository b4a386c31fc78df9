"""Notebooks made in memory, as `json.loads` would give them."""

from __future__ import annotations

from typing import Any


def code(source: Any, *, tags: list[str] | None = None, cell_id: str = "") -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": tags} if tags else {},
        "outputs": [],
        "execution_count": None,
    }
    return {**cell, "id": cell_id} if cell_id else cell


def markdown(source: str, *, tags: list[str] | None = None) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {"tags": tags} if tags else {}}


def notebook(*cells: Any, language: str = "python", kernel: str = "python3") -> dict[str, Any]:
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": kernel, "language": language, "display_name": kernel}},
        "cells": list(cells),
    }


def with_parameters(source: str, *before: str) -> dict[str, Any]:
    return notebook(*(code(text) for text in before), code(source, tags=["parameters"]))
