"""`predict: models:/NAME@ALIAS`: the notebook that scores a table with a registered model.

A notebook like any other, so that a run keeps it, executed, and every engine runs it as it runs the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dagbook.pipeline.model_reference import read_reference

MODEL: Final = "model"
"""The notebook's parameter that names the version."""

_PARAMETERS: Final = """table: str  # the table to score: Parquet or CSV
model: str = "{model}"  # a version of a registered model
columns: list[str] | None = None  # what the model is given; those of its signature otherwise, else all
keep: list[str] | None = None  # what stands beside the predictions; all columns of the table otherwise"""

_LOAD: Final = """%load_ext dagbook
import dagbook
import mlflow
import pandas as pd

try:
    scorer = mlflow.pyfunc.load_model(model)
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{model} needs the package {error.name}, which is not installed here: install it, "
        "or give the node an `environment:` that has it"
    ) from None
rows = dagbook.load(table)
if not isinstance(rows, pd.DataFrame):
    raise TypeError(f"{table} is no table: publish a DataFrame upstream, or a Parquet or CSV file")"""

_CHOOSE: Final = """signature = scorer.metadata.get_input_schema()
if columns is None:
    columns = signature.input_names() if signature is not None and signature.has_input_names() else list(rows)
missing = [name for name in [*columns, *(keep or [])] if name not in rows]
if missing:
    raise KeyError(f"the table has no column {', '.join(missing)}; it has {', '.join(map(str, rows))}")"""

_SCORE: Final = """said = scorer.predict(rows[columns])
found = said if isinstance(said, pd.DataFrame) else pd.DataFrame(said)
found = found.set_axis(rows.index)
found.columns = ["prediction"] if found.shape[1] == 1 else [f"prediction_{name}" for name in found.columns]
predictions = pd.concat([rows if keep is None else rows[keep], found], axis=1)
predictions.head()"""

_PUBLISH: Final = "%output predictions scored=len(predictions)"


def predict_notebook(reference: str) -> dict[str, Any]:
    """The notebook that scores with the model that `reference` names, such as `models:/churn@champion`."""
    said = read_reference(reference)
    heading = {
        "cell_type": "markdown", "id": "predict", "metadata": {},
        "source": f"# Predictions of {said}\n\nWritten by Dagbook, for `predict: {said.uri}`.",
    }  # fmt: skip
    codes = {
        "parameters": _PARAMETERS.replace("{model}", said.uri), "load": _LOAD, "choose": _CHOOSE,
        "score": _SCORE, "publish": _PUBLISH,
    }  # fmt: skip
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code", "id": f"predict-{name}", "source": source, "outputs": [],
            "execution_count": None, "metadata": {"tags": ["parameters"]} if name == "parameters" else {},
        }
        for name, source in codes.items()
    ]  # fmt: skip
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return {
        "cells": [heading, *cells],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def with_notebook(node: object) -> object:
    """A node as written; where it says `predict`, with the name of that notebook and the model as parameter.

    Raises:
        ValueError: it says `notebook` too, names no model, or gives what `predict` gives.
    """
    if not isinstance(node, Mapping) or node.get("predict") is None:
        return node
    if "notebook" in node:
        raise ValueError("a node has a notebook or `predict`, not both; leave one out")
    reference = read_reference(str(node["predict"]))
    params = node.get("params", {})
    if isinstance(params, Mapping):
        if MODEL in params:
            raise ValueError("`predict` names the model; leave `model` out of the params")
        params = {**params, MODEL: reference.uri}
    name = f"predict {reference.name}.ipynb"
    return {**node, "predict": reference.uri, "notebook": name, "params": params}
