"""`papermill --engine dagbook`: what papermill documents holds for those who want nothing but the engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.notebooks import notebook, write

pytestmark = pytest.mark.kernel

PARAMETERS = {
    "cell_type": "code", "id": "given", "metadata": {"tags": ["parameters"]}, "outputs": [],
    "execution_count": None, "source": "x = 1\nname = 'nobody'",
}  # fmt: skip


def papermill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--engine", "dagbook", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def outputs(nb: dict[str, Any]) -> list[str]:
    return ["".join(out.get("text", "")) for cell in nb["cells"] for out in cell.get("outputs", [])]


def test_the_command_does_what_it_documents(tmp_path: Path):
    (tmp_path / "below").mkdir()
    write(
        tmp_path / "in.ipynb",
        notebook(PARAMETERS, "import os; print(x, name, os.path.basename(os.getcwd()))"),
    )
    ran = papermill(
        tmp_path, "-p", "x", "3", "-r", "name", "007", "-k", "python3", "--cwd", "below", "--report-mode"
    )
    assert ran.returncode == 0, ran.stderr
    assert "100%" in ran.stderr
    executed = json.loads((tmp_path / "out.ipynb").read_text())
    given, injected, own = executed["cells"]
    assert injected["metadata"]["tags"] == ["injected-parameters"]
    assert given["metadata"]["tags"] == ["parameters"]
    assert outputs(executed) == ["3 007 below\n"]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in (given, injected, own))
    about = executed["metadata"]["papermill"]
    assert about["parameters"] == {"x": 3, "name": "007"}
    assert about["exception"] is None
    assert about["output_path"] == "out.ipynb"
    assert own["metadata"]["papermill"]["status"] == "completed"
    assert executed["metadata"]["kernelspec"]["name"] == "python3"


def test_a_failure_ends_the_command_and_is_in_the_notebook(tmp_path: Path):
    write(tmp_path / "in.ipynb", notebook("print('before')", "1 / 0", "print('never')"))
    ran = papermill(tmp_path, "--no-progress-bar", "--log-output")
    assert ran.returncode == 1
    assert "ZeroDivisionError" in ran.stderr
    assert "before" in ran.stdout + ran.stderr
    executed = json.loads((tmp_path / "out.ipynb").read_text())
    assert executed["metadata"]["papermill"]["exception"] is True
    statuses = [cell["metadata"].get("papermill", {}).get("status") for cell in executed["cells"]]
    assert [status for status in statuses if status is not None][-3:] == ["completed", "failed", "not-run"]
    assert "never\n" not in outputs(executed)


class Shelf:
    """A storage handler, as papermill lets anybody register one."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def read(self, path: str) -> str:
        return self.kept[path]

    def write(self, text: str, path: str) -> None:
        self.kept[path] = text

    def listdir(self, path: str) -> list[str]:
        return [name for name in self.kept if name.startswith(path)]

    def pretty_path(self, path: str) -> str:
        return path


def test_notebooks_may_lie_wherever_papermill_reaches():
    from papermill import execute_notebook
    from papermill.iorw import papermill_io

    shelf = Shelf()
    shelf.kept["shelf://in.ipynb"] = json.dumps(notebook(PARAMETERS, "print(x)"))
    papermill_io.register("shelf://", shelf)
    execute_notebook(
        "shelf://in.ipynb", "shelf://out.ipynb", parameters={"x": 5}, engine_name="dagbook",
        kernel_name="python3", progress_bar=False,
    )  # fmt: skip
    assert outputs(json.loads(shelf.kept["shelf://out.ipynb"])) == ["5\n"]
