"""A package of the churn example runs elsewhere, by MLflow and by Dagbook, and comes to the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.project import Project, finish, refused
from tests.architecture.sources import ROOT

FILE = "churn.pipeline.yaml"


@pytest.fixture
def churn(project: Project) -> Project:
    for name in (FILE, "prepare.ipynb", "train.ipynb"):
        shutil.copy(ROOT / "examples" / "churn-service" / name, project.folder)
    return project


def metrics(project: Project) -> dict[str, Any]:
    """Step → what it published that is no file, of the only run."""
    shown = project.show()
    assert shown.json["state"] == "succeeded", shown.said
    return {
        step["step"]: {name: value for name, value in step["outputs"].items() if not isinstance(value, str)}
        for step in shown.json["steps"]
    }


@pytest.mark.kernel
@pytest.mark.slow
def test_mlflow_and_dagbook_run_a_package_elsewhere_and_come_to_the_same(
    churn: Project, tmp_path: Path, database: Path, make_project: Callable[[Path], Project]
):
    for place in ("by-mlflow", "churn.zip"):
        made = churn.dagbook("package", FILE, "-o", str(tmp_path / place), "--json")
        assert made.code == 0, made.said
    assert made.json["files"] == [FILE, "prepare.ipynb", "train.ipynb"]

    elsewhere = make_project(tmp_path / "elsewhere")
    ran = elsewhere.start("run", str(tmp_path / "churn.zip"), "-p", "rows=500", "--json")
    shutil.copyfile(database, tmp_path / "mlflow.db")
    env = {**os.environ, **churn.env, "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}"}
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    words = ["run", str(tmp_path / "by-mlflow"), "-P", "rows=500", "--env-manager", "local"]
    by_mlflow = subprocess.run(
        [sys.executable, "-m", "mlflow", *words], env=env, cwd=tmp_path, capture_output=True, text=True,
        check=False, timeout=400,
    )  # fmt: skip
    by_dagbook = finish(ran, 400)
    assert by_mlflow.returncode == 0, by_mlflow.stdout + by_mlflow.stderr
    assert by_dagbook.code == 0, by_dagbook.said

    there = Project(tmp_path / "by-mlflow", churn.env)
    here = Project(elsewhere.folder / "churn", churn.env)
    assert metrics(there) == metrics(here)
    assert metrics(here)["train"]["auc"] > 0.7
    shown = here.show().json
    assert (shown["params"]["rows"], shown["file"]) == (500, str(here.folder / FILE))


def test_what_is_no_package_or_cannot_be_made_one_is_said(churn: Project):
    churn.single("import nobody_has_this")
    refused(churn.dagbook("package", "p.pipeline.yaml"), "node 'n'", "nobody_has_this")
    (churn.folder / "broken.zip").write_bytes(b"PK\x03\x04")
    refused(churn.dagbook("run", "broken.zip"), "broken.zip", "cannot be unpacked")
    refused(churn.dagbook("run", FILE, "--into", "there"), "this is none")
    refused(churn.dagbook("run", FILE, "--same-environment"), "this is none")
    refused(churn.dagbook("run", "missing.zip"), "no such file")
    assert churn.run_ids() == []
