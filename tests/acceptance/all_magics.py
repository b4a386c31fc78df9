"""One notebook with every magic in it, as a person would write it; executed by nbclient and in JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.acceptance.notebooks import notebook, parameters, write

PIPELINE = """\
pipeline: churn
params: {rows: 3}
nodes:
  prepare:
    notebook: prepare.ipynb
    params: {rows: "${params.rows}"}
  train:
    notebook: fit.ipynb
    params: {rows: "${prepare.rows}", depth: "${item.depth}"}
    matrix: {depth: [2, 4]}
  report:
    notebook: report.ipynb
    params: {scores: "${train.score}"}
"""

FIT = """\
%load_ext dagbook
import time
for i in range(3):
    %metric loss=1 / (i + depth)
    print("epoch", i, flush=True)
    time.sleep(0.4)"""

# By the id of the cell, in the order in which they run.
CELLS: dict[str, str] = {
    "load": "%load_ext dagbook",
    "params": "%%parameters\ndepth: int = 2   # of the tree\nrows = 40",
    "tree": """\
%%track tree -p criterion -m accuracy --tag stage=draft --note "first try"
import matplotlib.pyplot as plt
import pandas as pd
criterion = "gini"
for epoch in range(5):
    %metric loss=1 / (epoch + 1)
accuracy = 0.5 + depth / 10
plt.figure(figsize=(3, 1.5))
plt.plot([1, 1 / 2, 1 / 3])
plt.show()
pd.DataFrame({"feature": ["age", "tenure"], "weight": [0.7, 0.3]})""",
    "wider": "depth = 4",
    "wide": """\
%%track wide -p criterion -m accuracy --tag stage=final
criterion = "entropy"
accuracy = 0.5 + depth / 10
%metric loss=0.125 --step 4""",
    "theirs": """\
%%track theirs
import mlflow
from sklearn.linear_model import LogisticRegression
table = pd.DataFrame({"age": [20.0, 60.0, 30.0, 70.0], "churned": [0, 1, 0, 1]})
mlflow.log_input(mlflow.data.from_pandas(table, name="customers", targets="churned"), context="training")
model = LogisticRegression().fit(table[["age"]], table["churned"])
mlflow.log_metric("score", model.score(table[["age"]], table["churned"]))
logged = mlflow.sklearn.log_model(model, name="steady", pip_requirements=[])""",
    "other": """\
%%track others
mlflow.log_input(mlflow.data.from_pandas(table[:2], name="customers", targets="churned"), context="training")
mlflow.log_metric("score", 0.5)""",
    "start": "%track start tuning --tag kind=span",
    "span-param": "%param lr=0.1 layers=[64, 32]",
    "span-metric": "best = 0.25\n%metric best\n%metric best=0.125 --step 7",
    "span-artifact": "%artifact table --name customers",
    "status": "%track status",
    "stop": "%track stop",
    "mistakes": """\
%%track wrong -m nowhere
%metric bad=float("inf") worse="text"
%param {"lr rate?": 1}
%metric "unfinished
print("the cell has run")""",
    "boom": "%%track boom\nratio = 1\nratio / 0",
    "own": "%metric outside=1",
    "output": "%output accuracy customers=table",
    "plan": "%pipeline plan churn.pipeline.yaml -p rows={rows}",
    "pipeline": "run = %pipeline run churn.pipeline.yaml -p rows={rows}",
    "show": "%pipeline show",
    "cell-pipeline": """\
%%pipeline run
pipeline: broken
nodes:
  prepare: {notebook: prepare.ipynb, params: {rows: 5}}
  fails: {notebook: fails.ipynb, params: {rows: "${prepare.rows}"}}""",
    "input": "%input summary from report\nsummary",
    "after-input": "%%track downstream\n%metric n=len(summary)",
    "runs": "%runs",
    "filtered": "t = %runs metrics.accuracy > 0.8\n[run.name for run in t.runs]",
    "compare": "%compare tree wide",
    "data": "%compare theirs others",
}


def make_project(folder: Path) -> Path:
    """The notebook, `all.ipynb`, with what it needs beside it; a folder that is a project."""
    (folder / ".dagbook").mkdir(parents=True, exist_ok=True)
    (folder / "churn.pipeline.yaml").write_text(PIPELINE, "utf-8")
    others: dict[str, tuple[Any, ...]] = {
        "prepare": (parameters("rows = 1"), "%load_ext dagbook\n%output rows"),
        "fit": (
            parameters("rows = 1\ndepth = 1"),
            FIT,
            "score = depth / 10\n%output score",
        ),
        "report": (
            parameters("scores = []"),
            "%load_ext dagbook\n%output summary=[max(scores), min(scores)]",
        ),
        "fails": (parameters("rows = 1"), "print('about to')", "columns = {'age': 1}\ncolumns['tenure']"),
    }
    for name, cells in others.items():
        write(folder / f"{name}.ipynb", notebook(*cells))
    document = notebook(*CELLS.values())
    for cell, name in zip(document["cells"], CELLS, strict=True):
        cell["id"] = name
        if name == "boom":
            cell["metadata"]["tags"] = ["raises-exception"]
    return write(folder / "all.ipynb", document)
